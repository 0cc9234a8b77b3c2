import assert from 'node:assert/strict';
import { join } from 'node:path';
import { weightAsPython } from '../../../src/commands/weightPython';
import { withCheckpoint } from '../../../src/engine/checkpoint/open';
import { summarize } from '../../../src/engine/checkpoint/summary';
import { describeGraph } from '../../../src/engine/model/modelGraph';
import { openModel } from '../../../src/engine/model/summary';
import { OnnxBuilder, tensor } from '../../fixtures/onnxBuilder';
import { temporaryFolder } from '../dataset/fixtures';
import { fixture } from './fixtures';

describe('A weight of a model as Python', () => {
  const folder = temporaryFolder();

  async function scripts(path: string): Promise<(tensor: string) => string> {
    const { model, summary } = openModel(path);
    const { graph } = describeGraph(model, summary);
    const opened = await withCheckpoint(path, summarize);
    return (name) => weightAsPython(opened, graph, name);
  }

  it('is a script for initializers of the main graph, and a sentence for what is elsewhere', async () => {
    const branch = new OnnxBuilder().initializer('w', 'float32', [1]).node('Identity', ['w'], ['out']).output('out', 'float32', [1]);
    const path = new OnnxBuilder()
      .input('c', 'bool', [])
      .initializer('layer.weight/0', 'float32', [2])
      .node('Constant', [], ['plain'], { value: tensor('float32', [2], [1, 2]) })
      .node('Add', ['layer.weight/0', 'plain'], ['sum'])
      .node('If', ['c'], ['y'], { then_branch: branch.asAttribute(), else_branch: branch.asAttribute() }, { name: 'if' })
      .output('y', 'float32', [1])
      .output('sum', 'float32', [2])
      .write(join(folder(), 'model.onnx'));
    const script = await scripts(path);
    assert.match(script('layer.weight/0'), /if tensor\.name == "layer\.weight\/0"\)/);
    for (const name of ['plain', 'if.then_branch/w']) assert.throws(() => script(name), { message: `${name} is inside of a node or a function, where Python finds it only by going through the graph; export it as .npy instead.` });
    assert.throws(() => script('gone'), /model\.onnx has no tensor gone any more; choose one of those it has\./);
  });

  it('says that sparse tensors have none', async () => {
    const script = await scripts(fixture('tensors.onnx'));
    assert.throws(() => script('sparse.linear'), /sparse\.linear is stored as a sparse tensor/);
    assert.match(script('external'), /to_array\(tensor, str\(path\.parent\)\)/);
  });
});
