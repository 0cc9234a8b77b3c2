import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { isCancelled, toUnitscopeError } from '../../../src/protocol/errors';
import type { StimulusPicture } from '../../../src/protocol/patches';

/** A stimulus as far as it is there. */
export interface StimulusImage {
  /** For the page. */
  url: string | null;
  /** For a canvas. */
  bitmap: ImageBitmap | null;
  /** Width and height of the image that it is a smaller version of. */
  original: readonly [number, number] | null;
  /** Why there is no picture. */
  problem: string | null;
}

const nothing: StimulusImage = { url: null, bitmap: null, original: null, problem: null };
const atOnce = 6;

/** Pictures of stimuli at one size. What was wanted last is fetched first; what was looked at longest ago goes first. */
export class Pictures {
  private readonly entries = new Map<number, Signal<StimulusImage>>();
  private readonly waiting = new Set<number>();
  private running = 0;
  private round = 0;
  private readonly arrivals = signal(0);
  /** Grows whenever a picture has arrived: for what is drawn by script. */
  readonly version: ReadonlySignal<number> = this.arrivals;

  constructor(
    private readonly fetch: (index: number) => Promise<StimulusPicture>,
    private readonly most: number,
  ) {}

  /** A stimulus; fetched when it is asked for. */
  get(index: number): ReadonlySignal<StimulusImage> {
    let entry = this.entries.get(index);
    if (entry) {
      this.entries.delete(index);
    } else {
      entry = signal(nothing);
      this.waiting.add(index);
      queueMicrotask(() => this.next());
    }
    this.entries.set(index, entry);
    return entry;
  }

  /** The pictures are of other stimuli now. */
  clear(): void {
    this.round++;
    this.waiting.clear();
    for (const entry of this.entries.values()) this.free(entry);
    this.entries.clear();
    this.arrivals.value++;
  }

  private next(): void {
    this.trim();
    while (this.running < atOnce && this.waiting.size > 0) {
      const index = [...this.waiting].at(-1)!;
      this.waiting.delete(index);
      const entry = this.entries.get(index);
      if (!entry) continue;
      this.running++;
      void this.load(index, entry, this.round).finally(() => {
        this.running--;
        this.next();
      });
    }
  }

  private async load(index: number, entry: Signal<StimulusImage>, round: number): Promise<void> {
    try {
      const { data, mime, original } = await this.fetch(index);
      const blob = new Blob([data as Uint8Array<ArrayBuffer>], { type: mime });
      const bitmap = await createImageBitmap(blob);
      if (round === this.round && this.entries.get(index) === entry)
        entry.value = { url: URL.createObjectURL(blob), bitmap, original, problem: null };
      else bitmap.close();
    } catch (error) {
      if (round !== this.round) return;
      if (isCancelled(error)) this.entries.delete(index);
      else entry.value = { ...nothing, problem: toUnitscopeError(error).message };
    }
    this.arrivals.value++;
  }

  private trim(): void {
    for (const [index, entry] of this.entries) {
      if (this.entries.size <= this.most) return;
      this.entries.delete(index);
      this.waiting.delete(index);
      this.free(entry);
    }
  }

  private free(entry: Signal<StimulusImage>): void {
    const { url, bitmap } = entry.peek();
    if (url !== null) URL.revokeObjectURL(url);
    bitmap?.close();
  }
}
