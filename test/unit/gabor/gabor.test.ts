import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gaborHandlers } from '../../../src/engine/analyses/gabor/handlers';
import { checkpointTasks } from '../../../src/engine/checkpoint/tasks';
import { fitGabor, principalComponent } from '../../../src/engine/compute/gabor/fit';
import { fitGabors } from '../../../src/engine/compute/gabor/task';
import type { GaborFit } from '../../../src/protocol/graph';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { refuses, temporaryFolder } from '../dataset/fixtures';

interface Golden {
  kind: 'gabor' | 'blob' | 'noise';
  size: number;
  values: number[];
  truth: { orientation: number; frequency: number; phase: number; centre: [number, number]; noise: number } | null;
  scipy: { orientation: number; frequency: number; r2: number };
}

/** From test/fixtures/gabors/make.py. */
const goldens = JSON.parse(readFileSync(resolve('test/fixtures/gabors/gabors.json'), 'utf8')) as Golden[];
const fitOf = ({ size, values }: Golden): GaborFit => fitGabor(0, { channels: 1, height: size, width: size, values });
/** Of undirected lines, in degrees. */
const apart = (a: number, b: number): number => Math.abs(((((a - b + 90) % 180) + 180) % 180) - 90);

describe('Gabor functions fitted to filters', () => {
  it('synthetic ones are recovered within 5 degrees and 5 % in frequency, with their phase and centre', () => {
    const known = goldens.filter(({ kind }) => kind === 'gabor');
    assert.equal(known.length, 30);
    for (const golden of known) {
      const { orientation, frequency, phase, centre, r2, striped } = fitOf(golden);
      const { truth } = golden;
      const what = `${golden.size} ${JSON.stringify(truth)}: ${orientation}, ${frequency}, ${phase}, ${r2}`;
      assert.ok(striped, what);
      assert.ok(apart(orientation, truth!.orientation) < 5, what);
      assert.ok(Math.abs(frequency / truth!.frequency - 1) < 0.05, what);
      assert.ok(r2 > 0.97, what);
      assert.ok(Math.hypot(centre[0] - truth!.centre[0], centre[1] - truth!.centre[1]) < 0.5, what);
      // The phase at the true centre: what the shift of the centre explains is taken out.
      const angle = (orientation * Math.PI) / 180;
      const shift = (truth!.centre[0] - centre[0]) * Math.cos(angle) - (truth!.centre[1] - centre[1]) * Math.sin(angle);
      const mirrored = Math.abs(orientation - truth!.orientation) > 90 ? -1 : 1;
      const wave = Math.cos(mirrored * (phase + 2 * Math.PI * frequency * shift) - truth!.phase);
      assert.ok(wave > 0.9, `${what}: phase ${Math.acos(Math.min(1, wave))} away`);
    }
  });

  it('fits are as good as the best of SciPy from 40 starts (r2 of stripes within 0.0001, of blobs within 0.01), and where there are stripes they agree', () => {
    for (const golden of goldens.filter(({ kind }) => kind !== 'noise')) {
      const { orientation, frequency, r2, striped } = fitOf(golden);
      const what = `${golden.kind} ${golden.size}: r2 ${r2} for ${golden.scipy.r2}, ${orientation} for ${golden.scipy.orientation}`;
      assert.ok(r2 > golden.scipy.r2 - (golden.kind === 'gabor' ? 1e-4 : 0.01) && r2 <= 1, what);
      if (!striped) continue;
      assert.ok(apart(orientation, golden.scipy.orientation) < 0.5, what);
      assert.ok(Math.abs(frequency / golden.scipy.frequency - 1) < 0.01, what);
    }
  });

  it('of blobs and noise no stripes are claimed; noise is fitted badly', () => {
    for (const golden of goldens.filter(({ kind }) => kind !== 'gabor')) {
      const { r2, striped } = fitOf(golden);
      assert.equal(striped, false, `${golden.kind} ${golden.size}: ${r2}`);
      if (golden.kind === 'noise') assert.ok(r2 < 0.5, `${golden.size}: ${r2}`);
    }
  });

  it('of a colour filter the first principal component is fitted, whatever its colour and scale', () => {
    const golden = goldens[0]!;
    const grey = fitOf(golden);
    const colour = [0.8, -0.6, 0.1].flatMap((weight, of) => golden.values.map((value) => 1e-3 * weight * value + 0.01 * of));
    const filter = { channels: 3, height: golden.size, width: golden.size, values: colour };
    const fit = fitGabor(7, filter);
    assert.ok(apart(fit.orientation, grey.orientation) < 1e-3 && Math.abs(fit.r2 - grey.r2) < 1e-6 && fit.unit === 7);
    const component = principalComponent(filter);
    const ratio = (component[1]! - component[0]!) / (golden.values[1]! - golden.values[0]!);
    assert.ok(Math.abs(ratio - 1e-3 * Math.hypot(0.8, 0.6, 0.1)) < 1e-8, String(ratio));
  });

  it('a constant filter and one with NaN claim nothing', () => {
    for (const value of [0, 3, NaN]) {
      const { r2, striped } = fitGabor(0, { channels: 3, height: 7, width: 7, values: new Float32Array(147).fill(value) });
      assert.deepEqual([r2, striped], [0, false]);
    }
  });

  describe('model.gabor', () => {
    const folder = temporaryFolder();
    const run = { call: (method: string, params: never, options: { signal: AbortSignal }) => (method === 'compute.gabor' ? fitGabors(params, options.signal, () => undefined) : Promise.resolve(checkpointTasks['checkpoint.slice'](params, { ...options, report: () => undefined as never }))), size: 2 };
    const handlers = gaborHandlers(() => run as never);
    const ask = (path: string, tensor: string, signal = new AbortController().signal, report: (progress: { done: number; total: number }) => void = () => undefined): Promise<GaborFit[]> =>
      Promise.resolve(handlers['model.gabor']({ path, tensor }, { signal, report }));
    const model = (shape: number[], values?: number[]): string => new OnnxBuilder().input('x', 'float32', [1, shape[1]!, 32, 32]).initializer('w', 'float32', shape, values).node('Conv', ['x', 'w'], ['y']).output('y', 'float32', null).write(join(folder(), `${shape.join('-')}.onnx`));

    it('fits every filter of a model, in order, and says how far it is', async () => {
      const small = goldens.filter(({ size, kind }) => size === 7 && kind === 'gabor');
      const filters = [...small, ...small, ...small];
      const path = model([filters.length, 1, 7, 7], filters.flatMap(({ values }) => values));
      const seen: number[] = [];
      const fits = await ask(path, 'w', undefined, ({ done, total }) => seen.push(done / total));
      assert.deepEqual(fits.map(({ unit }) => unit), filters.map((_, unit) => unit));
      for (const [unit, fit] of fits.entries()) assert.ok(apart(fit.orientation, filters[unit]!.truth!.orientation) < 5);
      assert.equal(seen.at(-1), 1);
      assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
    });

    it('refuses what shows no image patterns, and can be cancelled', async () => {
      await refuses(ask(model([4, 8, 7, 7]), 'w'), 'usage', /its filters see 8 channels/);
      await refuses(ask(model([4, 3, 3, 3]), 'w'), 'usage', /3 × 3 have hardly more numbers/);
      await refuses(ask(resolve('samples/scopenet/scopenet.onnx'), 'no'), 'usage', /has no tensor no/);
      await refuses(ask(model([4, 3, 7, 7]), 'w', AbortSignal.abort()), 'cancelled', /./);
    });
  });
});
