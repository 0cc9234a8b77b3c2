import * as vscode from 'vscode';
import type { PatchesHostContract } from '../protocol/views';
import type { EngineClient } from '../host/engineClient';
import type { Memory } from '../host/memory';
import type { ModelSession } from '../host/modelSession';
import type { Sessions } from '../host/sessions';
import { openStimuli, run, sessionHandlers } from './sessionHandlers';
import { SessionPanels } from './sessionPanels';

interface PatchesServices {
  sessions: Sessions;
  engine: EngineClient;
  memory: Memory;
  log: vscode.LogOutputChannel;
}

/** The patches panels; each follows the layer that is selected in its model's editor. */
export function patchesPanels(extensionUri: vscode.Uri, services: PatchesServices): SessionPanels<PatchesHostContract> {
  const { engine, memory } = services;
  return new SessionPanels<PatchesHostContract>(extensionUri, services, {
    viewType: 'unitscope.patches',
    page: 'patches',
    title: 'Patches',
    handlers: (session: ModelSession) => {
      const source = (): { source: ReturnType<ModelSession['study']>['dataset'] } => ({ source: session.study().dataset });
      return {
        ...sessionHandlers(session),
        settings: () => memory.model(session.uri).patches,
        'settings.changed': async (patches) => {
          await memory.rememberModel(session.uri, { patches });
          return null;
        },
        table: (query, { signal }) => engine.call('patches.table', { study: session.study(), query }, { signal }),
        cut: (params, { signal, report }) =>
          engine.call('patches.cut', { study: session.study(), ...params }, { signal, onProgress: report }),
        unit: (params, { signal }) => engine.call('patches.unit', { study: session.study(), ...params }, { signal }),
        activation: (params, { signal }) => engine.call('patches.activation', { study: session.study(), ...params }, { signal }),
        picture: (params, { signal }) => engine.call('dataset.picture', { ...source(), ...params }, { signal }),
        stimuli: (params) => engine.call('dataset.stimuli', { ...source(), ...params }),
        'stimulus.open': ({ index }) => openStimuli(engine, session, [index]),
        'export.json': () => run('exportPatches', session),
        'export.sheet': ({ layer }) => run('exportContactSheet', session, layer),
        'export.command': ({ layer }) => run('copyAsCommandLine', session, layer),
      };
    },
  });
}
