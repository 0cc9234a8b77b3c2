import type { ComponentChildren, VNode } from 'preact';
import { toolkitElement } from './toolkit';

interface CheckboxProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ComponentChildren;
  title?: string;
}

export function Checkbox({ checked, onChange, children, title }: CheckboxProps): VNode {
  const change = (event: Event): void => {
    const now = (event.currentTarget as HTMLElement & { checked: boolean }).checked;
    // The element tells of changes from outside, too.
    if (now !== checked) onChange(now);
  };
  return toolkitElement('us-checkbox', { checked, onChange: change, title, class: 'checkbox' }, children);
}
