import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon';
import { Popover } from './popover';

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** What it is good for, in a few words. */
  detail?: string;
  /** Whether it is what is chosen, of entries one of which is. */
  checked?: boolean;
  onPick: () => void;
}

interface MenuButtonProps {
  label: string;
  icon: IconName;
  items: MenuItem[];
  disabled?: boolean;
  /** An icon alone. */
  compact?: boolean;
}

export function MenuButton({ label, icon, items, disabled = false, compact = false }: MenuButtonProps): VNode {
  const anchor = useRef<HTMLButtonElement>(null);
  const open = useSignal(false);
  return (
    <>
      <button
        ref={anchor}
        type="button"
        class={`field-button${compact ? ' field-button-compact' : ''}`}
        disabled={disabled}
        title={label}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        <Icon name={icon} />
        {!compact && (
          <>
            <span class="field-button-text">{label}</span>
            <Icon name="chevron-down" class="quiet" />
          </>
        )}
      </button>
      {open.value && (
        <Popover anchor={anchor} role="menu" label={label} class="menu" onClose={() => (open.value = false)}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.checked}
              class="menu-item"
              onKeyDown={moveFocus}
              onClick={() => {
                open.value = false;
                anchor.current?.focus();
                item.onPick();
              }}
            >
              {item.icon ? <Icon name={item.icon} /> : <span>{item.checked && <Icon name="check" />}</span>}
              <span>{item.label}</span>
              {item.detail && <span class="quiet">{item.detail}</span>}
            </button>
          ))}
        </Popover>
      )}
    </>
  );
}

function moveFocus(event: KeyboardEvent): void {
  const item = event.currentTarget as HTMLElement;
  const { parentElement } = item;
  const next = {
    ArrowDown: item.nextElementSibling ?? parentElement?.firstElementChild,
    ArrowUp: item.previousElementSibling ?? parentElement?.lastElementChild,
    Home: parentElement?.firstElementChild,
    End: parentElement?.lastElementChild,
  }[event.key];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}
