import * as assert from 'node:assert/strict';
import type { NodeDetail } from '../../../src/protocol/graph';
import { UnitscopeError } from '../../../src/protocol/errors';
import { describeGraph } from '../../../src/engine/model/modelGraph';
import { describeNode } from '../../../src/engine/model/nodeDetail';
import { floatText } from '../../../src/engine/model/nodeDetail/attributeText';
import { sourceLines } from '../../../src/engine/model/nodeDetail/source';
import { openModel } from '../../../src/engine/model/summary';
import { float, floats, OnnxBuilder, tensor, type ModelOptions } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from './temporary';

describe('a node in detail', function () {
  this.timeout(30_000);
  const file = temporaryFolder();

  async function detail(model: OnnxBuilder, node = 0): Promise<NodeDetail> {
    const opened = openModel(model.write(file('model.onnx')));
    return await describeNode(opened.model, describeGraph(opened.model, opened.summary), node);
  }
  const image = (options?: ModelOptions) => new OnnxBuilder(options).input('x', 'float32', [1, 3, 8, 8]).initializer('w', 'float32', [4, 3, 3, 3]);
  const rows = ({ attributes }: NodeDetail) => Object.fromEntries(attributes.map(({ name, type, text, isDefault }) => [name, [type, text, isDefault]]));

  it('has attributes as given and by default, and the names of ports, by the standard', async () => {
    const conv = await detail(image().node('Conv', ['x', 'w'], ['y'], { strides: [2, 1], kernel_shape: [3, 3] }).output('y'));
    assert.deepEqual(rows(conv), {
      strides: ['ints', '[2, 1]', false],
      kernel_shape: ['ints', '[3, 3]', false],
      auto_pad: ['string', 'NOTSET', true],
      group: ['int', '1', true],
    });
    assert.match(conv.attributes[0]!.description, /Stride along each spatial axis/);
    assert.deepEqual(conv.inputs.map(({ role, value }) => [role, value]), [['X', 0], ['W', 1]]);
    assert.deepEqual(conv.outputs.map(({ role }) => role), ['Y']);
    assert.match(conv.inputs[1]!.description, /weight tensor/);
    const { text, ...documentation } = conv.documentation!;
    assert.deepEqual(documentation, { op: 'Conv', domain: '', since: 11, versions: [1, 11, 22], deprecated: false });
    assert.match(text, /convolution operator consumes an input tensor and a filter/);
  });

  it('is documented as of the version that the model uses', async () => {
    const clip = async (opset: number): Promise<[number | undefined, string[]]> => {
      const found = await detail(image({ opset }).node('Clip', ['x', '', 'w'], ['y']).output('y'));
      return [found.documentation?.since, found.inputs.map(({ role, value }) => `${role} ${value}`)];
    };
    assert.deepEqual(await clip(6), [6, ['input 0', 'input 1 -1', 'input 2 1']]);
    assert.deepEqual(await clip(12), [12, ['input 0', 'min -1', 'max 1']]);
    assert.equal((await detail(image({ opset: 9 }).node('Upsample', ['x', 'w'], ['y']).output('y'))).documentation?.deprecated, false);
    assert.equal((await detail(image({ opset: 10 }).node('Upsample', ['x', 'w'], ['y']).output('y'))).documentation?.deprecated, true);
  });

  it('numbers variadic ports', async () => {
    const { inputs, outputs } = await detail(image().node('Concat', ['x', 'x', 'x'], ['y'], { axis: 1 }).output('y'));
    assert.deepEqual([...inputs, ...outputs].map(({ role }) => role), ['inputs[0]', 'inputs[1]', 'inputs[2]', 'concat_result']);
    const body = new OnnxBuilder().input('i', 'int64', []).input('c', 'bool', []).node('Identity', ['c'], ['d']).output('d');
    const loop = await detail(image().node('Loop', ['', '', 'x'], ['y'], { body: body.asAttribute() }).output('y'));
    assert.deepEqual(loop.inputs.map(({ role, value }) => [role, value >= 0]), [['M', false], ['cond', false], ['v_initial[0]', true]]);
    assert.deepEqual(rows(loop), { body: ['graph', '"graph" of 1 node', false] });
  });

  it("knows ONNX Runtime's and machine learning's operators, and says of others that it does not", async () => {
    const of = (domain: string, op: string) => detail(image({ opsets: { [domain]: 1 } }).node(op, ['x', 'w'], ['y'], {}, { domain }).output('y'));
    const attention = await of('com.microsoft', 'Attention');
    assert.deepEqual([attention.documentation?.since, attention.inputs.map(({ role }) => role)], [1, ['input', 'weights']]);
    assert.equal((await of('ai.onnx.ml', 'Scaler')).documentation?.domain, 'ai.onnx.ml');
    const mystery = await of('somewhere', 'constructor');
    assert.equal(mystery.documentation, null);
    assert.deepEqual([...mystery.inputs, ...mystery.outputs].map(({ role }) => role), ['input 0', 'input 1', 'output 0']);
  });

  it('has values written out as far as they are short', async () => {
    const node = await detail(
      image()
        .node('Mystery', ['x'], ['y'], {
          small: float(0.1),
          tiny: float(1e-5),
          whole: float(3),
          many: Array.from({ length: 1000 }, (_, i) => i),
          some: floats([0.5, 0.2]),
          words: ['a', 'b"c'],
          end: -1,
          tensor: tensor('float16', [2], [0.5, 3]),
          scalar: tensor('int64', [], [7n]),
          large: tensor('float32', [1000]),
          absent: tensor('float32', [3], undefined, { location: 'absent.bin' }),
        })
        .output('y'),
    );
    const text = Object.fromEntries(Object.entries(rows(node)).map(([name, row]) => [name, row[1] as string]));
    assert.match(text.many!, /^\[0, 1, 2, .*, … 1000 in all\]$/);
    assert.ok(text.many!.length < 350);
    delete text.many;
    assert.deepEqual(text, {
      small: '0.1', tiny: '0.00001', whole: '3', some: '[0.5, 0.2]', words: '["a", "b\\"c"]', end: '-1',
      tensor: 'float16[2] [0.5, 3]', scalar: 'int64[] 7', large: 'float32[1000]', absent: 'float32[3]',
    });
    assert.equal(node.attributes.find(({ name }) => name === 'large')?.tensor, 'y.large');
  });

  it('names the element type that a number stands for, and 64-bit limits', async () => {
    assert.deepEqual(rows(await detail(image().node('Cast', ['x'], ['y'], { to: 7 }).output('y'))), { to: ['int', '7 (int64)', false] });
    const slice = image({ opset: 9 }).node('Slice', ['x'], ['y'], { starts: [0], ends: [2 ** 63] });
    assert.equal(rows(await detail(slice.output('y'))).ends![1], '[9223372036854775807]');
  });

  it('of a function tells its own ports and documentation, and what references in its body stand for', async () => {
    const model = image({ opsets: { local: 3 } })
      .function('local', 'Halve', ['a'], ['b'], new OnnxBuilder({ opset: 8 }).node('Upsample', ['a', 'a'], ['b']))
      .node('Halve', ['x'], ['y'], {}, { domain: 'local' })
      .output('y');
    const call = await detail(model);
    assert.deepEqual([call.documentation, call.inputs[0]?.role, call.outputs[0]?.role], [null, 'a', 'b']);
    assert.equal((await detail(model, 1)).documentation?.since, 7, "the function's own opset holds inside it");
  });

  it('keeps metadata', async () => {
    const node = await detail(image().node('Relu', ['x'], ['y'], {}, { metadata: { key: 'value' } }).output('y'));
    assert.deepEqual([node.metadata, node.docString, node.source], [{ key: 'value' }, '', []]);
  });

  it('is refused where the graph has none', async () => {
    await assert.rejects(detail(image().node('Relu', ['x'], ['y']).output('y'), 1), (error) => error instanceof UnitscopeError && error.code === 'usage');
  });
});

