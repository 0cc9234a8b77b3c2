import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { locate } from '../../../src/engine/analyses/patches/locate';
import type { ReadyDevice } from '../../../src/engine/runtime/devices';
import type { ImageFile, Job } from '../../../src/engine/runtime/job';
import type { Tap } from '../../../src/engine/runtime/tap';
import type { Preparation } from '../../../src/engine/runtime/workerContract';
import { UnitscopeError } from '../../../src/protocol/errors';

describe('locating', () => {
  const tap: Tap = { name: 'a', key: 'a#1', dtype: 'float32', rank: 2, unitAxis: 1, units: 1, positionAxes: [], batched: true, features: 1, grid: [1, 1] };
  const images: ImageFile[] = Array.from({ length: 80 }, (_, index) => ({ index, path: `${index}.png`, identity: String(index) }));
  const never = new AbortController().signal;
  type Answer = (piece: ImageFile[], job: Job) => Promise<(Int32Array | null)[]>;

  /** A device of two workers that answer as they are told. */
  const device = (answer: Answer, preparation: Partial<Preparation> = {}): ReadyDevice => {
    const prepared: Preparation = { taps: [tap], failures: [], batch: 8, sample: { scores: new Float32Array(1), milliseconds: 1 }, ...preparation };
    const call = (method: string, params: { images: ImageFile[]; job: Job }): Promise<unknown> =>
      method === 'prepare' ? Promise.resolve(prepared) : answer(params.images, params.job);
    return { pool: { size: 2, call }, job: { batch: 8 }, prepared: new Map(), reference: null, compared: new Map() } as unknown as ReadyDevice;
  };
  const rows: Answer = async (piece) => {
    await setTimeout(1);
    return piece.map(() => Int32Array.of(0));
  };
  const died: Answer = () =>
    Promise.reject(new UnitscopeError('worker.stopped', 'A worker process of the engine ended unexpectedly.'));

  it('runs as many images at once as these layers allow, not those that opened the device', async () => {
    const batches = new Set<number>();
    const ready = device((piece, job) => {
      batches.add(job.batch);
      return rows(piece, job);
    }, { batch: 1 });
    await locate(ready, [tap], images, never, () => undefined);
    assert.deepEqual([...batches], [1]);
  });

  it('says why a layer does not run', async () => {
    const ready = device(rows, { taps: [], failures: [{ layer: 'a', message: 'ONNX Runtime cannot run it.' }] });
    await assert.rejects(locate(ready, [tap], images, never, () => undefined), { code: 'model.failed', message: 'ONNX Runtime cannot run it.' });
  });

  it('stops all workers when something fails', async () => {
    let taken = 0;
    const take = async (): Promise<void> => {
      await setTimeout(1);
      if (++taken === 2) throw new Error('the disk is full');
    };
    await assert.rejects(locate(device(rows), [tap], images, never, take), /disk is full/);
    const then = taken;
    await setTimeout(50);
    assert.ok(taken === then && taken <= 3, `${then} and then ${taken} pieces taken`);
  });

  it('tries a piece once more when its worker ended, and only once', async () => {
    const seen = new Set<number>();
    const fragile = device((piece, job) => {
      const again = seen.has(piece[0]!.index);
      seen.add(piece[0]!.index);
      return again ? rows(piece, job) : died(piece, job);
    });
    const found: number[] = [];
    await locate(fragile, [tap], images, never, (piece) => void found.push(...piece.map(({ index }) => index)));
    assert.deepEqual(found.toSorted((a, b) => a - b), images.map(({ index }) => index));
    await assert.rejects(locate(device(died), [tap], images, never, () => undefined), { code: 'worker.stopped' });
  });
});
