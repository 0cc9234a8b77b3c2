import { pairsOf } from './condensed';

/**
 * The category model: dissimilarity 0 within a category and 1 between categories. A stimulus without a label (null) is of a
 * category of its own.
 *
 * @returns condensed RDM of the labels' stimuli
 */
export function categoryRdm(labels: readonly (string | null)[]): Float32Array {
  const names = new Map<string, number>();
  const ids = Int32Array.from(labels, (label, i) => {
    if (label === null) return -1 - i;
    if (!names.has(label)) names.set(label, names.size);
    return names.get(label)!;
  });
  const values = new Float32Array(pairsOf(labels.length));
  let at = 0;
  for (let i = 0; i < ids.length; i++) {
    for (let j = i + 1; j < ids.length; j++) values[at++] = ids[i] === ids[j] ? 0 : 1;
  }
  return values;
}
