import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { align, rising } from '../../../src/engine/analyses/modelCompare/align';
import { modelCompareHandlers } from '../../../src/engine/analyses/modelCompare/handlers';
import { withCheckpoint } from '../../../src/engine/checkpoint/open';
import { checkpointTasks } from '../../../src/engine/checkpoint/tasks';
import { readFloat32 } from '../../../src/engine/checkpoint/tensor';
import { Studies } from '../../../src/engine/study/studies';
import type { ModelComparison, NodeDifference } from '../../../src/protocol/graph';
import { OnnxBuilder, tensor, type Attributes } from '../../fixtures/onnxBuilder';
import { seeded } from '../../fixtures/random';
import { refuses, temporaryFolder } from '../dataset/fixtures';

interface Block {
  /** What it is, whatever the file calls it. */
  id: string;
  op?: string;
  attributes?: Attributes;
  weight?: number[];
}

/** A chain of residual blocks: Conv with a weight, Relu, Add with what came before. Named as told. */
function chain(blocks: readonly Block[], nameOf: (id: string) => string, file: string, options: ConstructorParameters<typeof OnnxBuilder>[0] = {}): string {
  const builder = new OnnxBuilder(options).input('x', 'float32', [1, 4, 8, 8]);
  let last = 'x';
  for (const { id, op = 'Relu', attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, weight = weights(id, 144) } of blocks) {
    const [conv, relu, add] = ['conv', 'relu', 'add'].map((part) => nameOf(`${id}.${part}`)) as [string, string, string];
    builder.initializer(nameOf(`${id}.weight`), 'float32', [4, weight.length / 36, 3, 3], weight);
    builder.node('Conv', [last, nameOf(`${id}.weight`)], [`${conv}:0`], attributes, { name: conv });
    builder.node(op, [`${conv}:0`], [`${relu}:0`], {}, { name: relu });
    builder.node('Add', [`${relu}:0`, last], [`${add}:0`], {}, { name: add });
    last = `${add}:0`;
  }
  return builder.node('GlobalAveragePool', [last], ['y']).output('y', 'float32', [1, 4, 1, 1]).write(file);
}

function weights(id: string, count: number): number[] {
  let seed = 7;
  for (const letter of id) seed = (seed * 31 + letter.charCodeAt(0)) % 1e6;
  const random = seeded(seed);
  return Array.from({ length: count }, () => random() - 0.5);
}

const plain = (id: string): string => id;
/** As an exporter that counts: no name says what it is. */
function counted(start: number): (id: string) => string {
  const known = new Map<string, string>();
  return (id) => {
    if (!known.has(id)) known.set(id, `n${start + known.size}`);
    return known.get(id)!;
  };
}

