import assert from 'node:assert/strict';
import { UnitscopeError } from '../../../src/protocol/errors';
import type { Patch, PatchRequest } from '../../../src/protocol/patches';
import { PatchLoader, type Wish } from '../../../webview-ui/panels/patches/patchLoader';
import { patchKey, PictureCache } from '../../../webview-ui/panels/patches/pictureCache';

const patch = (bytes = 10): Patch => ({
  position: [0, 0],
  box: [1, 2, 3, 4],
  picture: { mime: 'image/png', data: new Uint8Array(bytes), width: 3, height: 4 },
});
const requests = (from: number, to: number): PatchRequest[] =>
  Array.from({ length: to - from }, (_, at) => ({ unit: from + at, index: 7 }));
const key = (unit: number): string => patchKey('conv1', { unit, index: 7 });

function urls(): { made: string[]; freed: string[]; make: () => string; free: (url: string) => void } {
  const made: string[] = [];
  const freed: string[] = [];
  return { made, freed, make: () => `blob:${made.push('') - 1}`, free: (url) => void freed.push(url) };
}

interface Call {
  wish: Wish;
  signal: AbortSignal;
  report: (at: number, patch: Patch | { problem: string }) => void;
  end: (error?: Error) => Promise<void>;
}

function loader(): { loader: PatchLoader; cache: PictureCache; calls: Call[]; errors: unknown[] } {
  const calls: Call[] = [];
  const errors: unknown[] = [];
  const cache = new PictureCache(1e6, urls());
  const cut = (
    wish: Wish,
    {
      signal,
      onProgress,
    }: { signal?: AbortSignal; onProgress?: (value: { at: number; patch: Patch | { problem: string } }) => void },
  ): Promise<null> =>
    new Promise((resolve, reject) => {
      calls.push({
        wish,
        signal: signal!,
        report: (at, one) => onProgress?.({ at, patch: one }),
        end: async (error) => {
          if (error === undefined) resolve(null);
          else reject(error);
          await new Promise((done) => setImmediate(done));
        },
      });
    });
  return { loader: new PatchLoader(cut, cache, (error) => errors.push(error)), cache, calls, errors };
}

describe('patch loader', () => {
  it('asks once for what is not there, and goes on with what was wanted meanwhile', async () => {
    const { loader: patches, cache, calls } = loader();
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 4) });
    for (let at = 0; at < 4; at++) calls[0]!.report(at, patch());
    assert.equal(cache.cell(key(2)).value.box?.[3], 4);
    patches.want({ layer: 'conv1', size: 64, requests: requests(2, 6) });
    assert.equal(calls.length, 1, 'one call at a time');
    await calls[0]!.end();
    assert.deepEqual(calls[1]?.wish.requests, requests(4, 6));
  });

  it('gives up a call when most of what it owes is out of sight', () => {
    const { loader: patches, calls, cache } = loader();
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 10) });
    patches.want({ layer: 'conv1', size: 64, requests: requests(3, 13) });
    assert.ok(!calls[0]!.signal.aborted, 'scrolled a little');
    patches.want({ layer: 'conv1', size: 64, requests: requests(100, 110) });
    assert.ok(calls[0]!.signal.aborted);
    assert.deepEqual(calls[1]?.wish.requests, requests(100, 110));
    calls[0]!.report(0, patch());
    assert.ok(!cache.has(key(0), 1), 'what comes late is dropped');
  });

  it('asks again for a larger size, keeping the small picture', () => {
    const { loader: patches, calls, cache } = loader();
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 1) });
    calls[0]!.report(0, patch());
    patches.want({ layer: 'conv1', size: 128, requests: requests(0, 1) });
    assert.equal(calls.length, 2);
    assert.notEqual(cache.cell(key(0)).value.url, null);
  });

  it('passes failures on, stays silent about cancelling, and marks what was never cut', async () => {
    const { loader: patches, calls, errors, cache } = loader();
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 1) });
    await calls[0]!.end(new UnitscopeError('engine.stopped', 'Gone.'));
    assert.equal(errors.length, 1);
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 1) });
    await calls[1]!.end(new UnitscopeError('cancelled', 'Cancelled.'));
    assert.equal(errors.length, 1);
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 1) });
    await calls[2]!.end();
    assert.match(cache.cell(key(0)).value.problem ?? '', /could not be cut/);
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 1) });
    assert.equal(calls.length, 3, 'not asked for over and over');
    cache.forgetProblems();
    patches.want({ layer: 'conv1', size: 64, requests: requests(0, 1) });
    assert.equal(calls.length, 4);
  });
});

describe('picture cache', () => {
  it('frees what was looked at longest ago, but nothing on screen', () => {
    const made = urls();
    const cache = new PictureCache(35, made);
    for (let unit = 0; unit < 3; unit++) cache.put(key(unit), 64, patch());
    cache.keep(new Set([key(0)]));
    cache.put(key(3), 64, patch());
    assert.deepEqual(made.freed, ['blob:1']);
    assert.equal(cache.cell(key(1)).value.url, null);
    cache.keep(new Set([0, 1, 2, 3, 4, 5].map(key)));
    for (const unit of [1, 4, 5]) cache.put(key(unit), 64, patch());
    assert.equal(made.freed.length, 1, 'all of it is on screen');
  });

  it('frees a picture that is replaced, and all when it is cleared', () => {
    const made = urls();
    const cache = new PictureCache(1e6, made);
    cache.put(key(0), 64, patch());
    cache.put(key(0), 128, patch());
    assert.deepEqual(made.freed, ['blob:0']);
    cache.clear();
    assert.deepEqual(made.freed, ['blob:0', 'blob:1']);
    assert.ok(!cache.has(key(0), 64));
  });
});
