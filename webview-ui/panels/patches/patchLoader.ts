import { isCancelled } from '../../../src/protocol/errors';
import type { CallOptions } from '../../../src/protocol/method';
import type { Patch, PatchRequest } from '../../../src/protocol/patches';
import { patchKey, type PictureCache } from './pictureCache';

export interface Wish {
  layer: string;
  /** Longest side in device pixels. */
  size: number;
  /** In the order in which they are to come. */
  requests: PatchRequest[];
}

type Cut = (wish: Wish, options: CallOptions<{ at: number; patch: Patch | { problem: string } }>) => Promise<null>;

interface Flight extends Wish {
  abort: AbortController;
  /** Keys that have not arrived. */
  missing: Set<string>;
}

/** A call cuts no more than this, so that what comes into view does not wait long. */
const mostAtOnce = 240;

/**
 * Fetches the patches that are on screen, one call at a time. A call under way goes on while most of what it still owes is
 * wanted; else it is given up.
 */
export class PatchLoader {
  private flight: Flight | null = null;
  private wish: Wish | null = null;

  constructor(
    private readonly cut: Cut,
    private readonly cache: PictureCache,
    private readonly onError: (error: unknown) => void,
  ) {}

  want(wish: Wish): void {
    this.wish = wish;
    const keys = new Set(wish.requests.map((request) => patchKey(wish.layer, request)));
    this.cache.keep(keys);
    const { flight } = this;
    if (flight) {
      const same = flight.layer === wish.layer && flight.size >= wish.size;
      let wanted = 0;
      if (same) for (const key of flight.missing) if (keys.has(key)) wanted++;
      if (same && wanted * 2 >= flight.missing.size) return;
      flight.abort.abort();
      this.flight = null;
    }
    this.next();
  }

  /** Forgets all pictures, those on their way too, and fetches what is on screen anew. */
  startAnew(): void {
    this.flight?.abort.abort();
    this.flight = null;
    this.cache.clear();
    this.next();
  }

  private next(): void {
    if (!this.wish || this.flight) return;
    const { layer, size, requests } = this.wish;
    const open = requests.filter((request) => !this.cache.has(patchKey(layer, request), size)).slice(0, mostAtOnce);
    if (open.length === 0) return;
    const flight: Flight = {
      layer,
      size,
      requests: open,
      abort: new AbortController(),
      missing: new Set(open.map((request) => patchKey(layer, request))),
    };
    this.flight = flight;
    this.cut(
      { layer, size, requests: open },
      {
        signal: flight.abort.signal,
        onProgress: ({ at, patch }) => {
          const request = open[at];
          if (!request || this.flight !== flight) return;
          const key = patchKey(layer, request);
          flight.missing.delete(key);
          this.cache.put(key, size, patch);
        },
      },
    ).then(
      () => this.finished(flight, null),
      (error: unknown) => this.finished(flight, error),
    );
  }

  private finished(flight: Flight, error: unknown): void {
    if (this.flight !== flight) return;
    this.flight = null;
    if (error === null) {
      // What was never reported is not to be asked for again and again.
      for (const key of flight.missing)
        this.cache.put(key, flight.size, { problem: 'This patch could not be cut out.' });
      this.next();
    } else if (!isCancelled(error)) this.onError(error);
  }
}
