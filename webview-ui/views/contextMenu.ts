let openedAt = -Infinity;

/** Opens the context menu of an element without a right click: at the pointer, or, from the keyboard, at the element. */
export function openMenu(target: HTMLElement, event: MouseEvent | KeyboardEvent): void {
  const pointed = event instanceof MouseEvent && (event.clientX !== 0 || event.clientY !== 0);
  const box = target.getBoundingClientRect();
  const at = pointed
    ? { clientX: event.clientX, clientY: event.clientY }
    : { clientX: box.left + 24, clientY: box.bottom };
  if (!pointed) openedAt = performance.now();
  target.dispatchEvent(
    new MouseEvent('contextmenu', { bubbles: true, cancelable: true, composed: true, view: window, ...at }),
  );
}

/** Browsers answer the menu key themselves, some at the press and some at the release: after ours, theirs is one too many. */
export function swallowsNativeMenu(event: MouseEvent): void {
  if (!event.isTrusted || performance.now() - openedAt > 1000) return;
  event.preventDefault();
  event.stopPropagation();
}
