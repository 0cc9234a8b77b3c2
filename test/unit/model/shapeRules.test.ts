import * as assert from 'node:assert/strict';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readModel } from '../../../src/engine/model/onnx';
import { inferShapes } from '../../../src/engine/model/shapes';
import { float, floats, OnnxBuilder, tensor, type Attributes, type DtypeName } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

/** A fed input (dtype, dims) or, with values, a constant; null leaves an optional input out. */
type Input = [dtype: DtypeName, dims: number[], values?: number[]] | null;

interface Case {
  op: string;
  inputs: Input[];
  attributes?: Attributes;
  outputs?: number;
  opset?: number;
  domain?: string;
}

const image: Input = ['float32', [2, 4, 9, 8]];
const even: Input = ['float32', [2, 4, 8, 6]];
const w = (...dims: number[]): Input => ['float32', dims, new Array<number>(dims.reduce((a, b) => a * b, 1)).fill(0.5)];
const ints = (...values: number[]): Input => ['int64', [values.length], values];
const reals = (...values: number[]): Input => ['float32', [values.length], values];

const cases: Case[] = [
  { op: 'Conv', inputs: [image, w(6, 4, 3, 2)], attributes: { strides: [2, 1], pads: [1, 0, 0, 1] } },
  { op: 'Conv', inputs: [image, w(6, 2, 3, 3), w(6)], attributes: { group: 2, dilations: [2, 2] } },
  { op: 'Conv', inputs: [image, w(6, 4, 3, 3)], attributes: { auto_pad: 'SAME_UPPER', strides: [2, 3] } },
  { op: 'Conv', inputs: [image, w(6, 4, 3, 3)], attributes: { auto_pad: 'VALID', strides: [2, 2] } },
  { op: 'Conv', inputs: [['float32', [2, 4, 9]], w(6, 4, 3)], attributes: { strides: [2] } },
  { op: 'ConvTranspose', inputs: [image, w(4, 3, 3, 3)], attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 0] } },
  { op: 'ConvTranspose', inputs: [image, w(4, 3, 2, 3)], attributes: { strides: [2, 3], group: 2, dilations: [2, 1] } },
  { op: 'ConvTranspose', inputs: [image, w(4, 3, 3, 3)], attributes: { strides: [2, 2], auto_pad: 'SAME_UPPER' } },
  { op: 'ConvTranspose', inputs: [image, w(4, 3, 3, 3)], attributes: { strides: [2, 2], output_shape: [18, 17] } },
  { op: 'MaxPool', inputs: [image], attributes: { kernel_shape: [3, 3], strides: [2, 2] }, outputs: 2 },
  { op: 'MaxPool', inputs: [image], attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } },
  { op: 'MaxPool', inputs: [['float32', [1, 1, 5, 5]]], attributes: { kernel_shape: [3, 3], strides: [3, 3], pads: [1, 1, 1, 1], ceil_mode: 1 } },
  { op: 'MaxPool', inputs: [['float32', [1, 1, 7, 6]]], attributes: { kernel_shape: [2, 2], strides: [4, 4], ceil_mode: 1 } },
  { op: 'MaxPool', inputs: [image], attributes: { kernel_shape: [2, 2], dilations: [2, 2] } },
  { op: 'AveragePool', inputs: [image], attributes: { kernel_shape: [2, 3], auto_pad: 'SAME_LOWER', strides: [2, 2] } },
  { op: 'AveragePool', inputs: [image], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 } },
  { op: 'LpPool', inputs: [image], attributes: { kernel_shape: [2, 2] } },
  { op: 'GlobalAveragePool', inputs: [image] },
  { op: 'GlobalMaxPool', inputs: [image] },
  ...['Relu', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'HardSigmoid', 'HardSwish', 'Softplus', 'Erf', 'Exp', 'Sqrt', 'Floor', 'Softmax', 'LogSoftmax', 'Neg', 'Abs'].map(
    (op): Case => ({ op, inputs: [image] }),
  ),
  { op: 'Clip', inputs: [image, ['float32', [], [0]], ['float32', [], [6]]] },
  { op: 'Clip', inputs: [image], attributes: { min: float(0), max: float(6) }, opset: 9 },
  { op: 'PRelu', inputs: [image, w(4, 1, 1)] },
  { op: 'Gelu', inputs: [image], opset: 20 },
  { op: 'Mish', inputs: [image], opset: 18 },
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max'].map((op): Case => ({ op, inputs: [image, w(4, 1, 8)] })),
  { op: 'Sum', inputs: [image, w(1), w(9, 1)] },
  { op: 'Equal', inputs: [image, w(1)] },
  { op: 'Greater', inputs: [w(4, 1, 8), image] },
  { op: 'Where', inputs: [['bool', [9, 1], new Array<number>(9).fill(1)], image, w(1)] },
  { op: 'Cast', inputs: [image], attributes: { to: 10 } },
  { op: 'Dropout', inputs: [image], outputs: 2 },
  { op: 'Dropout', inputs: [image], outputs: 1, opset: 9 },
  { op: 'Identity', inputs: [image] },
  { op: 'BatchNormalization', inputs: [image, w(4), w(4), w(4), w(4)] },
  { op: 'InstanceNormalization', inputs: [image, w(4), w(4)] },
  { op: 'LayerNormalization', inputs: [image, w(8)] },
  { op: 'GroupNormalization', inputs: [image, w(4), w(4)], attributes: { num_groups: 2 }, opset: 21 },
  { op: 'LRN', inputs: [image], attributes: { size: 3 } },
  { op: 'LpNormalization', inputs: [image] },
  { op: 'Gemm', inputs: [['float32', [2, 5]], w(7, 5), w(7)], attributes: { transB: 1 } },
  { op: 'Gemm', inputs: [['float32', [5, 2]], w(5, 7)], attributes: { transA: 1 } },
  { op: 'MatMul', inputs: [image, w(8, 5)] },
  { op: 'MatMul', inputs: [image, ['float32', [4, 8, 3]]] },
  { op: 'MatMul', inputs: [image, ['float32', [8]]] },
  { op: 'Einsum', inputs: [image, ['float32', [8, 5]]], attributes: { equation: 'nchw, wk -> nkhc' } },
  { op: 'Einsum', inputs: [['float32', [3, 4]], ['float32', [4, 5]]], attributes: { equation: 'ij,jk' } },
  { op: 'Flatten', inputs: [image] },
  { op: 'Flatten', inputs: [image], attributes: { axis: -1 } },
  { op: 'Reshape', inputs: [image, ints(0, -1, 2)] },
  { op: 'Reshape', inputs: [image, ints(-1, 0, 3)] },
  { op: 'Reshape', inputs: [['float32', [0, 3]], ints(3, 0)], attributes: { allowzero: 1 } },
  { op: 'Transpose', inputs: [image] },
  { op: 'Transpose', inputs: [image], attributes: { perm: [0, 2, 3, 1] } },
  { op: 'Squeeze', inputs: [['float32', [1, 3, 1, 2]]] },
  { op: 'Squeeze', inputs: [['float32', [1, 3, 1, 2]], ints(-2)] },
  { op: 'Squeeze', inputs: [['float32', [1, 3, 1, 2]]], attributes: { axes: [0] }, opset: 11 },
  { op: 'Unsqueeze', inputs: [image, ints(0, -1)] },
  { op: 'Unsqueeze', inputs: [image], attributes: { axes: [2, 1] }, opset: 11 },
  { op: 'Concat', inputs: [image, ['float32', [2, 3, 9, 8]]], attributes: { axis: -3 } },
  { op: 'Split', inputs: [image], attributes: { axis: 1 }, outputs: 2 },
  { op: 'Split', inputs: [image, ints(5, 3)], attributes: { axis: -1 }, outputs: 2 },
  { op: 'Split', inputs: [image], attributes: { axis: 2, num_outputs: 2 }, outputs: 2, opset: 18 },
  { op: 'Split', inputs: [image], attributes: { axis: 1, split: [1, 3] }, outputs: 2, opset: 11 },
  { op: 'Slice', inputs: [image, ints(1, 0), ints(100, -1), ints(2, 3), ints(3, 2)] },
  { op: 'Slice', inputs: [image, ints(-1), ints(-100), ints(2), ints(-2)] },
  { op: 'Slice', inputs: [image, ints(7), ints(2), ints(2)] },
  { op: 'Slice', inputs: [image], attributes: { starts: [1, 2], ends: [2, 4] }, opset: 9 },
  { op: 'Pad', inputs: [image, ints(0, 0, 1, 2, 0, 0, 3, -1)] },
  { op: 'Pad', inputs: [image, ints(1, 2, 3, 4), null, ints(2, -1)], opset: 18 },
  { op: 'Pad', inputs: [image], attributes: { pads: [0, 0, 1, 1, 0, 0, 1, 1], mode: 'reflect' }, opset: 9 },
  { op: 'Gather', inputs: [image, ints(0, 2, 1)], attributes: { axis: 1 } },
  { op: 'Gather', inputs: [image, ['int64', [], [0]]], attributes: { axis: -1 } },
  { op: 'GatherElements', inputs: [image, ['int64', [2, 4, 1, 8], new Array<number>(64).fill(0)]], attributes: { axis: 2 } },
  { op: 'GatherND', inputs: [image, ['int64', [3, 2], [0, 1, 1, 1, 0, 0]]] },
  { op: 'Expand', inputs: [['float32', [2, 1, 3]], ints(4, 2, 5, 1)] },
  { op: 'Tile', inputs: [image, ints(1, 2, 1, 3)] },
  { op: 'DepthToSpace', inputs: [image], attributes: { blocksize: 2 } },
  { op: 'SpaceToDepth', inputs: [even], attributes: { blocksize: 2 } },
  { op: 'ReduceMean', inputs: [image], attributes: { axes: [2, -1] } },
  { op: 'ReduceMean', inputs: [image], attributes: { keepdims: 0 } },
  { op: 'ReduceMean', inputs: [image, ints(1)], attributes: { keepdims: 0 }, opset: 18 },
  { op: 'ReduceSum', inputs: [image, ints(2, 3)] },
  { op: 'ReduceSum', inputs: [image], attributes: { noop_with_empty_axes: 1 } },
  { op: 'ReduceL2', inputs: [image], attributes: { axes: [1] } },
  { op: 'ArgMax', inputs: [image], attributes: { axis: 1, keepdims: 0 } },
  { op: 'TopK', inputs: [image, ints(3)], attributes: { axis: -1 }, outputs: 2 },
  { op: 'CumSum', inputs: [image, ['int64', [], [1]]] },
  { op: 'Resize', inputs: [image, null, reals(1, 1, 2.5, 1.3)] },
  { op: 'Resize', inputs: [image, null, null, ints(2, 4, 5, 17)], attributes: { mode: 'linear' } },
  { op: 'Resize', inputs: [image, null, null, ints(20, 20)], attributes: { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }, opset: 18 },
  { op: 'Resize', inputs: [image, reals(1, 1, 2, 0.5)], opset: 10 },
  { op: 'Upsample', inputs: [image, reals(1, 1, 2, 3)], opset: 9 },
  { op: 'Upsample', inputs: [image], attributes: { scales: floats([1, 1, 2, 3]) }, opset: 7 },
  { op: 'GridSample', inputs: [image, ['float32', [2, 5, 6, 2]]] },
  { op: 'RoiAlign', inputs: [image, ['float32', [3, 4]], ['int64', [3], [0, 0, 1]]], attributes: { output_height: 5, output_width: 6 } },
  { op: 'Shape', inputs: [image] },
  { op: 'Shape', inputs: [image], attributes: { start: 1, end: -1 } },
  { op: 'Size', inputs: [image] },
  { op: 'ConstantOfShape', inputs: [ints(2, 3)], attributes: { value: tensor('int32', [1], [7]) } },
  { op: 'Constant', inputs: [], attributes: { value: tensor('float32', [2, 2], [1, 2, 3, 4]) } },
  { op: 'Constant', inputs: [], attributes: { value_ints: [1, 2] } },
  { op: 'Range', inputs: [['int64', [], [2]], ['int64', [], [11]], ['int64', [], [3]]] },
  { op: 'OneHot', inputs: [['int64', [3], [0, 1, 2]], ['int64', [], [5]], reals(0, 1)], attributes: { axis: 0 } },
  { op: 'NonMaxSuppression', inputs: [['float32', [1, 6, 4]], ['float32', [1, 1, 6]]] },
  { op: 'LSTM', inputs: [['float32', [5, 2, 3]], w(2, 16, 3), w(2, 16, 4)], attributes: { hidden_size: 4, direction: 'bidirectional' }, outputs: 3 },
  { op: 'QuantizeLinear', inputs: [image, ['float32', [], [0.1]], ['int8', [], [0]]] },
  { op: 'DequantizeLinear', inputs: [['uint8', [2, 3]], ['float32', [], [0.1]]] },
  {
    op: 'QLinearConv',
    inputs: [['uint8', [1, 1, 5, 5]], ['float32', [], [0.1]], ['uint8', [], [0]], ['uint8', [2, 1, 3, 3], new Array<number>(18).fill(1)], ['float32', [], [0.1]], ['uint8', [], [0]], ['float32', [], [0.1]], ['uint8', [], [0]]],
  },
  { op: 'FusedConv', domain: 'com.microsoft', inputs: [image, w(6, 4, 3, 3)], attributes: { activation: 'Relu' } },
  { op: 'Gelu', domain: 'com.microsoft', inputs: [image] },
  { op: 'BiasGelu', domain: 'com.microsoft', inputs: [image, w(8)] },
  { op: 'FusedMatMul', domain: 'com.microsoft', inputs: [image, w(5, 8)], attributes: { transB: 1 } },
  { op: 'SkipLayerNormalization', domain: 'com.microsoft', inputs: [['float32', [2, 3, 8]], ['float32', [2, 3, 8]], w(8), w(8)] },
  { op: 'Attention', domain: 'com.microsoft', inputs: [['float32', [2, 3, 8]], w(8, 24), w(24)], attributes: { num_heads: 2 } },
];

