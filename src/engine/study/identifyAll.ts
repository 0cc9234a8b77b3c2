import { UnitscopeError } from '../../protocol/errors';
import type { Dataset } from '../dataset/dataset';
import type { FileIdentities } from '../dataset/identity';

/** Files that are looked at at once: enough to keep a disk or a network share busy. */
const parallel = 16;

/** The content identity of every stimulus; null where the file cannot be read. What was learnt is kept, also when cancelled. */
export async function identifyAll(
  dataset: Dataset,
  known: FileIdentities,
  signal: AbortSignal | undefined,
  report: (done: number) => void,
): Promise<(string | null)[]> {
  const identities = new Array<string | null>(dataset.stimuli.length).fill(null);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < identities.length) {
      const index = next++;
      try {
        identities[index] = await known.identify(dataset.file(index), signal);
      } catch (error) {
        if (!(error instanceof UnitscopeError) || error.code !== 'image.unreadable') throw error;
      }
      if (index % 500 === 499) report(index + 1);
    }
  };
  try {
    await Promise.all(Array.from({ length: parallel }, lane));
  } finally {
    await known.save();
  }
  return identities;
}
