import * as assert from 'node:assert/strict';
import { nameLayers, type LayerName } from '../../../src/engine/model/layers/names';

interface Spec {
  op: string;
  node?: string;
  value?: string;
  scopes?: string;
  inputs?: string[];
  primary?: boolean;
}

function namesOf(specs: Spec[], producer = 'pytorch'): string[] {
  const layers = specs.map(({ op, node = '', value = 'v', scopes, inputs = [], primary = true }, index) => ({
    value,
    primary,
    node: {
      index,
      name: node,
      op,
      domain: '',
      overload: '',
      inputs,
      outputs: [value],
      attributes: new Map<string, never>(),
      metadata: new Map(scopes === undefined ? [] : [['pkg.torch.onnx.name_scopes', scopes]]),
      range: { start: 0, end: 0 },
    },
  }));
  return nameLayers(layers, producer).map(({ group, label }: LayerName) => [...group, label].join(' / '));
}

describe('names of layers', () => {
  it("come from TorchScript's node names", () => {
    const names = namesOf([
      { op: 'Conv', node: '/conv1/Conv', primary: false },
      { op: 'Relu', node: '/relu/Relu' },
      { op: 'Conv', node: '/layer1/layer1.0/conv1/Conv', primary: false },
      { op: 'Relu', node: '/layer1/layer1.0/relu/Relu' },
      { op: 'Conv', node: '/layer1/layer1.0/downsample/downsample.0/Conv' },
      { op: 'Add', node: '/layer1/layer1.0/Add', primary: false },
      { op: 'Relu', node: '/layer1/layer1.0/relu/Relu_1' },
      { op: 'Gemm', node: '/classifier/classifier.1/Gemm' },
    ]);
    assert.deepEqual(names, [
      'conv1 · Conv',
      'relu',
      'layer1 / 0 / conv1 · Conv',
      'layer1 / 0 / relu',
      'layer1 / 0 / downsample.0 · Conv',
      'layer1 / 0 / Add',
      'layer1 / 0 / relu · Relu_1',
      'classifier.1 · Gemm',
    ]);
  });

  it('give modules with several layers a group, and others none', () => {
    const names = namesOf([
      { op: 'Add', node: '/blocks/blocks.0/attn/qkv/Add' },
      { op: 'Softmax', node: '/blocks/blocks.0/attn/Softmax' },
      { op: 'MatMul', node: '/blocks/blocks.0/attn/MatMul_1' },
      { op: 'Erf', node: '/blocks/blocks.0/act/Erf', primary: false },
      { op: 'Mul', node: '/blocks/blocks.0/act/Mul_1' },
      { op: 'Gemm', node: '/head/Gemm' },
    ]);
    assert.deepEqual(names, [
      'blocks / 0 / attn / qkv · Add',
      'blocks / 0 / attn / Softmax',
      'blocks / 0 / attn / MatMul_1',
      'blocks / 0 / act · Erf',
      'blocks / 0 / act · Mul_1',
      'head · Gemm',
    ]);
  });

  it("come from the dynamo exporter's metadata, before all else", () => {
    const names = namesOf([
      { op: 'Conv', node: 'node_Conv_7', value: 'getitem', scopes: "['', 'layer1', 'layer1.0', 'layer1.0.bn1', 'batch_norm']", inputs: ['x', 'layer1.0.conv1.weight'] },
      { op: 'Relu', node: 'node_relu', value: 'relu', scopes: "['', 'layer1', 'layer1.0', 'layer1.0.relu', 'relu']" },
      { op: 'Conv', node: 'node_Conv_8', value: 'getitem_3', scopes: "['', 'layer1', 'layer1.0', 'layer1.0.conv2', 'conv2d_1']" },
      { op: 'Relu', node: 'node_relu_1', value: 'relu_1', scopes: "['', 'layer1', 'layer1.0', 'layer1.0.relu', 'relu_1']" },
      { op: 'Gemm', node: 'node_linear', value: 'linear', scopes: "['', 'fc', 'linear']" },
      { op: 'Add', node: 'node_add', value: 'add', scopes: "['', 'add']" },
    ]);
    assert.deepEqual(names, ['layer1 / 0 / conv1 · Conv', 'layer1 / 0 / relu · relu', 'layer1 / 0 / conv2 · Conv', 'layer1 / 0 / relu · relu_1', 'fc · Gemm', 'Add']);
  });

  it("come from TensorFlow's operation names, without the root that all share", () => {
    const root = 'StatefulPartitionedCall/model';
    const names = namesOf(
      [
        { op: 'Transpose', node: `${root}/stem/conv/Conv2D__6` },
        { op: 'Conv', node: `${root}/stem/conv/BiasAdd` },
        { op: 'Clip', node: `${root}/stem/relu/Relu6` },
        { op: 'Conv', node: `${root}/block/depthwise/depthwise` },
        { op: 'Add', node: `${root}/block/add/add` },
      ],
      'tf2onnx',
    );
    assert.deepEqual(names, ['stem / conv / Transpose', 'stem / conv / BiasAdd', 'stem / relu · Relu6', 'block / depthwise · Conv', 'block / add']);
  });

  it('come from the names of values when nodes have none', () => {
    const names = namesOf([
      { op: 'Conv', value: 'fire2/squeeze1x1_1' },
      { op: 'Relu', value: 'fire2/squeeze1x1_2' },
      { op: 'Concat', value: 'fire2/concat_1' },
      { op: 'MaxPool', value: 'pool3_1' },
      { op: 'Softmax', value: '42' },
    ]);
    assert.deepEqual(names, ['fire2 / squeeze1x1_1 · Conv', 'fire2 / squeeze1x1_2 · Relu', 'fire2 / concat_1', 'pool3_1 · MaxPool', 'Softmax 42']);
  });

  it('come from the names of weights when all else is numbers, as in old exports', () => {
    const names = namesOf([
      { op: 'Conv', node: 'Conv_0', value: '10', inputs: ['x', 'layer1.0.conv1.weight'] },
      { op: 'Relu', node: 'Relu_1', value: '11', inputs: ['10'] },
      { op: 'Conv', node: 'Conv_2', value: '12', inputs: ['11', 'layer1.0.conv2.weight'] },
      { op: 'Add', node: 'Add_3', value: '13', inputs: ['12', 'x'] },
      { op: 'GlobalAveragePool', node: 'GlobalAveragePool_4', value: '14', inputs: ['13'] },
      { op: 'Gemm', node: 'Gemm_5', value: '15', inputs: ['14', 'fc.weight'] },
    ]);
    assert.deepEqual(names, [
      'layer1 / 0 / conv1 · Conv',
      'layer1 / 0 / Relu_1',
      'layer1 / 0 / conv2 · Conv',
      'layer1 / 0 / Add_3',
      'GlobalAveragePool_4',
      'fc · Gemm',
    ]);
  });

  it('are unique in their group', () => {
    const names = namesOf([
      { op: 'Relu', node: 'relu', value: 'a' },
      { op: 'Relu', node: 'relu', value: 'b' },
      { op: 'Add', node: '', value: '7' },
      { op: 'Add', node: '', value: '8' },
    ]);
    assert.deepEqual(names, ['relu · a', 'relu · b', 'Add 7', 'Add 8']);
  });
});
