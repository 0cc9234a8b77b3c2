import type { ComponentChildren, VNode } from 'preact';

/** One fact of a file, under its label; stands in a list of class "facts". */
export function Fact({ label, title, children }: { label: string; title?: string; children: ComponentChildren }): VNode {
  return (
    <div class="fact" title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
