import * as vscode from 'vscode';
import type { Services } from '../host/services';
import { ensureImages, ensureTrust } from './study';
import { registerCommand } from './register';
import { sessionOf, type Target } from './target';

/** Commands on the scan, the engine process and its cache. */
export function registerEngineCommands(services: Services): vscode.Disposable {
  const { sessions, engine, panels, log } = services;
  return vscode.Disposable.from(
    registerCommand('scan', log, async (target?: Target) => {
      const session = sessionOf(sessions, target);
      if ((await ensureTrust()) && (await ensureImages(services, session))) await session.record();
    }),
    registerCommand('cancelScan', log, (target?: Target) => sessionOf(sessions, target).cancelScan()),
    registerCommand('showPatches', log, (target?: Target) => panels.show(sessionOf(sessions, target).uri)),
    registerCommand('restartEngine', log, () => engine.restart()),
    registerCommand('showLog', log, () => log.show()),
    registerCommand('clearCache', log, async () => {
      const clear = 'Delete Results';
      const choice = await vscode.window.showWarningMessage(
        'Delete all results that Unitscope has kept? Models and images stay; scans start again.',
        { modal: true },
        clear,
      );
      if (choice !== clear) return;
      const { bytes } = await engine.call('cache.clear', {});
      for (const session of sessions.all()) session.studyChanged();
      void vscode.window.showInformationMessage(`Deleted ${(bytes / 1e6).toFixed(1)} MB of results.`);
    }),
  );
}
