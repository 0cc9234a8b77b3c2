import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { EngineContract, EngineHostContract, EngineOptions } from '../protocol/engine';
import { isCancelled, UnitscopeError } from '../protocol/errors';
import type { CallOptions, Client } from '../protocol/method';
import { connect } from '../rpc/connection';
import { processTransport } from '../rpc/processTransport';
import type { Connection } from '../rpc/transport';

export type EngineState = { state: 'running' } | { state: 'stopped'; message: string };

interface RunningEngine {
  child: ChildProcess;
  connection: Connection<EngineContract>;
}

/** An engine that does not answer a greeting for this long is reported as stuck. */
const healthInterval = 20_000;

/**
 * The engine process: started at the first call, never restarted behind the user's back. When it dies, everything that
 * waits on it fails with `engine.stopped`; views and the status bar say so in one sentence and offer to restart it;
 * results on disk stay.
 */
export class EngineClient implements Client<EngineContract>, vscode.Disposable {
  private engine: RunningEngine | undefined;
  private health: NodeJS.Timeout | undefined;
  private readonly changed = new vscode.EventEmitter<EngineState>();
  readonly onDidChangeState = this.changed.event;
  state: EngineState = { state: 'running' };

  constructor(
    private readonly script: string,
    private readonly options: () => EngineOptions,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  static beside(extension: vscode.ExtensionContext, options: () => EngineOptions, log: vscode.LogOutputChannel): EngineClient {
    return new EngineClient(join(extension.extensionPath, 'dist', 'engine.js'), options, log);
  }

  async call<K extends keyof EngineContract>(
    method: K,
    params: EngineContract[K]['params'],
    options?: CallOptions<EngineContract[K]['progress']>,
  ): Promise<EngineContract[K]['result']> {
    const start = performance.now();
    try {
      const result = await this.running().connection.call(method, params, options);
      this.log.trace(`${method}: ${Math.round(performance.now() - start)} ms`);
      return result;
    } catch (error) {
      if (!isCancelled(error)) this.log.error(`${method}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  notify<K extends keyof EngineContract>(method: K, params: EngineContract[K]['params']): void {
    this.running().connection.notify(method, params);
  }

  get pid(): number | undefined {
    return this.engine?.child.pid;
  }

  private running(): RunningEngine {
    if (this.state.state === 'stopped') throw new UnitscopeError('engine.stopped', this.state.message);
    this.engine ??= this.start();
    return this.engine;
  }

  private start(): RunningEngine {
    const child = fork(this.script, [JSON.stringify(this.options())], {
      serialization: 'advanced',
      execArgv: [], // the extension host's own would open its debugger's port twice
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.log.info(`Engine started, process ${child.pid}`);
    const output = (text: string): void => this.log.warn(`engine: ${text.trimEnd()}`);
    child.stdout?.setEncoding('utf8').on('data', output);
    child.stderr?.setEncoding('utf8').on('data', output);
    const connection = connect<EngineContract, EngineHostContract>(
      processTransport(child),
      {
        log: ({ level, message }) => {
          this.log[level](message);
          return null;
        },
      },
      (error, method) => this.log.error(`${method}: ${String(error)}`),
    );
    const engine = { child, connection };
    child.once('exit', (code, signal) => this.ended(engine, signal ? `signal ${signal}` : `code ${code}`));
    child.once('error', (error) => this.ended(engine, error.message));
    clearInterval(this.health);
    this.health = setInterval(() => void this.checkHealth(engine), healthInterval);
    return engine;
  }

  private async checkHealth(engine: RunningEngine): Promise<void> {
    const late = setTimeout(() => this.log.warn('The engine has not answered for 20 seconds.'), healthInterval);
    try {
      const { memory } = await engine.connection.call('hello', {});
      this.log.debug(`Engine is well, ${Math.round(memory / 1e6)} MB`);
    } catch (error) {
      this.log.debug(`Engine did not answer: ${String(error)}`);
    } finally {
      clearTimeout(late);
    }
  }

  private ended(engine: RunningEngine, how: string): void {
    if (this.engine !== engine) return; // stopped on purpose
    this.engine = undefined;
    clearInterval(this.health);
    const message = `The Unitscope engine stopped unexpectedly (${how}). Restart it to go on; all results so far are kept.`;
    this.log.error(message);
    engine.connection.close(message);
    this.setState({ state: 'stopped', message });
  }

  /** Ends the running engine, if any; the next call starts a new one. */
  restart(): void {
    this.stop('The Unitscope engine was restarted.');
    this.setState({ state: 'running' });
  }

  private stop(sentence: string): void {
    const engine = this.engine;
    this.engine = undefined;
    clearInterval(this.health);
    engine?.connection.close(sentence);
    engine?.child.kill();
  }

  private setState(state: EngineState): void {
    this.state = state;
    this.changed.fire(state);
  }

  dispose(): void {
    this.stop('VS Code is closing.');
    this.changed.dispose();
  }
}
