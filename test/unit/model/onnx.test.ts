import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { RangedFile } from '../../../src/engine/io/rangedFile';
import { functionKey, intAttribute, requiredInputs, subgraphs } from '../../../src/engine/model/graph';
import { readFrom, readModel } from '../../../src/engine/model/onnx';
import type { ByteRange } from '../../../src/engine/model/protobuf';
import { UnitscopeError } from '../../../src/protocol/errors';
import { float, floats, OnnxBuilder, tensor } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

describe('readModel', () => {
  const file = temporaryFolder();

  it('reads everything but the weights', () => {
    const branch = new OnnxBuilder({ graphName: 'then' }).node('Relu', ['outer'], ['inner']).output('inner');
    const path = new OnnxBuilder({ irVersion: 9, opset: 18, opsets: { 'com.microsoft': 1 }, producer: 'me', producerVersion: '2.0', graphName: 'g', docString: 'about' })
      .metadata('key', 'välue')
      .input('x', 'float32', ['batch', 3, null, 8])
      .output('y', 'float16', null)
      .valueInfo('v', 'int64', [2])
      .initializer('w', 'float32', [2, 3], [1, 2, 3, 4, 5, 6])
      .node(
        'Op',
        ['x', '', 'w'],
        ['v', 'y'],
        {
          int: -3,
          float: float(2),
          half: 0.5,
          string: 'text',
          ints: [1, -2, 2 ** 40],
          floats: floats([1.5, -2]),
          strings: ['a', 'b'],
          tensor: tensor('int64', [2], [7, 8]),
          then_branch: branch.asAttribute(),
        },
        { name: 'n', domain: 'com.microsoft', metadata: { scope: 'layer1' } },
      )
      .write(file('all.onnx'));
    const model = readModel(path);
    assert.deepEqual(
      { ...model, graph: undefined, functions: model.functions.size },
      {
        path,
        size: fs.statSync(path).size,
        irVersion: 9,
        producerName: 'me',
        producerVersion: '2.0',
        domain: '',
        docString: 'about',
        opsets: new Map([['', 18], ['com.microsoft', 1]]),
        metadata: new Map([['key', 'välue']]),
        graph: undefined,
        functions: 0,
      },
    );
    const { graph } = model;
    assert.equal(graph.name, 'g');
    assert.deepEqual(graph.inputs.map(({ name, dtype, dims }) => [name, dtype, dims]), [['x', 'float32', ['batch', 3, null, 8]]]);
    assert.deepEqual(graph.outputs.map(({ name, dtype, dims }) => [name, dtype, dims]), [['y', 'float16', null]]);
    assert.deepEqual(graph.valueInfos.get('v')?.dims, [2]);
    const [node] = graph.nodes;
    assert.ok(node);
    assert.deepEqual([node.index, node.name, node.op, node.domain, node.inputs, node.outputs], [0, 'n', 'Op', 'com.microsoft', ['x', '', 'w'], ['v', 'y']]);
    assert.deepEqual(node.metadata, new Map([['scope', 'layer1']]));
    const simple = [...node.attributes].filter(([name]) => name !== 'tensor' && name !== 'then_branch');
    assert.deepEqual(simple, [
      ['int', { type: 'int', value: -3 }],
      ['float', { type: 'float', value: 2 }],
      ['half', { type: 'float', value: 0.5 }],
      ['string', { type: 'string', value: 'text' }],
      ['ints', { type: 'ints', value: [1, -2, 2 ** 40] }],
      ['floats', { type: 'floats', value: [1.5, -2] }],
      ['strings', { type: 'strings', value: ['a', 'b'] }],
    ]);
    assert.equal(intAttribute(node, 'int'), -3);
    assert.equal(subgraphs(node)[0]?.nodes[0]?.op, 'Relu');
    const weight = graph.initializers.get('w');
    assert.deepEqual([weight?.dims, weight?.dtype, weight?.elementCount, weight?.data.kind], [[2, 3], 'float32', 6, 'raw']);
  });

  it('gives byte ranges of whole fields, to be copied as they are', () => {
    const path = new OnnxBuilder()
      .input('x', 'float32', [1, 3])
      .output('z', 'float32', [1, 3])
      .valueInfo('y', 'float32', [1, 3])
      .initializer('w', 'float32', [1000])
      .node('Relu', ['x'], ['y'])
      .node('Add', ['y', 'w'], ['z'])
      .write(file('ranges.onnx'));
    const bytes = fs.readFileSync(path);
    const { graph } = readModel(path);
    const fieldNumber = ({ start }: ByteRange) => new BinaryReader(bytes.subarray(start)).tag()[0];
    assert.equal(fieldNumber(graph.range), 7);
    assert.deepEqual(graph.nodes.map(({ range }) => fieldNumber(range)), [1, 1]);
    assert.equal(fieldNumber(graph.initializers.get('w')!.range), 5);
    assert.equal(fieldNumber(graph.inputs[0]!.range), 11);
    assert.equal(fieldNumber(graph.outputs[0]!.range), 12);
    assert.equal(fieldNumber(graph.valueInfos.get('y')!.range), 13);

    // A model spliced from ranges, without its first node, is the model without its first node.
    const parts = [graph.nodes[1]!, graph.initializers.get('w')!, graph.inputs[0]!, graph.outputs[0]!];
    const body = Buffer.concat(parts.map(({ range }) => bytes.subarray(range.start, range.end)));
    const field = new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(body).finish();
    const spliced = file('spliced.onnx');
    fs.writeFileSync(spliced, Buffer.concat([bytes.subarray(0, graph.range.start), field, bytes.subarray(graph.range.end)]));
    const again = readModel(spliced).graph;
    assert.deepEqual(again.nodes.map(({ op, inputs }) => [op, inputs]), [['Add', ['y', 'w']]]);
    assert.equal(again.initializers.get('w')?.elementCount, 1000);
    assert.equal(graph.payload.end, graph.range.end);
  });

  it('merges a graph that comes in two parts, as an appended delta does', () => {
    const first = new OnnxBuilder().input('x', 'float32', [1]).node('Relu', ['x'], ['y']).output('y').bytes();
    const second = new OnnxBuilder().node('Relu', ['y'], ['z']).output('z').bytes();
    const path = file('merged.onnx');
    fs.writeFileSync(path, Buffer.concat([first, second]));
    const { graph } = readModel(path);
    assert.deepEqual(graph.nodes.map(({ index, outputs }) => [index, outputs[0]]), [[0, 'y'], [1, 'z']]);
    assert.equal(graph.outputs.length, 2);
  });

  it('does not count initializers as inputs to be fed', () => {
    const path = new OnnxBuilder({ irVersion: 3 })
      .input('x', 'float32', [1])
      .input('w', 'float32', [1])
      .initializer('w', 'float32', [1])
      .node('Add', ['x', 'w'], ['y'])
      .output('y')
      .write(file('ir3.onnx'));
    assert.deepEqual(requiredInputs(readModel(path).graph).map(({ name }) => name), ['x']);
  });

  it('lists model-local functions', () => {
    const body = new OnnxBuilder().node('Relu', ['a'], ['b']);
    const path = new OnnxBuilder({ opsets: { local: 1 } })
      .function('local', 'Act', ['a'], ['b'], body)
      .input('x', 'float32', [1])
      .node('Act', ['x'], ['y'], {}, { domain: 'local' })
      .output('y')
      .write(file('function.onnx'));
    const found = readModel(path).functions.get(functionKey('local', 'Act'));
    assert.deepEqual([found?.inputs, found?.outputs, found?.nodes[0]?.op, found?.opsets.get('')], [['a'], ['b'], 'Relu', 17]);
  });

  it('reads a few kB of a file full of weights', () => {
    const path = file('heavy.onnx');
    const builder = new OnnxBuilder().input('x', 'float32', ['batch', 64, 8, 8]);
    for (let i = 0; i < 40; i++) {
      builder.initializer(`w${i}`, 'float32', [64, 64, 3, 3]);
      builder.node('Conv', [i === 0 ? 'x' : `y${i - 1}`, `w${i}`], [`y${i}`], { pads: [1, 1, 1, 1] });
    }
    builder.output('y39').write(path);
    const source = RangedFile.open(path);
    const model = readFrom(source, path);
    source.close();
    assert.equal(model.graph.initializers.size, 40);
    assert.ok(source.size > 5_000_000);
    assert.ok(source.bytesRead < 100_000, `${source.bytesRead} bytes read`);
  });

  describe('refuses, in a sentence that says what to do,', () => {
    const model = new OnnxBuilder().input('x', 'float32', [1]).initializer('w', 'float32', [5000]).node('Add', ['x', 'w'], ['y']).output('y');
    const text = (content: string) => Buffer.from(content);
    const external = (location: string) => new OnnxBuilder().initializer('w', 'float32', [5], undefined, { location }).bytes();
    const cases: [name: string, bytes: Uint8Array, message: RegExp][] = [
      ['an empty file', new Uint8Array(0), /^bad\.onnx is empty/],
      ['a text file', text('import torch\nprint("hello")\n'), /^bad\.onnx is a text file/],
      ['JSON', text('{"a": [1, 2]}'), /is a text file/],
      ['a web page', text('\n<!DOCTYPE html><html><body>Not found</body></html>'), /is a web page/],
      ['a Git LFS pointer', text('version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'), /is a Git LFS pointer.*git lfs pull/],
      ['a zip archive', text('PK\x03\x04and so on'), /is a zip archive/],
      ['an HDF5 file', Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), /is an HDF5 file/],
      ['an ORT file', Buffer.from('\x08\0\0\0ORTM\0\0', 'latin1'), /ORT format/],
      ['a truncated file', model.bytes().slice(0, 10_000), /^bad\.onnx is truncated: .* only 10000 bytes; copy or download it again\.$/],
      ['noise', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919 + 13) % 256), /^bad\.onnx is (damaged or no ONNX model|truncated)/],
      ['a protobuf message of another kind', Uint8Array.of(0x08, 1, 0x10, 5), /damaged or no ONNX model/],
      ['a file without a graph', Uint8Array.of(0x08, 8, 0x12, 2, 0x61, 0x62), /it ends without a graph/],
      ['a value made twice', new OnnxBuilder().node('Relu', ['x'], ['y']).node('Relu', ['x'], ['y']).bytes(), /two nodes make the value "y"/],
      ['external data by an absolute path', external('/etc/passwd'), /"w" in "\/etc\/passwd", which is outside the model's folder/],
      ['external data by a Windows path', external('C:\\secret'), /outside the model's folder/],
      ['external data in a parent folder', external('a/../../b'), /outside the model's folder/],
      ['external data without a place', external(''), /in another file that it does not name/],
    ];
    for (const [name, bytes, message] of cases) {
      it(name, () => {
        const path = file('bad.onnx');
        fs.writeFileSync(path, bytes);
        assert.throws(() => readModel(path), (error) => {
          assert.ok(error instanceof UnitscopeError);
          assert.equal(error.code, 'model.unreadable');
          assert.match(error.message, message);
          assert.match(error.message, /^\S.*\.$/);
          assert.ok(!error.message.includes('\n'));
          return true;
        });
      });
    }

    it('a missing file and a folder', () => {
      assert.throws(() => readModel(file('missing.onnx')), /^UnitscopeError: missing\.onnx does not exist/);
      assert.throws(() => readModel(file('')), /is a folder/);
    });
  });
});
