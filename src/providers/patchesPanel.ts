import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import type { PatchesHostContract } from '../protocol/views';
import type { EngineClient } from '../host/engineClient';
import type { LocalFiles } from '../host/localFiles';
import type { Memory } from '../host/memory';
import type { ModelSession } from '../host/modelSession';
import { otherStudy } from '../host/otherModel';
import type { Sessions } from '../host/sessions';
import { openStimuli, run, sessionHandlers } from './sessionHandlers';
import { SessionPanels } from './sessionPanels';

interface PatchesServices {
  sessions: Sessions;
  engine: EngineClient;
  memory: Memory;
  files: LocalFiles;
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
        'unit.taken': () => {
          session.unitShown();
          return null;
        },
        'other.choose': () => run('compareUnitsWith', session),
        'other.leave': async () => {
          await session.compareWith(undefined);
          return null;
        },
        'other.record': async ({ layer }, { signal, report }) => {
          const layers = session.layer(layer)?.primary === false ? [layer] : undefined;
          const { failedLayers } = await engine.call('study.scan', { study: await otherStudy(session, services), layers }, { signal, onProgress: report });
          const failed = failedLayers.find((one) => one.layer === layer);
          if (failed) throw new UnitscopeError('layer.failed', failed.message);
          return null;
        },
        'other.unit': async (params, { signal }) => {
          const { model } = await otherStudy(session, services);
          return await engine.call('patches.compareUnit', { study: session.study(), other: model, ...params }, { signal });
        },
        'other.activation': async (params, { signal }) => engine.call('patches.activation', { study: await otherStudy(session, services), ...params }, { signal }),
        'export.json': () => run('exportPatches', session),
        'export.sheet': ({ layer }) => run('exportContactSheet', session, layer),
        'export.command': ({ layer }) => run('copyAsCommandLine', session, layer),
      };
    },
  });
}
