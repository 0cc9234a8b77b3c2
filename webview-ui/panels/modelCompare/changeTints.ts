import type { NodeChange } from '../../../src/protocol/graph';
import type { Tint, Tints } from '../../views/graph/drawingStyle';
import { mix, type Palette } from '../../views/graph/palette';
import { changeIcons } from './changeMark';

/** Boxes in the colours of their changes, told by sign and border, too; what is hidden is faint. `verdictOf` null: it is no node. */
export function changeTints(verdictOf: (box: number) => NodeChange | 'hidden' | null): Tints {
  return (palette) => {
    const tints: Record<NodeChange | 'hidden', Tint | null> = {
      equal: null,
      changed: tintOf(palette, 'changed'),
      added: { ...tintOf(palette, 'added'), dash: [5, 3] },
      removed: { ...tintOf(palette, 'removed'), dash: [5, 3] },
      hidden: { fill: palette.ground, stroke: mix(palette.ground, palette.text, 0.14), text: mix(palette.ground, palette.text, 0.34) },
    };
    return (box) => {
      const verdict = verdictOf(box);
      return verdict === null ? null : tints[verdict];
    };
  };
}

function tintOf(palette: Palette, change: 'changed' | 'added' | 'removed'): Tint {
  const colour = palette[change];
  return { fill: palette.highContrast ? palette.ground : mix(palette.ground, colour, 0.18), stroke: colour, text: palette.text, sign: changeIcons[change] };
}
