import { useResource } from '../../shared/resource';
import { wholeLimit } from './matrices';
import type { ReadyLayer, RdmView } from './view';

const pause = 90;

/** The dissimilarity of two rows in a layer: at once where the RDM is here, else asked for when the pointer rests. */
export function usePair(view: RdmView, layer: ReadyLayer | null, pair: readonly [number, number] | null): number | null {
  const count = view.count.value;
  const small = count <= wholeLimit;
  const key = view.known.value.value?.key ?? '';
  const known = layer && pair && small && view.current.value ? view.matrices.get(key, layer.layer, count).value.values : undefined;
  const same = pair?.[0] === pair?.[1];
  const question = layer && pair && !known && !small && !same && view.current.value ? JSON.stringify([key, layer.layer, pair]) : null;
  const asked = useResource(question, 0, async (signal) => {
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal.throwIfAborted();
    const values = await view.host.call('pairs', { recipe: view.recipe, layers: [layer!.layer], pairs: [[...pair!]] }, { signal });
    return values[0]![0]!;
  }).value.value;
  if (!pair) return null;
  if (same) return 0;
  if (known) return known[pair[0] * count + pair[1]]!;
  return asked ?? null;
}
