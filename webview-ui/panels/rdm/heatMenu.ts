import { pairMenu, stimulusMenu } from '../../../src/protocol/retrievalViews';
import type { RdmView } from './view';

/** What VS Code's context menu is for: the stimulus of a thumbnail, or the pair of the cell that is pointed at. @param thumbnail its row */
export function heatMenu(view: RdmView, thumbnail: number | null): string | undefined {
  const modelUri = view.session.state.value?.modelUri ?? '';
  const { rows, at } = view.hover.value ?? { rows: [], at: null };
  const [row, column] = thumbnail === null ? (at === 'heat' ? rows : []) : [thumbnail];
  if (row === undefined) return undefined;
  const { index } = view.stimulusAt(row);
  return column === undefined || column === row ? stimulusMenu(modelUri, index) : pairMenu(modelUri, [index, view.stimulusAt(column).index]);
}
