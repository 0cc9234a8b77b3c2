import type { ComponentChildren, VNode } from 'preact';
import './tensor.css';

/** A part of what is shown of a tensor, under a title. */
export function Part({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="tensor-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}
