import assert from 'node:assert/strict';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Dequantization, TensorSlice } from '../../../src/protocol/checkpoint';
import type { GraphNode } from '../../../src/protocol/graph';
import { checkpointTasks } from '../../../src/engine/checkpoint/tasks';
import { describeGraph } from '../../../src/engine/model/modelGraph';
import { openModel } from '../../../src/engine/model/summary';
import { weightsOf } from '../../../webview-ui/panels/model/weights/weights';
import { OnnxBuilder } from '../../fixtures/onnxBuilder';
import { seeded } from '../../fixtures/random';
import { refuses, temporaryFolder } from '../dataset/fixtures';
import { never } from './fixtures';

const shape = [4, 3, 3, 3];
const random = seeded(11);
const whole = (low: number, high: number): number => Math.floor(low + (high - low + 1) * random());
const q = Array.from({ length: 108 }, () => whole(-128, 127));
const unsigned = q.map((value) => value + 128);
const scales = [0.013, 0.5, 2e-4, 0.0071];
const zeros = [0, -128, 127, 5];
const context = { signal: never, report: () => undefined };

describe('Filters of quantized models', () => {
  const folder = temporaryFolder();

  function base(): OnnxBuilder {
    return new OnnxBuilder().input('x', 'float32', [1, 3, 8, 8]).initializer('q', 'int8', shape, q).initializer('u', 'uint8', shape, unsigned).initializer('s', 'float32', [4], scales).initializer('z', 'int8', [4], zeros)
      .initializer('one', 'float32', [], [0.25]).initializer('s3', 'float32', [3], [0.1, 0.2, 0.3]).initializer('z3', 'int8', [3], [1, 2, 3]).initializer('zu', 'uint8', [], [131]);
  }

  function convolution(path: string): GraphNode {
    const opened = openModel(path);
    return describeGraph(opened.model, opened.summary).graph.nodes.find(({ op }) => op.includes('Conv'))!;
  }

  const filtersOf = async (path: string, tensor: string, dequantize: Dequantization, first = 0): Promise<TensorSlice> =>
    await checkpointTasks['checkpoint.slice']({ path, tensor, what: { kind: 'filters', first, dequantize } }, context);

  const kinds: [name: string, inputs: string[], attributes: { axis?: number }, expected: Dequantization][] = [
    ['one scale for each filter', ['q', 's', 'z'], { axis: 0 }, { scale: 's', zero: 'z', axis: 0 }],
    ['no zero point', ['q', 's'], { axis: -4 }, { scale: 's', zero: null, axis: 0 }],
    ['one scale for each input channel, the standard axis', ['q', 's3', 'z3'], {}, { scale: 's3', zero: 'z3', axis: 1 }],
    ['one scale for all, of bytes', ['u', 'one', 'zu'], {}, { scale: 'one', zero: 'zu', axis: 1 }],
  ];
  for (const [name, inputs, attributes, expected] of kinds)
    it(`through DequantizeLinear, ${name}: what ONNX Runtime makes of them`, async () => {
      const path = join(folder(), 'qdq.onnx');
      base().node('DequantizeLinear', inputs, ['w'], attributes).node('Conv', ['x', 'w'], ['y']).output('y', 'float32', [1, 4, 6, 6]).output('w', 'float32', shape).write(path);
      const { tensor, ...dequantize } = convolution(path).quantized!;
      assert.deepEqual([tensor, dequantize], [inputs[0], expected]);
      const session = await InferenceSession.create(path, { logSeverityLevel: 3 });
      const reference = (await session.run({ x: new Tensor('float32', new Float32Array(192), [1, 3, 8, 8]) })).w!.data as Float32Array;
      const all = await filtersOf(path, tensor, dequantize);
      assert.deepEqual(all.shape, shape);
      assert.deepEqual(all.values, reference);
      assert.deepEqual(all.range, [reference.reduce((a, b) => Math.min(a, b)), reference.reduce((a, b) => Math.max(a, b))]);
      assert.deepEqual((await filtersOf(path, tensor, dequantize, 3)).values, reference.slice(81), 'the last filter alone has its own scale');
      await session.release();
    });

  it('of QLinearConv and ConvInteger: (number − zero point) × scale, by filter', async () => {
    const path = join(folder(), 'integer.onnx');
    const model = base().initializer('xq', 'int8', [1, 3, 8, 8]).node('QLinearConv', ['xq', 'one', 'z0', 'q', 's', 'z', 'one', 'z0'], ['y']).initializer('z0', 'int8', [], [0]);
    model.output('y', 'int8', [1, 4, 6, 6]).write(path);
    const { tensor, ...dequantize } = convolution(path).quantized!;
    assert.deepEqual([tensor, dequantize], ['q', { scale: 's', zero: 'z', axis: 0 }]);
    const { values } = await filtersOf(path, tensor, dequantize);
    assert.deepEqual(values, Float32Array.from(q, (value, at) => (value - zeros[Math.floor(at / 27)]!) * Math.fround(scales[Math.floor(at / 27)]!)));

    const integer = join(folder(), 'convInteger.onnx');
    base().initializer('xu', 'uint8', [1, 3, 8, 8]).node('ConvInteger', ['xu', 'u', '', 'zu'], ['y']).output('y', 'int32', [1, 4, 6, 6]).write(integer);
    const found = convolution(integer).quantized!;
    assert.deepEqual(found, { tensor: 'u', scale: null, zero: 'zu', axis: 0 });
    assert.deepEqual((await filtersOf(integer, 'u', found)).values, Float32Array.from(unsigned, (value) => value - 131));
  });

  it('are the convolution’s on the page of weights, with the scales that they have; others are none', async () => {
    const path = join(folder(), 'page.onnx');
    base().initializer('plain', 'float32', [2, 4, 3, 3]).node('DequantizeLinear', ['q', 's', 'z'], ['w'], { axis: 0 }, { name: '/stem/weight/DequantizeLinear' })
      .node('Conv', ['x', 'w'], ['y'], {}, { name: '/stem/conv/Conv' }).node('Conv', ['y', 'plain'], ['out'], {}, { name: '/head/conv/Conv' }).output('out', 'float32', [1, 2, 4, 4]).write(path);
    const { tensors } = await checkpointTasks['checkpoint.open']({ path }, context);
    const opened = openModel(path);
    const found = new Map(weightsOf(tensors, describeGraph(opened.model, opened.summary).graph).map((weight) => [weight.name, weight]));
    assert.deepEqual(['q', 's', 'z', 'plain'].map((name) => [found.get(name)!.layer, found.get(name)!.filters]), [['y', true], ['y', false], ['y', false], ['out', true]]);
    assert.deepEqual([found.get('q')!.dequantize, found.get('plain')!.dequantize], [{ scale: 's', zero: 'z', axis: 0 }, null]);
  });

  it('scales that do not fit, or are not in the file, are refused or left out', async () => {
    const path = join(folder(), 'bad.onnx');
    base().input('given', 'float32', [4]).node('DequantizeLinear', ['q', 'given', 'z'], ['w'], { axis: 0 }).node('Conv', ['x', 'w'], ['y']).output('y', 'float32', [1, 4, 6, 6]).write(path);
    assert.equal(convolution(path).quantized, undefined);
    await refuses(filtersOf(path, 'q', { scale: 's3', zero: null, axis: 0 }), 'usage', /s3.*has not one number for each of the 4 places on the axis 0 of q/);
    await refuses(filtersOf(path, 'q', { scale: 'none', zero: null, axis: 0 }), 'usage', /has no tensor none/);
  });
});
