import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Box, Patch, PatchRequest, Picture } from '../../../src/protocol/patches';

/** A patch as far as it is there. */
export interface Cell {
  url: string | null;
  box: Box | null;
  /** Why there is no picture. */
  problem: string | null;
}

interface Entry {
  cell: Signal<Cell>;
  /** The side that was asked for; 0 before there is a picture. */
  size: number;
  bytes: number;
}

const nothing: Cell = { url: null, box: null, problem: null };

export function patchKey(layer: string, { unit, index }: PatchRequest): string {
  return `${layer}\n${unit}:${index}`;
}

const browserUrls = {
  make: ({ data, mime }: Picture): string =>
    URL.createObjectURL(new Blob([data as Uint8Array<ArrayBuffer>], { type: mime })),
  free: (url: string): void => URL.revokeObjectURL(url),
};

/**
 * Pictures of patches by unit and stimulus. What was looked at longest ago goes first when memory runs short, but nothing
 * that is on screen. A picture stays while a sharper one is on its way.
 */
export class PictureCache {
  private readonly entries = new Map<string, Entry>();
  private onScreen: ReadonlySet<string> = new Set();
  private bytes = 0;

  constructor(
    private readonly limit = 64e6,
    private readonly urls: { make: (picture: Picture) => string; free: (url: string) => void } = browserUrls,
  ) {}

  cell(key: string): ReadonlySignal<Cell> {
    return this.entry(key).cell;
  }

  /** Whether a picture (or the reason why there is none) of at least this size is here. */
  has(key: string, size: number): boolean {
    return (this.entries.get(key)?.size ?? 0) >= size;
  }

  /** Says what is on screen: it is kept, and counts as looked at just now. */
  keep(keys: ReadonlySet<string>): void {
    this.onScreen = keys;
    for (const key of keys) {
      const entry = this.entries.get(key);
      if (!entry) continue;
      this.entries.delete(key);
      this.entries.set(key, entry);
    }
    this.trim();
  }

  put(key: string, size: number, patch: Patch | { problem: string }): void {
    const entry = this.entry(key);
    this.free(entry);
    entry.size = size;
    if ('problem' in patch) {
      entry.cell.value = { ...nothing, problem: patch.problem };
      return;
    }
    entry.bytes = patch.picture.data.byteLength;
    this.bytes += entry.bytes;
    entry.cell.value = { url: this.urls.make(patch.picture), box: patch.box, problem: null };
    this.trim();
  }

  /** Lets problems be tried again. */
  forgetProblems(): void {
    for (const entry of this.entries.values()) if (entry.cell.peek().problem !== null) entry.size = 0;
  }

  /** Frees everything: the pictures are of other stimuli now. */
  clear(): void {
    for (const entry of this.entries.values()) {
      this.free(entry);
      entry.size = 0;
      entry.cell.value = nothing;
    }
  }

  get count(): number {
    return this.entries.size;
  }

  private entry(key: string): Entry {
    let entry = this.entries.get(key);
    if (!entry) {
      entry = { cell: signal(nothing), size: 0, bytes: 0 };
      this.entries.set(key, entry);
    }
    return entry;
  }

  private free(entry: Entry): void {
    const { url } = entry.cell.peek();
    if (url !== null) this.urls.free(url);
    this.bytes -= entry.bytes;
    entry.bytes = 0;
  }

  private trim(): void {
    const most = 20_000; // entries without a picture weigh nothing, but not for ever
    for (const [key, entry] of this.entries) {
      if (this.bytes <= this.limit && this.entries.size <= most) return;
      if (this.onScreen.has(key)) continue;
      this.free(entry);
      entry.cell.value = nothing;
      this.entries.delete(key);
    }
  }
}
