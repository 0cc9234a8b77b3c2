import { signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { toUnitscopeError, UnitscopeError } from '../../../src/protocol/errors';
import type { Picture } from '../../../src/protocol/patches';

/** An image file as far as it is there. */
export interface FileImage {
  url: string | null;
  mime: string;
  /** Of the original, its orientation applied. */
  width: number;
  height: number;
  problem: string | null;
}

const nothing: FileImage = { url: null, mime: '', width: 0, height: 0, problem: null };
const most = 12;

/** Image files whole, by path: few at a time, those of the query. */
export class Files {
  private readonly entries = new Map<string, Signal<FileImage>>();

  constructor(private readonly fetch: (path: string) => Promise<Pick<Picture, 'mime' | 'data'>>) {}

  get(path: string): ReadonlySignal<FileImage> {
    let entry = this.entries.get(path);
    if (entry) this.entries.delete(path);
    else {
      entry = signal(nothing);
      void this.load(path, entry);
    }
    this.entries.set(path, entry);
    return entry;
  }

  private async load(path: string, entry: Signal<FileImage>): Promise<void> {
    try {
      const { data, mime } = await this.fetch(path);
      const blob = new Blob([data as Uint8Array<ArrayBuffer>], { type: mime });
      const bitmap = await createImageBitmap(blob).catch(() => {
        throw new UnitscopeError('image.unreadable', `${path} is not an image that can be shown.`);
      });
      const { width, height } = bitmap;
      bitmap.close();
      entry.value = { url: URL.createObjectURL(blob), mime, width, height, problem: null };
    } catch (error) {
      entry.value = { ...nothing, problem: toUnitscopeError(error).message };
    }
    for (const [old, { value }] of this.entries) {
      if (this.entries.size <= most) return;
      if (value.url !== null) URL.revokeObjectURL(value.url);
      this.entries.delete(old);
    }
  }

  /** Lets what failed be tried again. */
  forgetProblems(): void {
    for (const [path, { value }] of this.entries) if (value.problem !== null) this.entries.delete(path);
  }
}
