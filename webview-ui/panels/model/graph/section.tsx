import type { ComponentChildren, VNode } from 'preact';

/** A part of the properties that can be folded. */
export function Section({ title, children, open = true }: { title: string; children: ComponentChildren; open?: boolean }): VNode {
  return (
    <details class="properties-section" open={open}>
      <summary>{title}</summary>
      {children}
    </details>
  );
}
