import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Dim, Layer, ModelSummary } from '../../../src/protocol/model';
import { openModel, withShapes } from '../../../src/engine/model/summary';
import { UnitscopeError } from '../../../src/protocol/errors';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { seeded } from '../../fixtures/random';
import { temporaryFolder } from './temporary';

const fixtures = path.resolve('test/fixtures/models');
const shared = path.resolve('../shared/data');

type Expected =
  | { error: string }
  | { producer: string; nodes: number; parameters: number; layers: number; image?: object; problem?: string; primary: string[] };
const manifest = JSON.parse(fs.readFileSync(path.join(fixtures, 'manifest.json'), 'utf8')) as Record<string, Expected>;
const readable = Object.keys(manifest).filter((name) => !('error' in manifest[name]!));
const drivable = readable.filter((name) => 'image' in manifest[name]!);

describe('models of real exporters', function () {
  this.timeout(30_000);
  const file = temporaryFolder();

  it('are all in the manifest', () => {
    const found = fs.readdirSync(fixtures).filter((name) => name.endsWith('.onnx')).sort();
    assert.deepEqual(Object.keys(manifest).sort(), found);
  });

  for (const [name, expected] of Object.entries(manifest)) {
    it(`${name} is described as expected`, () => {
      const open = () => openModel(path.join(fixtures, name)).summary;
      if ('error' in expected) {
        assert.throws(open, (error) => error instanceof UnitscopeError && error.message === expected.error);
        return;
      }
      const { image, ...summary } = open();
      const { problem } = expected;
      assert.deepEqual(
        {
          producer: summary.producer,
          nodes: summary.nodeCount,
          parameters: summary.parameters,
          layers: summary.layers.length,
          ...('input' in image ? { image: image.input } : { problem: image.problem }),
          primary: summary.layers.filter(({ primary }) => primary).map(({ group, label }) => [...group, label].join(' / ')),
        },
        expected,
      );
      assert.equal(summary.layers.reduce((sum, layer) => sum + layer.parameters, 0), summary.parameters);
      assert.equal(new Set(summary.layers.map(({ group, label }) => [...group, label].join('\0'))).size, summary.layers.length, 'labels are unique');
      assert.equal(problem !== undefined, 'problem' in image);
      assert.doesNotMatch(JSON.stringify(summary), /\/(home|tmp|usr|work)\/(?!.*fixtures)|site-packages/);
    });
  }

  it('name external data, and its size where it is there', () => {
    const { summary } = openModel(path.join(fixtures, 'external.onnx'));
    assert.deepEqual(summary.externalData, [{ file: 'external.bin', size: 3312 }]);
    fs.copyFileSync(path.join(fixtures, 'external.onnx'), file('alone.onnx'));
    assert.deepEqual(openModel(file('alone.onnx')).summary.externalData, [{ file: 'external.bin', size: null }]);
  });

  for (const name of drivable) {
    it(`${name} does in ONNX Runtime what its layers say`, async () => {
      const source = path.join(fixtures, name);
      const { summary } = openModel(source);
      await checkAgainstRuntime(source, summary);
    });
  }

  for (const name of ['squeezenet.onnx', 'squeezenet_fp16.onnx', 'candy.onnx']) {
    it(`${name} of the shared data is described in full`, function () {
      const source = path.join(shared, name);
      if (!fs.existsSync(source)) {
        console.log(`      skipped: ${source} is not here`);
        this.skip();
      }
      const { summary } = openModel(source);
      assert.ok('input' in summary.image);
      assert.ok(summary.layers.length >= 58);
      assert.ok(summary.layers.every(({ units, shape }) => units !== null && shape.every((dim) => dim !== null)));
      assert.equal(summary.layers.reduce((sum, layer) => sum + layer.parameters, 0), summary.parameters);
      if (name.startsWith('squeezenet')) {
        const field = summary.layers.find((layer) => layer.name === 'fire9/concat_1')?.receptiveField;
        assert.deepEqual(field, { size: [207, 207], stride: [16, 16], offset: [-88, -88], kind: 'exact' });
        assert.equal(summary.parameters, 1_235_496);
      }
    });
  }
});

describe('withShapes', () => {
  const file = temporaryFolder();

  it('completes what the file leaves open with what a run has shown', () => {
    const model = new OnnxBuilder()
      .input('x', 'float32', ['batch', 3, 8, 8])
      .initializer('w', 'float32', [6, 5, 1, 1])
      .node('Mystery', ['x'], ['a'], {}, { domain: 'custom' })
      .node('Conv', ['a', 'w'], ['b'])
      .node('Relu', ['b'], ['c'])
      .output('c');
    const opened = openModel(model.write(file('model.onnx')));
    assert.deepEqual(opened.summary.layers.map(({ shape }) => shape), [[], [null, 6, null, null], [null, 6, null, null]]);
    const { summary } = withShapes(opened, new Map([['a', { dims: [1, 5, 4, 4], dtype: 'float32' }]]), 1);
    assert.deepEqual(
      summary.layers.map(({ shape, units, unitAxis, batched, dtype }) => [shape, units, unitAxis, batched, dtype]),
      [
        [['batch', 5, 4, 4], 5, 1, true, 'float32'],
        [['batch', 6, 4, 4], 6, 1, true, 'float32'],
        [['batch', 6, 4, 4], 6, 1, true, 'float32'],
      ],
    );
  });
});

