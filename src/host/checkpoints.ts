import * as vscode from 'vscode';
import type { CheckpointSummary } from '../protocol/checkpoint';
import type { CheckpointState } from '../protocol/checkpointViews';
import { UnitscopeError } from '../protocol/errors';
import { baseName, checkpointPath, partsOf } from './checkpointFiles';
import type { EngineClient } from './engineClient';
import type { LocalFiles } from './localFiles';
import { asResource, isStopped } from './resource';
import { watchFiles } from './watchFiles';

export interface CheckpointServices {
  engine: EngineClient;
  files: LocalFiles;
  log: vscode.LogOutputChannel;
}

/** A checkpoint that is open: what is known of its file. Read again when the file changes or the engine comes back. */
export class CheckpointDocument implements vscode.CustomDocument {
  summary: CheckpointSummary | undefined;
  /** The tensor that is looked at. */
  selected: string | null = null;
  state: CheckpointState;
  private readonly changed = new vscode.EventEmitter<CheckpointState>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: vscode.Disposable;
  private readonly again: () => void;
  private watching: vscode.Disposable;
  private watchedParts = '';
  private reading = 0;

  constructor(
    readonly uri: vscode.Uri,
    private readonly services: CheckpointServices,
    private readonly closed: (document: CheckpointDocument) => void,
  ) {
    const { engine, log } = services;
    this.state = { uri: uri.toString(), name: baseName(uri), revision: 0, file: { state: 'loading' }, engine: engine.state };
    const again = (): void => void this.read().catch((error: unknown) => log.error(error instanceof Error ? error : String(error)));
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      engine.onDidChangeState((state) => {
        this.change({ engine: state });
        if (state.state === 'running' && isStopped(this.state.file)) again();
      }),
    );
    this.again = again;
    this.watching = watchFiles([uri], again);
    again();
  }

  /** The files of a sharded checkpoint are watched, too. */
  private watch(parts: readonly string[]): void {
    if (parts.join('/') === this.watchedParts) return;
    this.watchedParts = parts.join('/');
    this.watching.dispose();
    this.watching = watchFiles([this.uri, ...parts.map((part) => vscode.Uri.joinPath(this.uri, '..', part))], this.again);
  }

  /** A path that the engine can read. */
  path(): Promise<string> {
    return checkpointPath(this.services.files, this.uri);
  }

  async read(): Promise<void> {
    const turn = ++this.reading;
    if (this.state.file.state === 'error') this.change({ file: { state: 'loading' } });
    const read = this.path().then((path) => this.services.engine.call('checkpoint.open', { path }));
    const result = await asResource(read);
    if (turn !== this.reading) return; // changed meanwhile: a later one is on its way
    if (result.state === 'ready') {
      this.summary = result.value;
      this.watch(result.value.parts);
    } else if (/\.index\.json$/i.test(this.uri.path)) {
      // A part may still be on its way.
      const parts = await asResource(partsOf(this.uri));
      if (turn !== this.reading) return;
      if (parts.state === 'ready') this.watch(parts.value);
    }
    const file = result.state === 'error' ? result : ({ state: 'ready', value: null } as const);
    this.change({ file, revision: this.state.revision + 1 });
  }

  /** What has been read, or why there is nothing. */
  known(): CheckpointSummary {
    if (this.summary && this.state.file.state === 'ready') return this.summary;
    throw new UnitscopeError('reference.unreadable', `${this.state.name} has not been read yet.`);
  }

  private change(next: Partial<CheckpointState>): void {
    this.state = { ...this.state, ...next };
    this.changed.fire(this.state);
  }

  dispose(): void {
    this.reading++;
    this.subscriptions.dispose();
    this.watching.dispose();
    this.closed(this);
  }
}

/** The checkpoints that are open, and which of them commands mean. */
export class Checkpoints {
  private readonly open = new Map<string, CheckpointDocument>();
  active: CheckpointDocument | undefined;

  constructor(readonly services: CheckpointServices) {}

  add(uri: vscode.Uri): CheckpointDocument {
    const key = uri.toString();
    const document = new CheckpointDocument(uri, this.services, (gone) => {
      if (this.open.get(key) === gone) this.open.delete(key);
      if (this.active === gone) this.active = [...this.open.values()].at(-1);
    });
    this.open.set(key, document);
    return document;
  }

  find(uri: string): CheckpointDocument | undefined {
    return this.open.get(uri);
  }
}
