import * as assert from 'node:assert/strict';
import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { PreprocessConfig } from '../../src/protocol/preprocess';
import { LayersTree, type LayerItem } from '../../src/providers/layersTree';
import { OnnxBuilder } from '../fixtures/onnxBuilder';
import { extensionId, openModel, services, temporaryCopy, until } from './support';

describe('the extension', () => {
  let copy: Awaited<ReturnType<typeof temporaryCopy>>;
  before(async () => (copy = await temporaryCopy('samples/scopenet', 'test/fixtures/models')));
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await copy.remove();
  });
  const model = (): string => join(copy.folder, 'scopenet', 'scopenet.onnx');

  it('registers every command that package.json promises, all under one category', async () => {
    await services();
    const { contributes } = vscode.extensions.getExtension(extensionId)!.packageJSON as {
      contributes: { commands: { command: string; category: string }[] };
    };
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const { command, category } of contributes.commands) {
      assert.ok(registered.has(command), `${command} is not registered`);
      assert.equal(category, 'Unitscope');
    }
  });

  it('is the default editor of .onnx files', async () => {
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.file(model()));
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, 'unitscope.onnx');
  });

  it('reads a model and finds its preprocessing beside it', async () => {
    const session = await openModel(model());
    await until('the preprocessing is known', () => session.state.preprocess.state === 'ready');
    const { preprocess } = session.state;
    assert.ok(preprocess.state === 'ready');
    assert.equal(preprocess.value.source, 'file');
    assert.deepEqual(preprocess.value.inputSize, [96, 96]);
    assert.ok(session.summary!.layers.length > 20);
  });

  it('describes the graph and its nodes for images of the size that was chosen', async () => {
    const { engine } = await services();
    const path = new OnnxBuilder()
      .input('image', 'float32', ['n', 3, 'height', 'width'])
      .initializer('w', 'float32', [4, 3, 3, 3])
      .node('Conv', ['image', 'w'], ['y'], { pads: [1, 1, 1, 1] })
      .output('y')
      .write(join(copy.folder, 'anySize.onnx'));
    const session = await openModel(path);
    const assumed = async (): Promise<unknown> => (await engine.call('model.graph', await session.graphAsked())).assumed;
    const config = async (side: number): Promise<PreprocessConfig> => await engine.call('preprocess.parse', { text: JSON.stringify({ size: { height: side, width: side } }), origin: 'here' });
    await session.choosePreprocess(await config(48));
    assert.deepEqual(await assumed(), [{ input: 'image', shape: [1, 3, 48, 48] }]);
    const { modelRevision } = session.state;
    await session.choosePreprocess(await config(40));
    assert.ok(session.state.modelRevision > modelRevision, 'views are not told');
    assert.deepEqual(await assumed(), [{ input: 'image', shape: [1, 3, 40, 40] }]);
    assert.equal((await engine.call('model.node', { ...(await session.graphAsked()), node: 0 })).documentation?.op, 'Conv');
  });

  it('shows the same layers in the tree, grouped by module, and follows the selection', async () => {
    const session = await openModel(model());
    const { sessions } = await services();
    const tree = new LayersTree(sessions);
    const view = vscode.window.createTreeView('unitscope.layers', { treeDataProvider: tree });
    const attached = tree.attach(view);
    try {
      const names: string[] = [];
      const walk = (item?: LayerItem): void => {
        for (const child of tree.getChildren(item)) {
          if ('layer' in child) names.push(child.layer.name);
          assert.ok(tree.getTreeItem(child).label);
          walk(child);
        }
      };
      walk();
      assert.deepEqual(names.toSorted(), session.summary!.layers.map((layer) => layer.name).toSorted());
      assert.ok(tree.getChildren().some((item) => 'children' in item), 'no groups');
    } finally {
      attached.dispose();
      view.dispose();
    }
  });

  it('copies a layer as its name and as Python', async () => {
    const session = await openModel(model());
    const [layer] = session.summary!.layers;
    const target = { unitscopeModel: session.uri.toString(), unitscopeLayer: layer!.name };
    await vscode.commands.executeCommand('unitscope.copyLayerName', target);
    assert.equal(await vscode.env.clipboard.readText(), layer!.name);
    await vscode.commands.executeCommand('unitscope.copyAsPython', target);
    const python = await vscode.env.clipboard.readText();
    assert.ok(python.includes(`layer = ${JSON.stringify(layer!.name)}`));
    assert.ok(python.includes('onnxruntime'));
  });

  it('says in one sentence what is wrong with a model, and reads it once it is mended', async () => {
    const broken = join(copy.folder, 'models', 'residual_dynamo.onnx');
    await truncate(broken, 5000);
    const session = await openModel(broken);
    const { model: state } = session.state;
    assert.ok(state.state === 'error');
    assert.match(state.message, /^residual_dynamo\.onnx .*\.$/);
    assert.ok(!state.message.includes('\n'));
    const fresh = await temporaryCopy('test/fixtures/models');
    try {
      const whole = vscode.Uri.file(join(fresh.folder, 'models', 'residual_dynamo.onnx'));
      await vscode.workspace.fs.copy(whole, vscode.Uri.file(broken), { overwrite: true });
    } finally {
      await fresh.remove();
    }
    await session.open();
    assert.equal(session.state.model.state, 'ready');
  });

  it('reads a model anew when its file changes', async () => {
    const uri = vscode.Uri.file(join(copy.folder, 'models', 'changing.onnx'));
    await vscode.workspace.fs.copy(vscode.Uri.file(join(copy.folder, 'models', 'text_and_image.onnx')), uri);
    const session = await openModel(uri);
    assert.ok('problem' in session.summary!.image);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // VS Code takes a moment to start watching
    await copyFile(model(), uri.fsPath);
    await until('the new model is there', () => 'input' in session.summary!.image);
    assert.ok(session.layer('/top/relu/Relu_output_0'));
  });

  it('counts units along another axis where that is chosen', async () => {
    const session = await openModel(model());
    const name = '/top/relu/Relu_output_0';
    assert.equal(session.layer(name)?.units, 40);
    await session.chooseUnitAxis(name, 2);
    assert.deepEqual([session.layer(name)?.unitAxis, session.layer(name)?.units], [2, 12]);
    assert.equal(session.model.inferredUnitAxis(name), 1);
    await session.chooseUnitAxis(name, 1);
    assert.equal(session.layer(name)?.units, 40);
  });

  it('shows a model that needs more than one image, and says what it needs', async () => {
    const session = await openModel(join(copy.folder, 'models', 'text_and_image.onnx'));
    assert.equal(session.state.model.state, 'ready');
    assert.ok('problem' in session.summary!.image);
    assert.match(session.summary!.image.problem, /needs inputs besides one image/);
    assert.ok(session.summary!.layers.length > 0);
  });
});