describe('shape rules agree with ONNX Runtime', function () {
  this.timeout(30_000);
  const file = temporaryFolder();

  for (const [number, one] of cases.entries()) {
    it(`${number}: ${one.op}${one.opset ? ` (opset ${one.opset})` : ''} ${JSON.stringify(one.attributes ?? {}).slice(0, 80)}`, async () => {
      const { path, names, feeds } = build(one, file('case.onnx'));
      const session = await InferenceSession.create(path, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3, intraOpNumThreads: 1 });
      const results = await session.run(feeds);
      await session.release();
      const shapes = inferShapes(readModel(path));
      for (const name of names) {
        const { dims, dtype, elements } = shapes.get(name)!;
        const actual = results[name]!;
        // How many boxes are kept depends on their values.
        const expected = one.op === 'NonMaxSuppression' ? [null, 3] : [...actual.dims];
        assert.deepEqual([dims, dtype], [expected, actual.type]);
        if (elements) assert.deepEqual(elements.map((element) => Number(element)), Array.from(actual.data as ArrayLike<number | bigint>, Number));
      }
    });
  }
});

function build({ op, inputs, attributes, outputs = 1, opset = 17, domain }: Case, path: string) {
  const model = new OnnxBuilder({ opset, irVersion: opset < 9 ? 3 : 8, opsets: { 'com.microsoft': 1 } });
  const feeds: Record<string, Tensor> = {};
  const inputNames = inputs.map((input, i) => {
    if (input === null) return '';
    const [dtype, dims, values] = input;
    if (values) model.initializer(`c${i}`, dtype, dims, values);
    if (!values || opset < 9) model.input(`${values ? 'c' : 'x'}${i}`, dtype, dims);
    if (values) return `c${i}`;
    const count = dims.reduce((product, dim) => product * dim, 1);
    feeds[`x${i}`] = dtype === 'uint8' ? new Tensor(new Uint8Array(count), dims) : new Tensor(new Float32Array(count).fill(0.5), dims);
    return `x${i}`;
  });
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  model.node(op, inputNames, names, attributes, domain === undefined ? {} : { domain });
  for (const name of names) model.output(name);
  return { path: model.write(path), names, feeds };
}
