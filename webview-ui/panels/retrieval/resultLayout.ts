export interface ResultLayout {
  columns: number;
  /** Side of a picture in CSS pixels. */
  side: number;
  rowHeight: number;
}

export const gap = 12;
export const captionHeight = 40;

/** Fits pictures of at least `size` into a width; they grow a little to fill it, and shrink where not even one fits. */
export function resultLayout(width: number, size: number): ResultLayout {
  const columns = Math.max(1, Math.floor((width + gap) / (size + gap)));
  const side = Math.max(40, Math.min(Math.floor((width - (columns - 1) * gap) / columns), columns === 1 ? size * 2 : Math.floor(size * 1.5)));
  return { columns, side, rowHeight: side + captionHeight + gap };
}

/** "▲ 3", "▼ 5", "＝"; where it stood nowhere before, "new". @param now its rank, from 1 @param before 0: nowhere */
export function rankChange(now: number, before: number): { text: string; tone: 'up' | 'down' | 'same'; words: string } {
  if (before === 0) return { text: 'new', tone: 'up', words: 'not in the first layer’s ranking' };
  const moved = before - now;
  if (moved === 0) return { text: '=', tone: 'same', words: 'the same rank in both layers' };
  const count = Math.abs(moved).toLocaleString('en');
  return moved > 0
    ? { text: `▲${count}`, tone: 'up', words: `${count} up from rank ${before.toLocaleString('en')} in the first layer` }
    : { text: `▼${count}`, tone: 'down', words: `${count} down from rank ${before.toLocaleString('en')} in the first layer` };
}
