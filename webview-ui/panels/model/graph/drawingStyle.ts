import type { GraphIndex } from './graphIndex';
import type { Palette } from './palette';

/** What of a drawing is accentuated. */
export interface Accent {
  selected: number | null;
  hovered: number | null;
  /** Boxes that the search found, or that hold something found. */
  matches: ReadonlySet<number>;
  current: number | null;
  /** Colour of a box in the overlay; null: it has no value there. Absent without an overlay. */
  heat?: (box: number) => string | null;
}

export interface Window {
  /** Part of the drawing that is seen. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** Pixels on screen of one in the drawing. */
  scale: number;
}

export interface Style {
  palette: Palette;
  index: GraphIndex;
}
