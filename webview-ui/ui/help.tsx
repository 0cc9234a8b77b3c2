import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { IconButton } from './button';
import { Popover } from './popover';

/** A question mark that explains something when it is pressed. */
export function Help({ label, children }: { label: string; children: ComponentChildren }): VNode {
  const anchor = useRef<HTMLElement>(null);
  const open = useSignal(false);
  return (
    <>
      <IconButton
        icon="help"
        label={label}
        ref={anchor}
        expanded={open.value}
        onPress={() => (open.value = !open.value)}
      />
      {open.value && (
        <Popover anchor={anchor} label={label} class="help" onClose={() => (open.value = false)}>
          <div tabIndex={0} data-autofocus class="help-text">
            {children}
          </div>
        </Popover>
      )}
    </>
  );
}
