import * as vscode from 'vscode';
import { ModelSession } from './modelSession';
import type { SessionServices } from './sessionModel';

/**
 * The models that are open, one session each, and which of them commands mean: the one whose editor or panel had the
 * focus last. A session lives as long as something shows it.
 */
export class Sessions implements vscode.Disposable {
  private readonly open = new Map<string, { session: ModelSession; users: number }>();
  private readonly activeChanged = new vscode.EventEmitter<ModelSession | undefined>();
  /** Another session became active, or the active one changed. */
  readonly onDidChangeActive = this.activeChanged.event;
  active: ModelSession | undefined;
  private readonly contexts = new Map<string, boolean>();

  constructor(private readonly services: SessionServices) {}

  /** The session of a model; the caller holds it until it disposes of the returned handle. */
  acquire(uri: vscode.Uri): { session: ModelSession; release: vscode.Disposable } {
    const key = uri.toString();
    let entry = this.open.get(key);
    if (!entry) {
      const session = new ModelSession(uri, this.services);
      session.onDidChange(() => {
        if (this.active === session) this.announce();
      });
      entry = { session, users: 0 };
      this.open.set(key, entry);
      void session.open();
    }
    const held = entry;
    held.users++;
    const release = new vscode.Disposable(() => {
      if (--held.users > 0) return;
      this.open.delete(key);
      if (this.active === held.session) this.activate([...this.open.values()].at(-1)?.session);
      held.session.dispose();
    });
    return { session: held.session, release };
  }

  all(): ModelSession[] {
    return [...this.open.values()].map(({ session }) => session);
  }

  find(uri: string): ModelSession | undefined {
    return this.open.get(uri)?.session;
  }

  activate(session: ModelSession | undefined): void {
    if (this.active === session) return;
    this.active = session;
    this.announce();
  }

  /** Tells views and `when` clauses. */
  private announce(): void {
    const scan = this.active?.state.scan.state;
    this.setContext('modelOpen', this.active !== undefined);
    this.setContext('scanning', scan === 'running');
    this.setContext('scanned', scan === 'done');
    this.activeChanged.fire(this.active);
  }

  private setContext(name: string, value: boolean): void {
    if (this.contexts.get(name) === value) return;
    this.contexts.set(name, value);
    void vscode.commands.executeCommand('setContext', `unitscope.${name}`, value);
  }

  dispose(): void {
    for (const { session } of this.open.values()) session.dispose();
    this.activeChanged.dispose();
  }
}
