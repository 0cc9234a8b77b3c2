/** Left, top, width and height in pixels of the window on the drawing. */
export type Rect = readonly [left: number, top: number, width: number, height: number];

export interface CardPlace {
  left: number;
  top: number;
  maxWidth: number;
  maxHeight: number;
}

const gap = 8;
const widest = 380;
/** Narrower than this, a card is a column of broken words. */
const least = 150;

/**
 * Where a card about something in a window goes: beside it, else below or above it, never over it and never out of the window. It is made smaller where there is less room than it wants, up
 * to not being shown (null) where what is pointed at fills the window.
 * @param measure width and height that the card wants, of at most a width
 */
export function cardPlace(window: readonly [number, number], about: Rect, measure: (maxWidth: number) => readonly [width: number, height: number]): CardPlace | null {
  const [across, down] = window;
  const [left, top] = [clamp(about[0], 0, across), clamp(about[1], 0, down)];
  const [right, bottom] = [clamp(about[0] + about[2], 0, across), clamp(about[1] + about[3], 0, down)];
  const whole = across - 2 * gap;
  const tall = down - 2 * gap;
  const sides = [
    { side: 'right', width: across - right - 2 * gap, height: tall },
    { side: 'left', width: left - 2 * gap, height: tall },
    { side: 'below', width: whole, height: down - bottom - 2 * gap },
    { side: 'above', width: whole, height: top - 2 * gap },
  ] as const;
  let best: { at: CardPlace; shown: number } | null = null;
  for (const { side, width, height } of sides) {
    if (width < least || height < 40) continue;
    const maxWidth = Math.min(widest, width);
    const [wide, high] = measure(maxWidth);
    const maxHeight = Math.min(high, height);
    const beside = side === 'right' || side === 'left';
    const at = {
      left: side === 'right' ? right + gap : side === 'left' ? left - gap - wide : clamp(left, gap, across - gap - wide),
      top: beside ? clamp(top, gap, down - gap - maxHeight) : side === 'below' ? bottom + gap : top - gap - maxHeight,
      maxWidth,
      maxHeight,
    };
    if (high <= height) return at;
    if (!best || maxHeight / high > best.shown) best = { at, shown: maxHeight / high };
  }
  return best?.at ?? null;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
