import * as vscode from 'vscode';
import type { Handlers } from '../protocol/method';
import { UnitscopeError } from '../protocol/errors';
import type { SessionHostContract } from '../protocol/views';
import type { ModelSession } from '../host/modelSession';

/** Runs one of our commands for a session; commands are the one place where things are done. */
export function run(command: string, session: ModelSession, layer?: string): Thenable<null> {
  const target = { unitscopeModel: session.uri.toString(), unitscopeLayer: layer };
  return vscode.commands.executeCommand(`unitscope.${command}`, target).then(() => null);
}

/** What every view of a session may ask for. */
export function sessionHandlers(session: ModelSession): Handlers<SessionHostContract> {
  return {
    ready: () => session.state,
    summary: () => {
      if (!session.summary) throw new UnitscopeError('model.unreadable', `${session.name} has not been read yet.`);
      return session.summary;
    },
    'layer.select': async ({ layer }) => {
      await session.select(layer);
      return null;
    },
    'layer.visualize': ({ layer }) => run('visualizeLayer', session, layer),
    'dataset.choose': () => run('chooseImages', session),
    'sample.open': () => run('openSample', session),
    'device.choose': () => run('chooseDevice', session),
    'preprocess.choose': () => run('choosePreprocessing', session),
    'scan.start': () => run('scan', session),
    'scan.cancel': () => run('cancelScan', session),
    'scan.showSkipped': () => run('showLog', session),
    'engine.restart': () => run('restartEngine', session),
    'trust.manage': () => vscode.commands.executeCommand('workbench.trust.manage').then(() => null),
    'log.show': () => run('showLog', session),
    'model.reload': async () => {
      await session.open();
      return null;
    },
  };
}
