/** Moves the focus among the focusable children of a wrapping row of equal cells, as the arrow keys say. */
export function moveAmong(event: KeyboardEvent): void {
  const from = event.target as HTMLElement;
  const items = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('[data-roving]')];
  const at = items.indexOf(from);
  if (at < 0) return;
  const columns = items.findIndex((item) => item.offsetTop > items[0]!.offsetTop);
  const row = columns < 1 ? items.length : columns;
  const steps: Partial<Record<string, number>> = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + row,
    ArrowUp: at - row,
    Home: 0,
    End: items.length - 1,
  };
  const to = steps[event.key];
  if (to === undefined) return;
  event.preventDefault();
  const next = items[to];
  if (!next) return;
  from.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