describe('Two models compared', () => {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder(), `${name}.onnx`);
  const context = (signal = new AbortController().signal) => ({ signal, report: () => undefined });
  const studies = (): Studies => new Studies({ cache: folder(), maxWorkers: undefined, spawn: () => assert.fail('no worker'), log: () => undefined });
  const run = { call: (method: keyof typeof checkpointTasks, params: never, { signal }: { signal: AbortSignal }) => checkpointTasks[method](params, { signal, report: () => undefined }) };
  const compare = (a: string, b: string, signal?: AbortSignal): Promise<ModelComparison> =>
    Promise.resolve(modelCompareHandlers(() => ({ compute: run as never, studies: studies() }))['model.compare']({ paths: [a, b] }, context(signal)));
  const labels = ({ models, pairs }: ModelComparison): string[] =>
    pairs.filter(({ change }) => change !== 'equal').map(({ nodes: [a, b], change }) => `${change} ${a === null ? '' : models[0].nodes[a]!.name}${a !== null && b !== null ? ' = ' : ''}${b === null ? '' : models[1].nodes[b]!.name}`);
  const differencesOf = ({ models, pairs }: ModelComparison, name: string): NodeDifference[] => pairs.find(({ nodes: [a] }) => a !== null && models[0].nodes[a]!.name === name)!.differences;
  const blocks = (count: number): Block[] => Array.from({ length: count }, (_, i) => ({ id: `block_${String.fromCharCode(97 + i)}` }));

  it('a model and itself are equal, whatever its nodes are called', async () => {
    const a = chain(blocks(6), plain, file('a'));
    for (const b of [a, chain(blocks(6), (id) => `other/${id.toUpperCase()}`, file('renamed')), chain(blocks(6), counted(40), file('counted'))]) {
      const comparison = await compare(a, b);
      assert.deepEqual(labels(comparison), []);
      assert.equal(comparison.pairs.length, 19);
      // Partners are the same nodes: the chain has one order.
      assert.ok(comparison.pairs.every(({ nodes: [one, other] }) => one === other));
      assert.deepEqual(comparison.model, []);
    }
  });

  it('a block that was put in, one that was taken out: nothing else is said to differ but the wiring behind them', async () => {
    for (const nameOf of [plain, counted(100)]) {
      const a = chain(blocks(6), plain, file('a'));
      const b = chain([...blocks(3), { id: 'fresh' }, ...blocks(6).slice(3)], nameOf, file('b'));
      const comparison = await compare(a, b);
      const added = comparison.pairs.filter(({ change }) => change === 'added').map(({ nodes: [, node] }) => comparison.models[1].nodes[node!]!.op);
      assert.deepEqual(added, ['Conv', 'Relu', 'Add']);
      assert.equal(comparison.pairs.filter(({ change }) => change === 'removed').length, 0);
      const wired = comparison.pairs.filter(({ change }) => change === 'changed');
      assert.ok(wired.length <= 2 && wired.every(({ differences }) => differences.every(({ what }) => what === 'inputs')), JSON.stringify(wired));
      // The rows run in the order of both models.
      const places = comparison.pairs.flatMap(({ nodes: [, node] }) => (node === null ? [] : [node]));
      assert.deepEqual(places, places.toSorted((x, y) => x - y));
      const back = await compare(b, a);
      assert.equal(back.pairs.filter(({ change }) => change === 'removed').length, 3);
    }
  });

  it('attributes, operators, weights and shapes of a node', async () => {
    const [first, second, third, fourth] = blocks(4) as [Block, Block, Block, Block];
    const changed = weights(fourth.id, 144).map((value, i) => (i === 5 ? value + 0.5 : value));
    const edited = [first, { ...second, attributes: { kernel_shape: [3, 3], pads: [2, 2, 2, 2], dilations: [2, 2] } }, { ...third, op: 'Sigmoid' }, { ...fourth, weight: changed }];
    const a = chain(blocks(4), plain, file('a'));
    for (const nameOf of [plain, counted(7)]) {
      const comparison = await compare(a, chain(edited, nameOf, file('b'), { opset: 18, producer: 'another' }));
      assert.deepEqual(comparison.pairs.map(({ change }) => change).filter((change) => change !== 'equal'), ['changed', 'changed', 'changed']);
      assert.deepEqual(differencesOf(comparison, 'block_b.conv'), [
        { what: 'attribute', name: 'pads', before: '[1, 1, 1, 1]', after: '[2, 2, 2, 2]' },
        { what: 'attribute', name: 'dilations', before: '', after: '[2, 2]' },
      ]);
      assert.deepEqual(differencesOf(comparison, 'block_c.relu'), [{ what: 'operator', name: 'operator', before: 'Relu', after: 'Sigmoid' }]);
      const [difference] = differencesOf(comparison, 'block_d.conv');
      const norm = Math.hypot(...weights(fourth.id, 144).map(Math.fround));
      assert.equal(difference!.what, 'weights');
      assert.ok(Math.abs(difference!.relative! - 0.5 / norm) < 1e-6 && difference!.cosine! < 1 && difference!.cosine! > 0.9);
      assert.deepEqual(comparison.model, [{ what: 'Opsets', before: 'ai.onnx 17', after: 'ai.onnx 18' }, { what: 'Producer', before: 'unitscope-test 1', after: 'another 1' }]);
    }
  });

  /** What is said of a model with one node more, or less, than another. */
  interface Told {
    added: number;
    removed: number;
    changed: NodeDifference[][];
    whole: number;
  }
  const told = ({ pairs, model }: ModelComparison): Told => ({
    added: pairs.filter(({ change }) => change === 'added').length,
    removed: pairs.filter(({ change }) => change === 'removed').length,
    changed: pairs.filter(({ change }) => change === 'changed').map(({ differences }) => differences),
    whole: model.length,
  });

  it('one node that is put into a chain of 50 is one node that is added, and says so of the next alone, whatever names are counted and whether weights moved', async () => {
    type Naming = 'plain' | 'none' | 'counted' | 'per operator';
    /** Convolutions and rectifiers in turn, or rectifiers alone; `more`: what is put in behind the 25th. */
    const build = (name: string, naming: Naming, kind: 'trained' | 'tuned' | 'without', more: string | null): string => {
      const model = new OnnxBuilder().input('x', 'float32', [1, 4, 8, 8]);
      const counts = new Map<string, number>();
      let last = 'x';
      const add = (op: string, id: string, weight: string | null): void => {
        const count = counts.get(op) ?? 0;
        counts.set(op, count + 1);
        const all = [...counts.values()].reduce((sum, of) => sum + of, 0);
        const own = { plain: `${id}/${op}`, none: '', counted: `n${all}`, 'per operator': `${op}_${count}` }[naming];
        const value = naming === 'plain' || naming === 'none' ? `${id}.out` : `v${all}`;
        if (weight !== null) model.initializer(`w.${value}`, 'float32', [4, 4, 3, 3], weights(kind === 'tuned' ? `${weight}+` : weight, 144));
        model.node(op, weight === null ? [last] : [last, `w.${value}`], [value], op === 'Conv' ? { pads: [1, 1, 1, 1] } : {}, { name: own });
        last = value;
      };
      for (let i = 0; i < 50; i++) {
        const conv = kind !== 'without' && i % 2 === 0;
        add(conv ? 'Conv' : 'Relu', `node${String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26))}`, conv ? `node${i}` : null);
        if (i === 24 && more) add(more, 'fresh', more === 'Conv' ? 'fresh' : null);
      }
      return model.output(last, 'float32', [1, 4, 8, 8]).write(file(name));
    };
    for (const naming of ['plain', 'none', 'counted', 'per operator'] as const)
      for (const kind of ['trained', 'tuned', 'without'] as const)
        for (const more of ['Relu', 'Sigmoid', 'Conv']) {
          const [a, b] = [build('short', naming, kind === 'tuned' ? 'trained' : kind, null), build('long', naming, kind, more)];
          for (const back of [false, true]) {
            const { added, removed, changed, whole } = told(await compare(back ? b : a, back ? a : b));
            const what = JSON.stringify([naming, kind, more, back, changed.map((of) => of.map(({ what: one, name }) => `${one} ${name}`))]);
            assert.deepEqual([added, removed], back ? [0, 1] : [1, 0], what);
            const rewired = changed.filter((differences) => differences.some(({ what: of }) => of !== 'weights'));
            assert.ok(rewired.length <= 1 && rewired.flat().every(({ what: of }) => of === 'inputs' || of === 'weights'), what);
            // Of a chain of nodes that are all alike, the last may be said to be new.
            assert.ok(rewired.length === 1 || whole > 0, what);
            if (kind !== 'tuned') assert.equal(changed.length, rewired.length, what);
          }
        }
  }).timeout(20_000);

  it('a weight that comes through Identity nodes is that weight', async () => {
    const net = (behind: number, value: number, name: string): string => {
      const model = new OnnxBuilder().input('x', 'float32', [1, 4]).initializer('w0', 'float32', [4, 4], Array<number>(16).fill(value));
      for (let i = 0; i < behind; i++) model.node('Identity', [`w${i}`], [`w${i + 1}`]);
      return model.node('MatMul', ['x', `w${behind}`], ['y'], {}, { name: 'product' }).output('y', 'float32', null).write(file(name));
    };
    const comparison = await compare(net(0, 1, 'straight'), net(2, 1, 'behind'));
    assert.deepEqual(labels(comparison), ['added ', 'added ']);
    assert.deepEqual(differencesOf(await compare(net(2, 1, 'behind'), net(0, 3, 'other')), 'product').map(({ what, name, relative }) => [what, name, relative]), [['weights', 'w0', 2]]);
  });

  it('an attribute that is left out and one that is set to its default are no difference; nor are those that follow from shapes', async () => {
    const net = (explicit: boolean, name: string, opset = 17): string => {
      const set = (attributes: Attributes): Attributes => (explicit ? attributes : {});
      return new OnnxBuilder({ opset })
        .input('x', 'float32', [1, 4, 8, 8])
        .initializer('w', 'float32', [4, 4, 3, 3], weights('w', 144))
        .node('Conv', ['x', 'w'], ['a'], set({ auto_pad: 'NOTSET', dilations: [1, 1], group: 1, kernel_shape: [3, 3], pads: [0, 0, 0, 0], strides: [1, 1] }), { name: 'conv' })
        .node('MaxPool', ['a'], ['b'], { kernel_shape: [2, 2], ...set({ strides: [1, 1], ceil_mode: 0, storage_order: 0 }) }, { name: 'pool' })
        .node('LeakyRelu', ['b'], ['c'], set({ alpha: { float: 0.01 } }), { name: 'leaky' })
        .node('Transpose', ['c'], ['d'], set({ perm: [3, 2, 1, 0] }), { name: 'turn' })
        .node('Softmax', ['d'], ['e'], set({ axis: 3 }), { name: 'softmax' })
        .output('e', 'float32', null)
        .write(file(name));
    };
    const [without, given] = [net(false, 'without'), net(true, 'given')];
    for (const pair of [[without, given], [given, without]] as const) assert.deepEqual(labels(await compare(...pair)), []);
    // Before version 13, the axis that is left out was the second.
    const old = await compare(net(false, 'old', 11), given);
    assert.deepEqual(labels(old), ['changed softmax = softmax']);
    assert.deepEqual(differencesOf(old, 'softmax'), [{ what: 'attribute', name: 'axis', before: '', after: '3' }]);
    const other = (attributes: Attributes, name: string): string =>
      new OnnxBuilder().input('x', 'float32', [1, 4, 8, 8]).initializer('w', 'float32', [4, 4, 3, 3], weights('w', 144)).node('Conv', ['x', 'w'], ['y'], attributes, { name: 'conv' }).node('LeakyRelu', ['y'], ['z'], {}, { name: 'leaky' }).output('z', 'float32', null).write(file(name));
    const odd = await compare(other({}, 'bare'), other({ strides: [2, 1], dilations: [1, 1], pads: [0, 1, 0, 0], group: 1, auto_pad: 'VALID' }, 'odd'));
    assert.deepEqual(differencesOf(odd, 'conv').filter(({ what }) => what === 'attribute').map(({ name }) => name).toSorted(), ['auto_pad', 'pads', 'strides']);
  });

  it('an axis counts from the end of what it is an axis of; the default of a function is what its numbers are', async () => {
    const hot = (axis: number | undefined, name: string): string =>
      new OnnxBuilder().input('x', 'int64', [2, 3]).initializer('depth', 'int64', [1], [5]).initializer('values', 'float32', [2], [0, 1]).node('OneHot', ['x', 'depth', 'values'], ['y'], { axis }, { name: 'hot' }).output('y', 'float32', null).write(file(name));
    const without = hot(undefined, 'none');
    assert.deepEqual(labels(await compare(without, hot(2, 'last'))), []);
    assert.deepEqual(differencesOf(await compare(without, hot(1, 'middle')), 'hot')[0], { what: 'attribute', name: 'axis', before: '', after: '1' });
    const called = (given: Attributes, name: string): string =>
      new OnnxBuilder({ opsets: { local: 1 } })
        .function('local', 'Shift', ['a'], ['b'], new OnnxBuilder().node('Relu', ['a'], ['b']), { by: tensor('float32', [2], [1, 2]), often: 3 })
        .input('x', 'float32', [2])
        .node('Shift', ['x'], ['y'], given, { name: 'shift', domain: 'local' })
        .output('y', 'float32', [2])
        .write(file(name));
    const bare = called({}, 'bare-call');
    assert.deepEqual(labels(await compare(bare, called({ often: 3 }, 'often'))), []);
    assert.deepEqual(differencesOf(await compare(bare, called({ by: tensor('float32', [2], [7, 8]) }, 'other-numbers')), 'shift').map(({ name }) => name), ['by']);
  });

  it('other shapes of weights and values', async () => {
    const net = (channels: number, size: number, name: string): string =>
      new OnnxBuilder()
        .input('x', 'float32', [1, 3, size, size])
        .initializer('w', 'float32', [channels, 3, 1, 1])
        .node('Conv', ['x', 'w'], ['y'], {}, { name: 'conv' })
        .output('y', 'float32', null)
        .write(file(name));
    const comparison = await compare(net(4, 8, 'a'), net(6, 8, 'b'));
    assert.deepEqual(differencesOf(comparison, 'conv'), [
      { what: 'weights', name: 'w', before: '4 × 3 × 1 × 1 float32', after: '6 × 3 × 1 × 1 float32' },
      { what: 'shape', name: 'y', before: '1 × 4 × 8 × 8 float32', after: '1 × 6 × 8 × 8 float32' },
    ]);
    const half = new OnnxBuilder().input('x', 'float32', [1, 3, 8, 8]).initializer('w', 'float16', [4, 3, 1, 1], Array.from({ length: 12 }, (_, i) => i / 4)).node('Conv', ['x', 'w'], ['y'], {}, { name: 'conv' }).output('y', 'float32', null).write(file('half'));
    const whole = new OnnxBuilder().input('x', 'float32', [1, 3, 8, 8]).initializer('w', 'float32', [4, 3, 1, 1], Array.from({ length: 12 }, (_, i) => i / 4 + (i === 11 ? 0.25 : 0))).node('Conv', ['x', 'w'], ['y'], {}, { name: 'conv' }).output('y', 'float32', null).write(file('whole'));
    const [dtype, numbers] = differencesOf(await compare(half, whole), 'conv').filter(({ what }) => what === 'weights');
    assert.deepEqual([dtype!.before, dtype!.after], ['4 × 3 × 1 × 1 float16', '4 × 3 × 1 × 1 float32']);
    assert.ok(Math.abs(numbers!.relative! - 0.25 / Math.hypot(...Array.from({ length: 12 }, (_, i) => i / 4))) < 1e-9);
    const inputs = await compare(net(4, 8, 'a'), net(4, 16, 'c'));
    assert.deepEqual(inputs.model, [{ what: 'Input 1', before: 'x: float32 1 × 3 × 8 × 8', after: 'x: float32 1 × 3 × 16 × 16' }, { what: 'Output 1', before: 'y: float32 1 × 4 × 8 × 8', after: 'y: float32 1 × 4 × 16 × 16' }]);
  });

  it('bodies of paired nodes and functions of one name are compared, too', async () => {
    const branch = (op: string): OnnxBuilder => new OnnxBuilder().initializer('w', 'float32', [1], [2]).node(op, ['w'], ['out'], {}, { name: 'inner' }).output('out', 'float32', [1]);
    const net = (op: string, name: string): string =>
      new OnnxBuilder({ opsets: { local: 1 } })
        .input('c', 'bool', [])
        .node('If', ['c'], ['y'], { then_branch: branch(op).asAttribute(), else_branch: branch('Neg').asAttribute() }, { name: 'choose' })
        .node('Twice', ['y'], ['z'], {}, { name: 'call', domain: 'local' })
        .function('local', 'Twice', ['a'], ['b'], new OnnxBuilder().node(op, ['a'], ['m'], {}, { name: 'first' }).node('Add', ['m', 'm'], ['b'], {}, { name: 'second' }))
        .output('z', 'float32', [1])
        .write(file(name));
    const same = await compare(net('Abs', 'a'), net('Abs', 'b'));
    assert.deepEqual([labels(same), same.pairs.length], [[], 6]);
    const comparison = await compare(net('Abs', 'a'), net('Relu', 'c'));
    const kinds = comparison.pairs.filter(({ change }) => change !== 'equal').map(({ nodes: [a, b], change }) => [change, a === null ? '' : comparison.models[0].nodes[a]!.op, b === null ? '' : comparison.models[1].nodes[b]!.op].join(' '));
    // A node alone in its branch has no neighbours to be told by; in the function it is followed by a pair.
    assert.deepEqual(kinds.sort(), ['added  Relu', 'added  Relu', 'changed Add Add', 'changed If If', 'removed Abs ', 'removed Abs '].sort());
  });

  it('which values a model, a branch and a function give back', async () => {
    const two = (swapped: boolean): OnnxBuilder => {
      const [first, second] = swapped ? ['z', 'y'] : ['y', 'z'];
      return new OnnxBuilder({ opsets: { local: 1 } }).node('Relu', ['x'], [first], {}, { name: 'relu' }).node('Sigmoid', [first], [second], {}, { name: 'sigmoid' });
    };
    const main = (swapped: boolean): string => two(swapped).input('x', 'float32', [4]).output('y', 'float32', [4]).write(file(`main-${swapped}`));
    const whole = await compare(main(false), main(true));
    assert.deepEqual([labels(whole), whole.model], [[], [{ what: 'Source of output 0', before: 'relu (Relu)', after: 'sigmoid (Sigmoid)' }]]);
    const branch = (swapped: boolean): string =>
      new OnnxBuilder().input('c', 'bool', []).input('x', 'float32', [4]).node('If', ['c'], ['out'], { then_branch: two(swapped).output('y', 'float32', [4]).asAttribute(), else_branch: two(false).output('y', 'float32', [4]).asAttribute() }, { name: 'choose' }).output('out', 'float32', [4]).write(file(`branch-${swapped}`));
    const inner = await compare(branch(false), branch(true));
    assert.deepEqual([labels(inner), differencesOf(inner, 'choose')], [['changed choose = choose'], [{ what: 'outputs', name: 'then_branch output 0', before: 'relu (Relu)', after: 'sigmoid (Sigmoid)' }]]);
    const called = (swapped: boolean): string =>
      new OnnxBuilder({ opsets: { local: 1 } }).input('x', 'float32', [4]).node('Two', ['x'], ['out'], {}, { name: 'call', domain: 'local' }).function('local', 'Two', ['x'], ['y'], two(swapped)).output('out', 'float32', [4]).write(file(`function-${swapped}`));
    assert.deepEqual((await compare(called(false), called(true))).model, [{ what: 'Source of Function local.Two output 0', before: 'relu (Relu)', after: 'sigmoid (Sigmoid)' }]);
  });

  it('a weight that a branch gives back, and tensors in attributes, by their numbers', async () => {
    const net = (value: number, numbers: number[], name: string): string => {
      const branch = (): OnnxBuilder => new OnnxBuilder().initializer('w', 'float32', [2], numbers).output('w', 'float32', [2]);
      return new OnnxBuilder()
        .input('c', 'bool', [])
        .initializer('s', 'int64', [1], [3])
        .node('If', ['c'], ['y'], { then_branch: branch().asAttribute(), else_branch: branch().asAttribute() }, { name: 'choose' })
        .node('ConstantOfShape', ['s'], ['z'], { value: tensor('float32', [1], [value]) }, { name: 'fill' })
        .node('Constant', [], ['k'], { value: tensor('float32', [300], Array<number>(300).fill(value + 1)) }, { name: 'many' })
        .output('y', 'float32', [2])
        .write(file(name));
    };
    assert.deepEqual(labels(await compare(net(0, [3, 4], 'a'), net(0, [3, 4], 'b'))), []);
    const comparison = await compare(net(1, [3, 4], 'c'), net(2, [3, 9], 'd'));
    const told = (name: string): unknown[] => differencesOf(comparison, name).map(({ what, name: of, relative }) => [what, of, relative]);
    assert.deepEqual(told('fill'), [['weights', 'fill.value', 1]]);
    assert.deepEqual(told('many'), [['weights', 'k', 0.5]]);
    assert.deepEqual(told('choose'), [['weights', 'w', 1], ['weights', 'w', 1]]);
  });

  it('a weight whose file is missing is said not to be compared; the others are', async () => {
    const net = (name: string, there: number): string =>
      new OnnxBuilder()
        .input('x', 'float32', [1, 4, 8, 8])
        .initializer('gone', 'float32', [4, 4, 3, 3], undefined, { location: 'missing.bin', length: 576 })
        .initializer('there', 'float32', [4, 4, 1, 1], weights('there', 16).map((value) => value * there))
        .node('Conv', ['x', 'gone'], ['m'], {}, { name: 'first' })
        .node('Conv', ['m', 'there'], ['y'], {}, { name: 'second' })
        .output('y', 'float32', null)
        .write(file(name));
    const comparison = await compare(net('a', 1), net('b', 2));
    const [first] = differencesOf(comparison, 'first');
    assert.deepEqual([first!.what, first!.relative], ['weights', null]);
    assert.match(first!.problem!, /^missing\.bin does not exist/);
    assert.equal(differencesOf(comparison, 'second')[0]!.relative, 1);
  });

  it('numbers that tell tensors apart are taken by a task that ends with its signal; large typed tensors are not decoded for them', async () => {
    const path = new OnnxBuilder()
      .initializer('raw', 'float32', [32], weights('raw', 32))
      .initializer('small', 'float32', [32], weights('small', 32), 'typed')
      .initializer('large', 'int32', [2 ** 18 + 1], Int32Array.from({ length: 2 ** 18 + 1 }, (_, i) => i), 'typed')
      .node('Identity', ['raw'], ['y'])
      .output('y', 'float32', [32])
      .write(file('typed'));
    const samples = await checkpointTasks['checkpoint.samples']({ path }, context());
    assert.deepEqual(samples.map(([name]) => name), ['raw', 'small']);
    const read = await readFloats(path, 'raw');
    const [, text] = samples[0]!;
    const bytes = Buffer.from(text.split(' ').at(-1)!, 'base64');
    assert.deepEqual(bytes.toString('hex'), Buffer.from(Float32Array.from([...read.slice(0, 8), ...read.slice(12, 20), ...read.slice(24)]).buffer).toString('hex'));
    await refuses(Promise.resolve(checkpointTasks['checkpoint.samples']({ path }, context(AbortSignal.abort()))), 'cancelled', /./);
  });

  it('the sample network against itself before BatchNorm was folded into its convolutions', async () => {
    const comparison = await compare(resolve('samples/scopenet/scopenet.onnx'), resolve('samples/scopenet/scopenet-named.onnx'));
    const rows = comparison.pairs.map(({ nodes: [a, b], change }) => ({ change, a: a === null ? null : comparison.models[0].nodes[a]!, b: b === null ? null : comparison.models[1].nodes[b]! }));
    assert.ok(rows.every(({ a, b }) => (a === null ? b!.op === 'BatchNormalization' : b?.name === a.name)));
    assert.equal(rows.filter(({ change }) => change === 'added').length, 10);
    const [stem] = comparison.pairs;
    // A BatchNorm was folded into the convolution: it scaled the weights, and brought a bias.
    assert.deepEqual(stem!.differences.map(({ what, before, after }) => [what, before, after]), [['inputs', 'weight onnx::Conv_101', 'left out'], ['weights', 'onnx::Conv_100', 'stem.conv.weight']]);
    assert.equal(comparison.pairs.filter(({ nodes: [a] }) => a !== null).length, comparison.models[0].nodes.length);
    assert.equal(comparison.pairs.filter(({ nodes: [, b] }) => b !== null).length, comparison.models[1].nodes.length);
  });

  it('3,000 nodes of which no name is the same, in seconds; can be cancelled', async () => {
    const many: Block[] = Array.from({ length: 1000 }, (_, i) => ({ id: `b${i}` }));
    const a = chain(many, counted(0), file('many'));
    const b = chain([...many.slice(0, 400), { id: 'fresh' }, ...many.slice(400, 800), ...many.slice(803)], counted(50_000), file('more'));
    const start = performance.now();
    const comparison = await compare(a, b);
    const seconds = (performance.now() - start) / 1000;
    const changes = comparison.pairs.map(({ change }) => change);
    assert.equal(changes.filter((change) => change === 'added').length, 3);
    assert.equal(changes.filter((change) => change === 'removed').length, 9);
    assert.ok(seconds < 20, `${seconds} s`);
    await refuses(compare(a, b, AbortSignal.abort()), 'cancelled', /./);
  });

  it('sequences: what is common and rises in both', () => {
    const random = seeded(3);
    const below = (most: number): number => Math.floor(random() * most);
    for (let round = 0; round < 200; round++) {
      const [a, b] = [0, 1].map(() => Array.from({ length: below(14) }, () => below(4))) as [number[], number[]];
      const pairs = align(a, b);
      for (const [at, [i, j]] of pairs.entries()) assert.ok(a[i] === b[j] && (at === 0 || (pairs[at - 1]![0] < i && pairs[at - 1]![1] < j)));
      assert.equal(pairs.length, longest(a, b));
    }
    assert.deepEqual(rising([[0, 3], [1, 0], [2, 1], [3, 5], [4, 2]]).map(([, j]) => j), [0, 1, 2]);
  });
});

async function readFloats(path: string, name: string): Promise<Float32Array> {
  return await withCheckpoint(path, ({ tensors }) => readFloat32(tensors.find((tensor) => tensor.name === name)!));
}

/** By trying everything. */
function longest(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 0;
  if (a[0] === b[0]) return 1 + longest(a.slice(1), b.slice(1));
  return Math.max(longest(a.slice(1), b), longest(a, b.slice(1)));
}
