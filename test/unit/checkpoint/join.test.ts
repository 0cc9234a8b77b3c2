import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { joinPlan, reweigh } from '../../../src/engine/checkpoint/reweigh';
import { refuses } from '../dataset/fixtures';
import { fixture, sample } from './fixtures';

const recorded = JSON.parse(readFileSync(fixture('join.json'), 'utf8')) as {
  image: { shape: number[]; values: number[] };
  outputs: Record<string, number[]>;
};

describe('A checkpoint joined to a graph', () => {
  let cache = '';
  before(async () => {
    cache = await mkdtemp(join(tmpdir(), 'unitscope-join-'));
  });
  after(() => rm(cache, { recursive: true, force: true }));

  async function run(model: string, image: Float32Array, shape: number[]): Promise<number[]> {
    const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
    const [output] = Object.values(await session.run({ [session.inputNames[0]!]: new ort.Tensor('float32', image, shape) }));
    return Array.from(output!.data as Float32Array);
  }

  const small = (model: string): Promise<number[]> => run(model, Float32Array.from(recorded.image.values), recorded.image.shape);
  const picture = (model: string): Promise<number[]> =>
    run(model, Float32Array.from({ length: 3 * 96 * 96 }, (_, i) => Math.sin(Math.fround(7 * Math.fround(-3 + (6 * i) / (3 * 96 * 96 - 1))))), [1, 3, 96, 96]);

  function agrees(actual: number[], expected: number[]): void {
    const most = Math.max(...expected.map(Math.abs));
    for (const [i, value] of expected.entries()) assert.ok(Math.abs(actual[i]! - value) <= 1e-5 * most, `${actual[i]} for ${value} at ${i}`);
  }

  for (const ending of ['pt', 'safetensors'])
    for (const model of ['scopenet-named.onnx', 'scopenet.onnx'])
      it(`gives PyTorch's outputs: midway.${ending} in ${model}`, async () => {
        agrees(await picture(await reweigh(sample(model), sample(`checkpoints/midway.${ending}`), cache)), recorded.outputs.midway!);
      });

  it("gives PyTorch's outputs in a default export, with the eps that the original checkpoint tells", async () => {
    agrees(await small(fixture('folded.onnx')), recorded.outputs['folded-a.pt']!);
    for (const file of ['folded-a.pt', 'folded-b.pt'])
      agrees(await small(await reweigh(fixture('folded.onnx'), fixture(file), cache, fixture('folded-a.pt'))), recorded.outputs[file]!);
    const { matched } = await joinPlan(fixture('folded.onnx'), fixture('folded-b.pt'), fixture('folded-a.pt'));
    assert.deepEqual(new Set(matched.flatMap(({ eps }) => eps ?? [])), new Set([1e-3]));
  });

  it('names the copy by its checkpoint, and makes it once for each content of both', async () => {
    const copy = async (name: string, from: string): Promise<string> => {
      const path = join(cache, 'run', name);
      await mkdir(join(path, '..'), { recursive: true });
      await copyFile(from, path);
      return path;
    };
    const model = await copy('net.onnx', sample('scopenet.onnx'));
    const first = await reweigh(model, await copy('epoch_1/model.pt', sample('checkpoints/midway.pt')), cache);
    assert.equal(basename(first), 'net with epoch_1 model.pt.onnx');
    const epoch = await copy('epoch2.pt', sample('checkpoints/midway.pt'));
    const second = await reweigh(model, epoch, cache);
    assert.equal(basename(second), 'net with epoch2.pt.onnx');
    assert.equal(dirname(second), dirname(first));
    await copyFile(sample('checkpoints/final.pt'), epoch);
    assert.notEqual(dirname(await reweigh(model, epoch, cache)), dirname(first));
    await copyFile(sample('checkpoints/midway.pt'), epoch);
    const before = (await stat(second)).mtimeMs;
    assert.equal(await reweigh(model, epoch, cache), second);
    assert.equal((await stat(second)).mtimeMs, before);
    const long = new Date(Date.now() - 2 * 3_600_000);
    await utimes(second, long, long);
    await reweigh(model, epoch, cache);
    assert.ok(Date.now() - (await stat(second)).mtimeMs < 60_000, 'what is used is not the oldest when the cache is trimmed');
  });

  it('splits weights that were merged because they were equal', async () => {
    agrees(await small(await reweigh(fixture('named.onnx'), fixture('folded-b.pt'), cache)), recorded.outputs['folded-b.pt']!);
  });

  it('says what it would do before anything runs', async () => {
    const plan = await joinPlan(fixture('folded.onnx'), fixture('folded-a.pt'));
    assert.equal(plan.prefix, 'state_dict.');
    assert.deepEqual(plan.unmatched, []);
    const how = (name: string) => plan.matched.filter(({ tensors }) => tensors.some((tensor) => tensor.endsWith(name))).map((match) => match.how);
    assert.deepEqual(how('up.weight'), ['transposed']);
    assert.deepEqual(how('square.weight'), ['transposed']);
    assert.deepEqual(how('head.weight'), ['name']);
    assert.deepEqual(how('layers.0.conv1.weight'), ['folded']);
    assert.deepEqual(how('layers.1.shortcut.1.running_var'), ['folded', 'folded']);
    assert.ok(plan.unused.every((name) => name.endsWith('num_batches_tracked')), plan.unused.join());
  });

  it('lists what does not match, and refuses to run then', async () => {
    const plan = await joinPlan(sample('scopenet.onnx'), fixture('folded-a.pt'));
    assert.ok(plan.unmatched.length > 10);
    assert.match(plan.unmatched.map(({ why }) => why).join('\n'), /the checkpoint has no tensor/);
    await refuses(reweigh(sample('scopenet.onnx'), fixture('folded-a.pt'), cache), 'usage', /has no values for the weight .* \(and \d+ more\) of .*scopenet\.onnx: .*; choose a checkpoint of this model\.$/);
  });
});
