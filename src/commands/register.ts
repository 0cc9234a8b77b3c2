import * as vscode from 'vscode';
import { isCancelled, toUnitscopeError } from '../protocol/errors';

/**
 * Registers a command whose failures the user hears in one sentence. A cancellation is no failure; a defect of ours goes
 * to the log with its stack.
 */
export function registerCommand<Args extends unknown[]>(
  name: string,
  log: vscode.LogOutputChannel,
  handler: (...args: Args) => unknown,
): vscode.Disposable {
  return vscode.commands.registerCommand(`unitscope.${name}`, async (...args: Args) => {
    try {
      return await handler(...args);
    } catch (thrown) {
      if (isCancelled(thrown)) return;
      const error = toUnitscopeError(thrown);
      if (error.code === 'internal') log.error(thrown instanceof Error ? thrown : String(thrown));
      const restart = 'Restart Engine';
      const showLog = 'Show Log';
      const choice = await vscode.window.showErrorMessage(error.message, ...(error.code === 'engine.stopped' ? [restart] : []), showLog);
      if (choice === restart) await vscode.commands.executeCommand('unitscope.restartEngine');
      if (choice === showLog) log.show();
    }
  });
}
