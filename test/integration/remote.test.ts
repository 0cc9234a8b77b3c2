import * as assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { CheckpointDocument } from '../../src/host/checkpoints';
import { openModel, repository, services, until } from './support';

/** Files that are nowhere on the disk, as those of a virtual workspace. */
class MemoryFiles implements vscode.FileSystemProvider {
  private readonly files = new Map<string, Uint8Array>();
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.changed.event;
  reads = 0;

  put(path: string, bytes: Uint8Array): void {
    this.files.set(path, bytes);
  }
  remove(path: string): void {
    this.files.delete(path);
  }
  stat(uri: vscode.Uri): vscode.FileStat {
    const bytes = this.files.get(uri.path);
    if (bytes) return { type: vscode.FileType.File, ctime: 0, mtime: 1, size: bytes.length };
    if ([...this.files.keys()].some((path) => path.startsWith(uri.path))) return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    throw vscode.FileSystemError.FileNotFound(uri);
  }
  readFile(uri: vscode.Uri): Uint8Array {
    this.reads++;
    const bytes = this.files.get(uri.path);
    if (!bytes) throw vscode.FileSystemError.FileNotFound(uri);
    return bytes;
  }
  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }
  readDirectory(): [string, vscode.FileType][] {
    return [...this.files.keys()].map((path) => [path.slice(path.lastIndexOf('/') + 1), vscode.FileType.File]);
  }
  createDirectory(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
  writeFile(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
  delete(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
  rename(): void {
    throw vscode.FileSystemError.NoPermissions();
  }
}

describe('models on other file systems', () => {
  const files = new MemoryFiles();
  let registration: vscode.Disposable;
  before(async () => {
    const folder = repository('test', 'fixtures', 'models');
    for (const name of await readdir(folder)) files.put(`/models/${name}`, await readFile(join(folder, name)));
    registration = vscode.workspace.registerFileSystemProvider('unitscopetest', files, { isReadonly: true });
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    registration.dispose();
  });

  it('open as others do', async () => {
    const session = await openModel(vscode.Uri.parse('unitscopetest:/models/residual_torchscript.onnx'));
    assert.equal(session.state.model.state, 'ready');
    assert.ok(session.summary!.layers.length > 10);
  });

  it('bring their external data', async () => {
    const session = await openModel(vscode.Uri.parse('unitscopetest:/models/external.onnx'));
    assert.equal(session.state.model.state, 'ready');
    assert.deepEqual(session.summary!.externalData, [{ file: 'external.bin', size: 3312 }]);
  });

  it('are copied once', async () => {
    const before = files.reads;
    const session = await openModel(vscode.Uri.parse('unitscopetest:/models/residual_torchscript.onnx'));
    await session.open();
    assert.equal(files.reads, before);
  });

  it('bring the preprocessing beside them, and notice that it is gone', async () => {
    const config = (mean: number): Uint8Array => Buffer.from(JSON.stringify({ image_mean: [mean, mean, mean], image_std: [1, 1, 1], size: { height: 16, width: 16 } }));
    const mean = (): unknown => (session.state.preprocess.state === 'ready' ? [session.state.preprocess.value.source, session.state.preprocess.value.config.image_mean] : session.state.preprocess);
    files.put('/models/residual_torchscript.preprocessor_config.json', config(0.25));
    const session = await openModel(vscode.Uri.parse('unitscopetest:/models/residual_torchscript.onnx'));
    await session.choosePreprocess(undefined);
    assert.deepEqual(mean(), ['file', [0.25, 0.25, 0.25]]);
    files.remove('/models/residual_torchscript.preprocessor_config.json');
    await session.choosePreprocess(undefined);
    assert.equal((mean() as unknown[])[0], 'guess');
  });

  it('say so when they are not there', async () => {
    const session = await openModel(vscode.Uri.parse('unitscopetest:/models/missing.onnx'));
    const { model } = session.state;
    assert.ok(model.state === 'error');
    assert.match(model.message, /missing\.onnx cannot be read/);
  });
});

describe('checkpoints on other file systems', () => {
  const files = new MemoryFiles();
  let registration: vscode.Disposable;
  const names = ['folded-a.pt', 'model.safetensors.index.json', 'model-1-of-2.safetensors', 'model-2-of-2.safetensors'];
  before(async () => {
    for (const name of names) files.put(`/run/${name}`, await readFile(repository('test', 'fixtures', 'checkpoints', name)));
    registration = vscode.workspace.registerFileSystemProvider('unitscopetestrun', files, { isReadonly: true });
  });
  after(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    registration.dispose();
  });

  async function opened(name: string): Promise<CheckpointDocument> {
    const uri = vscode.Uri.parse(`unitscopetestrun:/run/${name}`);
    await vscode.commands.executeCommand('vscode.openWith', uri, 'unitscope.checkpoint');
    const { checkpoints } = await services();
    await until(`${name} has been read`, () => ['ready', 'error'].includes(checkpoints.find(uri.toString())?.state.file.state ?? ''));
    return checkpoints.find(uri.toString())!;
  }

  it('open as others do, sharded ones with all their files', async () => {
    assert.equal((await opened('folded-a.pt')).known().format, 'PyTorch');
    const { totals, parts } = (await opened('model.safetensors.index.json')).known();
    assert.equal(parts.length, 2);
    assert.ok(totals.tensors > 2);
  });

  it('say so when they are not there', async () => {
    files.remove('/run/folded-a.pt');
    files.put('/run/gone.index.json', Buffer.from(JSON.stringify({ weight_map: { a: 'nowhere.safetensors' } })));
    const { state } = await opened('gone.index.json');
    assert.ok(state.file.state === 'error');
    assert.match(state.file.message, /nowhere\.safetensors cannot be read from unitscopetestrun/);
  });
});
