import type { IconName } from '../../ui/iconDrawings';
import type { GraphIndex } from './graphIndex';
import type { Palette } from './palette';

/** How a box is drawn that stands for more than what it is. */
export interface Tint {
  fill: string;
  /** Of its border; absent: as without a tint. */
  stroke?: string;
  dash?: readonly number[];
  /** Of what is written on it; absent: what is legible on the fill. */
  text?: string;
  /** What is written on it in place of what else it says below or beside its name; where there is no room, at its right. */
  note?: string;
  /** A sign at its corner. */
  sign?: IconName;
}

/** In a theme's colours, the tint of each box of a drawing; null: it has none, and is quiet beside those that do. */
export type Tints = (palette: Palette) => (box: number) => Tint | null;

/** What of a drawing is accentuated. */
export interface Accent {
  selected: number | null;
  hovered: number | null;
  /** Segments of edges that are picked or pointed at. */
  marked: ReadonlySet<number>;
  /** Boxes that the search found, or that hold something found. */
  matches: ReadonlySet<number>;
  current: number | null;
  /** Absent: boxes have the colours of what they are. */
  tint?: ReturnType<Tints> | undefined;
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

/** Below this scale names of boxes would be smaller than 4.5 pixels: boxes are plain, and of the colour of their kind. */
export const leastNamed = 4.5 / 12;
