import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { isCancelled, toUnitscopeError, type UnitscopeError } from '../../../src/protocol/errors';
import type { Box } from '../../../src/protocol/patches';
import type { RdmImage } from '../../../src/protocol/rdm';
import { identityRows } from './rows';

/** Up to this many stimuli a whole RDM is fetched once and drawn here in any order. */
export const wholeLimit = 1024;

export interface ImageQuery {
  layer: string;
  rows: Int32Array;
  region: Box;
  size: number;
}

export interface Matrix {
  /** [N, N], rows in the order of the set; undefined on the way. */
  values: Float32Array | undefined;
  error: UnitscopeError | null;
}

const most = 64e6;

/** Whole RDMs, by layer and what they were made of. What was looked at longest ago goes first. */
export class Matrices {
  private readonly entries = new Map<string, Signal<Matrix>>();

  constructor(readonly fetch: (query: ImageQuery, abort?: AbortSignal) => Promise<RdmImage>) {}

  /** A layer's RDM over `count` stimuli; fetched when it is asked for. `key` says of which study and recipe. */
  get(key: string, layer: string, count: number): ReadonlySignal<Matrix> {
    const name = `${key}\n${layer}`;
    let entry = this.entries.get(name);
    if (entry) {
      this.entries.delete(name);
    } else {
      entry = signal<Matrix>({ values: undefined, error: null });
      void this.load(name, entry, layer, count);
    }
    this.entries.set(name, entry);
    while (this.entries.size > Math.max(4, most / (4 * count * count))) this.entries.delete(this.entries.keys().next().value!);
    return entry;
  }

  private async load(name: string, entry: Signal<Matrix>, layer: string, count: number): Promise<void> {
    try {
      const image = await this.fetch({ layer, rows: identityRows(count), region: [0, 0, count, count], size: count });
      entry.value = { values: image.values, error: null };
    } catch (error) {
      if (isCancelled(error)) this.entries.delete(name);
      else entry.value = { values: undefined, error: toUnitscopeError(error) };
    }
  }

  forgetFailures(): void {
    for (const [name, entry] of this.entries) if (entry.peek().error) this.entries.delete(name);
  }

  clear(): void {
    this.entries.clear();
  }
}
