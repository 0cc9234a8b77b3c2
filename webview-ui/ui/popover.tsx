import { useSignal } from '@preact/signals';
import type { ComponentChildren, RefObject, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import './popover.css';

interface PopoverProps {
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
  label: string;
  /** `dialog` unless what is inside says otherwise; `none` where what is inside says it all. */
  role?: 'dialog' | 'menu' | 'none';
  children: ComponentChildren;
  class?: string;
}

const gap = 4;
const margin = 8;

/**
 * A panel at its anchor, over everything else, kept inside the window. Escape, Tab out of it and a press elsewhere close
 * it; the focus then goes back to the anchor, unless the press gave it to something else.
 */
export function Popover({ anchor, onClose, label, role = 'dialog', children, class: name = '' }: PopoverProps): VNode {
  const panel = useRef<HTMLDivElement>(null);
  const place = useSignal<Record<string, string>>({ opacity: '0' }); // it takes the focus, so it cannot be hidden

  useLayoutEffect(() => {
    const put = (): void => {
      if (!panel.current || !anchor.current) return;
      const from = anchor.current.getBoundingClientRect();
      const { width, height } = panel.current.getBoundingClientRect();
      const below = window.innerHeight - from.bottom - gap - margin;
      const up = below < Math.min(height, 240) && from.top > below;
      const space = up ? from.top - gap - margin : below;
      const left = Math.max(margin, Math.min(from.left, window.innerWidth - width - margin));
      place.value = {
        left: `${left}px`,
        maxHeight: `${Math.max(120, space)}px`,
        ...(up ? { bottom: `${window.innerHeight - from.top + gap}px` } : { top: `${from.bottom + gap}px` }),
      };
    };
    put();
    const observer = new ResizeObserver(put);
    if (panel.current) observer.observe(panel.current);
    window.addEventListener('resize', put);
    return () => {
      observer.disconnect();
      window.removeEventListener('resize', put);
    };
  }, [anchor, place]);

  useLayoutEffect(() => {
    const first = panel.current?.querySelector<HTMLElement>('[data-autofocus], input, button, [tabindex="0"]');
    first?.focus({ preventScroll: true });
    const outside = (event: Event): void => {
      const path = event.composedPath();
      if (panel.current && !path.includes(panel.current) && anchor.current && !path.includes(anchor.current)) onClose();
    };
    window.addEventListener('pointerdown', outside, true);
    window.addEventListener('blur', onClose);
    return () => {
      window.removeEventListener('pointerdown', outside, true);
      window.removeEventListener('blur', onClose);
    };
    // Once: the panel is new when it opens.
  }, []);

  const close = (): void => {
    onClose();
    anchor.current?.focus();
  };
  return (
    <div
      ref={panel}
      class={`popover ${name}`}
      role={role}
      aria-label={role === 'none' ? undefined : label}
      style={place.value}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        close();
      }}
      onFocusOut={(event) => {
        const next = event.relatedTarget;
        if (next instanceof Node && !event.currentTarget.contains(next)) onClose();
      }}
    >
      {children}
    </div>
  );
}
