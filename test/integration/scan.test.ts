import * as assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import type { ModelSession } from '../../src/host/modelSession';
import { openModel, repository, services, temporaryCopy, until } from './support';

describe('a scan in VS Code', () => {
  let copy: Awaited<ReturnType<typeof temporaryCopy>>;
  let session: ModelSession;

  before(async () => {
    copy = await temporaryCopy('samples/scopenet', 'samples/images');
    // A cache of its own, so that there is something to do.
    await vscode.workspace.getConfiguration('unitscope').update('cacheFolder', join(copy.folder, 'cache'), vscode.ConfigurationTarget.Global);
    (await services()).engine.restart();
    session = await openModel(join(copy.folder, 'scopenet', 'scopenet.onnx'));
    await (await services()).memory.rememberDevice('cpu');
    await session.chooseDataset({ path: join(copy.folder, 'images') });
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await vscode.workspace.getConfiguration('unitscope').update('cacheFolder', undefined, vscode.ConfigurationTarget.Global);
    await copy.remove();
  });
  const target = (layer?: string): object => ({ unitscopeModel: session.uri.toString(), unitscopeLayer: layer });
  const primary = (): string => session.summary!.layers.find((layer) => layer.primary)!.name;

  it('keeps what it has when it is cancelled', async () => {
    const running = session.record();
    await until('some images are done', () => {
      const { scan } = session.state;
      return scan.state === 'running' && scan.progress.phase === 'scanning' && scan.progress.done > 8;
    });
    await vscode.commands.executeCommand('unitscope.cancelScan', target());
    await running;
    assert.equal(session.state.scan.state, 'cancelled');
    const { engine } = await services();
    const query = { layer: primary(), order: 'unit' as const, descending: false, labels: [], top: 9, offset: 0, count: 5 };
    const { scanned, total } = await engine.call('patches.table', { study: session.study(), query });
    assert.ok(scanned > 0 && scanned < total, `${scanned} of ${total}`);
  });

  it('says in one sentence that the engine was killed, offers to restart it, and goes on', async () => {
    const { engine } = await services();
    const running = session.record();
    await until('the scan runs', () => session.state.scan.state === 'running' && session.state.scan.progress.phase === 'scanning');
    process.kill(engine.pid!, 'SIGKILL');
    await running;
    const { scan, engine: state } = session.state;
    assert.ok(state.state === 'stopped');
    assert.match(state.message, /^The Unitscope engine stopped unexpectedly \(signal SIGKILL\)\. Restart it to go on; all results so far are kept\.$/);
    assert.equal(scan.state, 'cancelled'); // it can be resumed
    assert.equal(session.state.model.state, 'ready'); // nothing else is lost
    assert.ok(session.summary);
    await vscode.commands.executeCommand('unitscope.restartEngine');
    assert.equal(session.state.engine.state, 'running');
  });

  it('leaves the extension host responsive while it runs', async () => {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    const measure = async (work: () => Promise<unknown>): Promise<{ mean: number; p99: number }> => {
      delay.reset();
      delay.enable();
      await work();
      delay.disable();
      return { mean: delay.mean / 1e6, p99: delay.percentile(99) / 1e6 };
    };
    const idle = await measure(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    const busy = await measure(() => session.record());
    assert.ok(session.state.scan.state === 'done', JSON.stringify(session.state.scan));
    assert.ok(session.state.scan.outcome.cached > 0, 'nothing was kept from before the engine was killed');
    assert.ok(session.state.scan.outcome.cached < session.state.scan.outcome.total, 'there was nothing to do');
    console.log(`[test] event loop delay, ms: idle mean ${idle.mean.toFixed(1)} p99 ${idle.p99.toFixed(1)}; scanning mean ${busy.mean.toFixed(1)} p99 ${busy.p99.toFixed(1)}`);
    // One blocking run of the sample takes longer than this; a loaded machine delays both alike.
    assert.ok(busy.mean < idle.mean + 20, `mean ${busy.mean} ms`);
    assert.ok(busy.p99 < idle.p99 + 150, `p99 ${busy.p99} ms`);
  });

  it('answers from the store when all is recorded', async () => {
    await session.record();
    assert.ok(session.state.scan.state === 'done');
    const { cached, total } = session.state.scan.outcome;
    assert.equal(cached, total);
  });

  it('opens the patches panel beside the editor, one a model', async () => {
    await vscode.commands.executeCommand('unitscope.visualizeLayer', target(primary()));
    await vscode.commands.executeCommand('unitscope.visualizeLayer', target(session.summary!.layers.findLast((layer) => layer.primary)!.name));
    const panels = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter(({ label }) => label.startsWith('Patches'));
    assert.equal(panels.length, 1);
    assert.notEqual(panels[0]!.group.viewColumn, vscode.ViewColumn.One);
    assert.equal(session.state.selectedLayer, session.summary!.layers.findLast((layer) => layer.primary)!.name);
  });

  it('copies the command line that gives the same patches', async () => {
    await vscode.commands.executeCommand('unitscope.copyAsCommandLine', target(primary()));
    const line = await vscode.env.clipboard.readText();
    assert.match(line, /^npx unitscope patches .*scopenet\.onnx --images .*images --layer .* --top 9 --device cpu --out patches$/);
  });

  it('says what is wrong with a folder without images, and keeps the results of the one before', async () => {
    const texts = join(copy.folder, 'texts');
    await mkdir(texts);
    await writeFile(join(texts, 'a.txt'), 'no image');
    await session.chooseDataset({ path: texts });
    const { dataset } = session.state;
    assert.ok(dataset.state === 'error' && dataset.code === 'dataset.empty', JSON.stringify(dataset));
    await session.chooseDataset({ path: join(copy.folder, 'images') });
    await session.record();
    assert.ok(session.state.scan.state === 'done');
    assert.equal(session.state.scan.outcome.cached, session.state.scan.outcome.total);
  });

  it('keeps to the images chosen last, and to its own when another model gets others', async () => {
    const few = join(copy.folder, 'images', 'face');
    const first = session.chooseDataset({ path: join(copy.folder, 'images') });
    await session.chooseDataset({ path: few });
    await first;
    assert.ok(session.state.dataset.state === 'ready');
    assert.equal(session.state.dataset.value.path, few);
    assert.equal(session.study().dataset.path, few);
    const other = await openModel(join(copy.folder, 'scopenet', 'scopenet-named.onnx'));
    await other.chooseDataset({ path: join(copy.folder, 'images', 'house') });
    assert.equal(session.study().dataset.path, few);
    await session.chooseDataset({ path: join(copy.folder, 'images') });
  });

  it('records one thing after the other, and stops all that waits when it is cancelled', async () => {
    const secondary = session.summary!.layers.filter((layer) => !layer.primary).slice(0, 2);
    const done: string[] = [];
    await Promise.all(secondary.map(({ name }) => session.record(name).then(() => done.push(name))));
    assert.deepEqual(done, secondary.map(({ name }) => name));
    assert.equal(session.state.scan.state, 'done');
    const third = session.summary!.layers.filter((layer) => !layer.primary)[2]!;
    const running = session.record(third.name);
    const waiting = session.record();
    session.cancelScan();
    await Promise.all([running, waiting]);
    assert.notEqual(session.state.scan.state, 'done', JSON.stringify(session.state.scan).slice(0, 300));
  });

  it('remembers images, device and layer when the model is opened again', async () => {
    const { uri } = session;
    const { selectedLayer } = session.state;
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    const { sessions } = await services();
    await until('the session is closed', () => sessions.find(uri.toString()) === undefined);
    session = await openModel(uri);
    await until('the dataset is open', () => session.state.dataset.state === 'ready');
    assert.equal(session.state.selectedLayer, selectedLayer);
    assert.equal(session.state.device.choice, 'cpu');
    assert.ok(session.state.dataset.state === 'ready');
    assert.equal(session.state.dataset.value.path, join(copy.folder, 'images'));
  });

  it('offers the sample', async () => {
    await vscode.commands.executeCommand('unitscope.openSample');
    const { samples, sessions } = await services();
    const root = vscode.workspace.workspaceFolders![0]!.uri; // which is a copy of the samples: those are opened
    const model = vscode.Uri.joinPath(root, 'scopenet', 'scopenet.onnx').toString();
    await until('the sample is open', () => sessions.find(model)?.state.dataset.state === 'ready');
    assert.equal(sessions.find(model)!.datasetSource!.path, vscode.Uri.joinPath(root, 'images').fsPath);
    assert.equal(samples.images.fsPath, repository('samples', 'images'));
  });
});