describe('a model of 10,000 nodes', function () {
  this.timeout(30_000);
  const file = temporaryFolder();

  it('is described in well under a second', () => {
    const model = new OnnxBuilder().input('x', 'float32', ['batch', 3, 32, 32]).initializer('w', 'float32', [3, 3, 3, 3]);
    let last = 'x';
    for (let i = 0; i < 2500; i++) {
      model.node('Conv', [last, 'w'], [`conv${i}`], { pads: [1, 1, 1, 1] }, { name: `/stage${i % 7}/block${i}/conv/Conv` });
      model.node('Sigmoid', [`conv${i}`], [`gate${i}`], {}, { name: `/stage${i % 7}/block${i}/act/Sigmoid` });
      model.node('Mul', [`conv${i}`, `gate${i}`], [`silu${i}`], {}, { name: `/stage${i % 7}/block${i}/act/Mul` });
      model.node('Add', [last, `silu${i}`], [`sum${i}`], {}, { name: `/stage${i % 7}/block${i}/Add` });
      last = `sum${i}`;
    }
    model.output(last).write(file('large.onnx'));
    const started = process.cpuUsage();
    const { summary } = openModel(file('large.onnx'));
    const { user, system } = process.cpuUsage(started);
    assert.equal(summary.layers.length, 10_000);
    // 0.4 s on an idle machine; a step that is quadratic in the nodes takes tens of seconds.
    assert.ok(user + system < 3e6, `${Math.round((user + system) / 1000)} ms of CPU time`);
  });
});

/**
 * Runs pairs of images, or one where the batch is fixed: shapes are as described, and where axis 0 is called the batch,
 * the first image's part does not depend on the second image.
 */
async function checkAgainstRuntime(source: string, summary: ModelSummary): Promise<void> {
  assert.ok('input' in summary.image);
  const { input } = summary.image;
  const names = summary.layers.map(({ name }) => name).filter((name) => !summary.outputs.some((output) => output.name === name));
  const session = await InferenceSession.create(withOutputs(fs.readFileSync(source), names), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    externalData: fs.existsSync(source.replace('.onnx', '.bin')) ? [{ path: 'external.bin', data: fs.readFileSync(source.replace('.onnx', '.bin')) }] : [],
  });
  const batch = input.batch ?? 2;
  const [height, width] = [input.height ?? 16, input.width ?? 16];
  const pixels = input.channels * height * width;
  const dims = input.layout === 'NCHW' ? [batch, input.channels, height, width] : [batch, height, width, input.channels];
  const random = seeded(1);
  const first = Float32Array.from({ length: pixels }, random);
  const run = (other: () => number) => {
    const data = Float32Array.from({ length: batch * pixels }, (_, i) => first[i] ?? other());
    return session.run({ [input.name]: new Tensor('float32', data, dims) });
  };
  const [one, two] = [await run(random), await run(() => 5 * random())];
  await session.release();
  for (const layer of summary.layers) {
    const actual = one[layer.name]!;
    const numbers = layer.shape.map((dim) => withBatch(dim, batch));
    assert.deepEqual([numbers, layer.dtype], [[...actual.dims], actual.type], layer.name);
    if (layer.batched && batch > 1) assert.deepEqual(firstPart(actual, batch), firstPart(two[layer.name]!, batch), `${layer.name}: batched`);
    checkAxes(layer);
  }
}

function withBatch(dim: Dim, batch: number): Dim {
  if (typeof dim !== 'string') return dim;
  const factor = /^(?:(\d+)\*)?[a-z_0-9]+$/.exec(dim)?.[1] ?? '1';
  return Number(factor) * batch;
}

function firstPart(tensor: Tensor, batch: number): ArrayLike<unknown> {
  const data = tensor.data as Float32Array;
  return data.slice(0, data.length / batch);
}

function checkAxes({ name, shape, unitAxis, positionAxes, batched, units }: Layer): void {
  const all = [unitAxis, ...positionAxes, ...(batched ? [0] : [])].sort((a, b) => a - b);
  assert.deepEqual(all, shape.map((_, axis) => axis), `${name}: every axis is batch, unit or position`);
  assert.equal(shape[unitAxis], units, name);
}

/** The model with more of its values as outputs: protobuf merges a graph that is appended. */
function withOutputs(model: Uint8Array, names: string[]): Uint8Array {
  const graph = new BinaryWriter();
  for (const name of names) graph.tag(12, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(name).join();
  return Buffer.concat([model, new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(graph.finish()).finish()]);
}
