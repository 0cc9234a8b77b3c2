import assert from 'node:assert/strict';
import { cp, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isCancelled, type UnitscopeError } from '../../../src/protocol/errors';
import { quiet, rdmStudy } from '../../fixtures/rdms/study';
import { testEngine } from '../../fixtures/testEngine';

describe('RDMs of a recording', function () {
  this.timeout(120_000);
  const on = rdmStudy();
  const { at, request, compute, states, matrix } = on;

  it('run the model once for all layers, and not again for another measure, some of the images, or another process', async () => {
    const phases = new Set<string>();
    const first = await compute(request(), quiet.signal, ({ phase }) => phases.add(phase));
    assert.deepEqual([first.done, first.cached, first.failedLayers], [18, 0, []]);
    assert.ok(phases.has('computing'));
    assert.equal((await compute()).seconds < 2, true);
    const cosine = await compute(request({ measure: 'cosine' }));
    assert.equal(cosine.cached, 18);
    const some = await compute(request({ stimuli: { labels: ['ant', 'cat'] } }));
    assert.equal(some.cached, 12);
    assert.equal((await on.engine.handlers['rdm.set']({ study: on.study, request: request({ stimuli: { labels: ['ant', 'cat'] } }) }, quiet)).names.length, 12);
    const { cache } = on.engine;
    on.engine.dispose();
    on.engine = testEngine(cache);
    assert.ok((await states()).every(({ state }) => state === 'ready'));
  });

  it('of a layer that fails leave the others, and it says why; a constant image is named', async () => {
    const { config } = await on.engine.handlers['preprocess.resolve']({ model: at('poison.onnx') }, quiet);
    // Dark pixels become negative, and their square root no number.
    on.study = { ...on.study, model: at('poison.onnx'), preprocess: { ...config, do_normalize: true, image_mean: 0.5, image_std: 1 } };
    const asked = request({ layers: ['relu', 'poisoned'] });
    const outcome = await compute(asked);
    assert.equal(outcome.failedLayers.length, 1);
    assert.match(outcome.failedLayers[0]!.message, /poisoned.*not finite numbers for ant\/000\.png/);
    const [relu, poisoned] = await states(asked);
    assert.equal(relu!.state, 'ready');
    assert.ok(poisoned?.state === 'failed' && poisoned.message.includes('not finite'));
    await assert.rejects(matrix('poisoned', asked), (error: UnitscopeError) => error.code === 'rdm.missing' && error.message.includes('not finite'));
  });

  it('leave out images that cannot be read, whoever asks', async () => {
    await cp(at('images'), at('damaged'), { recursive: true });
    await writeFile(at('damaged', 'bee', '001.png'), 'no image');
    on.study = { ...on.study, dataset: { path: at('damaged') } };
    const outcome = await compute();
    assert.deepEqual(outcome.skipped.map(({ path }) => path), ['bee/001.png']);
    const set = await on.engine.handlers['rdm.set']({ study: on.study, request: request() }, quiet);
    assert.equal(set.names.length, 17);
    assert.ok(!set.names.includes('bee/001.png') && set.layers.every(({ state }) => state === 'ready'));
    assert.deepEqual((await compute()).skipped.map(({ path }) => path), ['bee/001.png'], 'told again');
    const [recording] = await readdir(join(on.engine.cache, 'recordings'));
    await writeFile(join(on.engine.cache, 'recordings', recording!, 'unusable.json'), '{"');
    assert.equal((await on.engine.handlers['rdm.set']({ study: on.study, request: request() }, quiet)).names.length, 18, 'damage is left out');
  });

  it('are cancelled and go on; the estimate says what is left', async () => {
    const before = await on.engine.handlers['rdm.estimate']({ study: on.study, request: request() }, quiet);
    assert.deepEqual([before.stimuli, before.layers, before.images], [18, 5, 18]);
    assert.equal(before.bytes, 18 * 4 * (3 * 8 * 24 * 24 + 8 + 4));
    const abort = new AbortController();
    await assert.rejects(compute(request(), abort.signal, ({ phase }) => phase === 'computing' && abort.abort()), isCancelled);
    const after = await on.engine.handlers['rdm.estimate']({ study: on.study, request: request() }, quiet);
    assert.deepEqual([after.images, after.bytes], [0, 0]);
    assert.ok((await states()).some(({ state }) => state === 'missing'));
    await compute();
    assert.ok((await states()).every(({ state }) => state === 'ready'));
    assert.equal((await on.engine.handlers['rdm.estimate']({ study: on.study, request: request() }, quiet)).seconds, 0);
  });

  it('survive that activations and RDMs are deleted, damaged, or of an earlier run', async () => {
    await compute();
    const [recording] = await readdir(join(on.engine.cache, 'recordings'));
    const folder = join(on.engine.cache, 'recordings', recording!);
    const [file] = await readdir(join(folder, 'rdms'));
    await writeFile(join(folder, 'rdms', file!), 'damage');
    for (const name of await readdir(join(folder, 'activations'))) await writeFile(join(folder, 'activations', name), 'damage');
    assert.equal((await states()).filter(({ state }) => state === 'missing').length, 1);
    await compute();
    assert.ok((await states()).every(({ state }) => state === 'ready'));
    await rm(folder, { recursive: true });
    await compute();
    assert.ok((await states()).every(({ state }) => state === 'ready'));
  });
});
