import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon';
import { Popover } from './popover';

interface PickButtonProps {
  label: string;
  icon?: IconName;
  /** What is chosen now. */
  text: ComponentChildren;
  title?: string;
  class?: string;
  /** The panel that opens; it may close itself. */
  panel: (close: () => void) => ComponentChildren;
}

/** A button that shows a choice and opens a panel to change it. */
export function PickButton({ label, icon, text, title, class: name = '', panel }: PickButtonProps): VNode {
  const anchor = useRef<HTMLButtonElement>(null);
  const open = useSignal(false);
  return (
    <>
      <button
        ref={anchor}
        type="button"
        class={`field-button ${name}`}
        aria-label={title ? `${label}: ${title}` : label}
        aria-haspopup="dialog"
        aria-expanded={open.value}
        title={title}
        onClick={() => (open.value = !open.value)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' || open.value) return;
          event.preventDefault();
          open.value = true;
        }}
      >
        {icon && <Icon name={icon} />}
        <span class="field-button-text">{text}</span>
        <Icon name="chevron-down" class="quiet" />
      </button>
      {open.value && (
        <Popover anchor={anchor} label={label} class="pick-popover" onClose={() => (open.value = false)}>
          {panel(() => {
            open.value = false;
            anchor.current?.focus();
          })}
        </Popover>
      )}
    </>
  );
}