describe('the shortest decimal of a float32', () => {
  it('reads back as the same number', () => {
    for (const value of [0, 0.1, 1 / 3, 1e-38, 3.4028234663852886e38, 16777216, -2.5]) {
      const exact = Math.fround(value);
      assert.equal(Math.fround(Number(floatText(exact))), exact);
    }
    assert.deepEqual([Math.fround(0.1), 5, NaN, -Infinity].map(floatText), ['0.1', '5', 'NaN', '-Infinity']);
  });
});

describe('source lines', () => {
  it("of PyTorch's dynamo exporter", () => {
    const trace = 'File "/net s/net.py", line 11, in forward\n    return s.b(x).mean((2,3))\n  File "C:\\net\\b.py", line 6, in forward\n    return torch.relu(s.c(x))\n  File "/last.py", line 565, in forward';
    assert.deepEqual(sourceLines(new Map([['pkg.torch.onnx.stack_trace', trace]]), ''), [
      { file: '/net s/net.py', line: 11, text: 'return s.b(x).mean((2,3))' },
      { file: 'C:\\net\\b.py', line: 6, text: 'return torch.relu(s.c(x))' },
      { file: '/last.py', line: 565, text: '' },
    ]);
  });

  it('of its older exporter, which keeps them in the documentation, innermost first', () => {
    assert.deepEqual(sourceLines(new Map(), '/net/inner.py(12): forward\n/net/outer.py(7): <module>\n'), [
      { file: '/net/outer.py', line: 7, text: 'in <module>' },
      { file: '/net/inner.py', line: 12, text: 'in forward' },
    ]);
  });

  it('none where there is no trace', () => {
    assert.deepEqual(sourceLines(new Map([['other', 'File "x", line 1']]), 'Some words (12).'), []);
  });
});
