export interface GridLayout {
  /** Cards in a row. */
  columns: number;
  /** Patches in a row of a card's mosaic, and rows of it. */
  across: number;
  down: number;
  /** Side of a patch in CSS pixels. */
  side: number;
  cardWidth: number;
  /** What has room over the mosaic besides the unit's number. */
  scores: boolean;
  classes: boolean;
  /** Height of a row of cards, with the space under it. */
  rowHeight: number;
}

export const patchGap = 1;
export const cardGap = 20;
const captionHeight = 20;
const classHeight = 16;
const growth = 1.5;
const growthAlone = 2;

/**
 * Fits cards with `top` patches of at least `size` pixels into a width. Patches grow a little, so that the cards fill it;
 * where not even one card fits, they shrink.
 */
export function gridLayout(width: number, size: number, top: number, classes: boolean): GridLayout {
  const across = Math.max(1, Math.ceil(Math.sqrt(top)));
  const down = Math.ceil(top / across);
  const cardOf = (side: number): number => across * side + (across - 1) * patchGap;
  const columns = Math.max(1, Math.floor((width + cardGap) / (cardOf(size) + cardGap)));
  const room = (width - (columns - 1) * cardGap) / columns;
  const filling = Math.floor((room - (across - 1) * patchGap) / across);
  const side = Math.max(8, Math.min(filling, Math.floor(size * (columns === 1 ? growthAlone : growth))));
  const cardWidth = cardOf(side);
  const named = classes && cardWidth >= 96;
  const mosaic = down * side + (down - 1) * patchGap;
  return {
    columns,
    across,
    down,
    side,
    cardWidth,
    scores: cardWidth >= 64,
    classes: named,
    rowHeight: captionHeight + (named ? classHeight : 0) + mosaic + cardGap,
  };
}

/** The side to ask pictures in: few different ones, so that a turn of the slider finds them there already. */
export function pictureSize(side: number, pixelRatio: number): number {
  const steps = [48, 64, 96, 128, 192, 256, 384];
  return steps.find((step) => step >= side * pixelRatio) ?? 384;
}

/** Where a key leads in a grid of `count` cells. Null: it is no key of the grid's. */
export function gridMove(
  at: number,
  count: number,
  columns: number,
  pageRows: number,
  key: string,
  wide: boolean,
): number | null {
  const clamp = (to: number): number => Math.max(0, Math.min(count - 1, to));
  const row = Math.floor(at / columns) * columns;
  switch (key) {
    case 'ArrowRight':
      return clamp(at + 1);
    case 'ArrowLeft':
      return clamp(at - 1);
    case 'ArrowDown':
      return at + columns < count ? at + columns : at;
    case 'ArrowUp':
      return at - columns >= 0 ? at - columns : at;
    case 'PageDown':
      return clamp(at + pageRows * columns);
    case 'PageUp':
      return clamp(at - pageRows * columns);
    case 'Home':
      return wide ? 0 : row;
    case 'End':
      return wide ? clamp(count) : clamp(row + columns - 1);
    default:
      return null;
  }
}
