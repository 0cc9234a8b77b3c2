import * as vscode from 'vscode';
import { needsEmbeddings, type RdmRequest } from '../protocol/rdm';
import type { RdmHostContract, RdmSettings, RdmViewContract } from '../protocol/rdmViews';
import type { Study } from '../protocol/scan';
import type { EngineClient } from '../host/engineClient';
import type { Memory } from '../host/memory';
import type { ModelSession } from '../host/modelSession';
import { confirmIfLong } from '../host/rdmEstimate';
import type { Sessions } from '../host/sessions';
import { openStimuli, run, sessionHandlers } from './sessionHandlers';
import { SessionPanels } from './sessionPanels';

export type RdmPanels = SessionPanels<RdmHostContract, RdmViewContract>;

interface RdmServices {
  sessions: Sessions;
  engine: EngineClient;
  memory: Memory;
  log: vscode.LogOutputChannel;
}

/** What the panel's settings ask of the engine. */
export function rdmQuestion(session: ModelSession, { layers, recipe }: RdmSettings): { study: Study; request: RdmRequest } {
  return { study: session.study(), request: { ...recipe, layers } };
}

/** The RDM panels. What is chosen in one is remembered with its model; commands change it, too, and tell the page. */
export function rdmPanels(extensionUri: vscode.Uri, services: RdmServices): RdmPanels {
  const { engine, memory } = services;
  return new SessionPanels<RdmHostContract, RdmViewContract>(extensionUri, services, {
    viewType: 'unitscope.rdm',
    page: 'rdm',
    title: 'RDM',
    handlers: (session, page) => {
      const settings = (): RdmSettings => memory.model(session.uri).rdm;
      const question = (of: Partial<RdmSettings> = {}): ReturnType<typeof rdmQuestion> => rdmQuestion(session, { ...settings(), ...of });
      const remember = async (rdm: RdmSettings): Promise<null> => {
        await memory.rememberModel(session.uri, { rdm });
        return null;
      };
      return {
        ...sessionHandlers(session),
        settings: async () => {
          const { rdm, rdmView } = memory.model(session.uri);
          if (rdmView) {
            await memory.rememberModel(session.uri, { rdmView: undefined });
            setImmediate(() => page().notify('view.show', rdmView)); // after the answer
          }
          return rdm;
        },
        'settings.changed': remember,
        compute: async (rdm) => {
          await remember(rdm);
          return await run('computeChosenRdms', session);
        },
        'layers.choose': () => run('chooseRdmLayers', session),
        'stimuli.choose': () => run('chooseRdmStimuli', session),
        'measure.choose': (params) => run('chooseRdmMeasure', session, params),
        'reference.add': () => run('compareWithReference', session),
        set: (_, { signal }) => engine.call('rdm.set', question(), { signal }),
        arrange: ({ recipe, ...params }, { signal }) =>
          engine.call('rdm.arrange', { ...question({ recipe }), ...params }, { signal }),
        image: ({ recipe, ...params }, { signal }) =>
          engine.call('rdm.image', { ...question({ recipe }), ...params }, { signal }),
        pairs: ({ recipe, ...params }, { signal }) =>
          engine.call('rdm.pairs', { ...question({ recipe }), ...params }, { signal }),
        compare: async (_, { signal, report }) => {
          const { comparison, references } = settings();
          const { study, request } = question();
          if (needsEmbeddings(comparison)) await confirmIfLong(engine, study, { ...request, measure: 'sqeuclidean/P' });
          for (const reference of references)
            if (reference.kind === 'model' && reference.checkpoint === undefined)
              await confirmIfLong(engine, { ...study, model: reference.model, preprocess: undefined, unitAxes: {} }, { ...request, layers: [reference.layer] });
          return await engine.call('rdm.compare', { ...question(), comparison, references }, { signal, onProgress: report });
        },
        layout: async ({ recipe, ...params }, { signal, report }) => {
          const { study, request } = question({ recipe });
          if (params.method === 'pca') await confirmIfLong(engine, study, { ...request, measure: 'euclidean', layers: [params.layer] });
          return await engine.call('rdm.layout', { study, request, ...params }, { signal, onProgress: report });
        },
        column: ({ recipe, ...params }, { signal }) =>
          engine.call('rdm.column', { ...question({ recipe }), ...params }, { signal }),
        picture: (params, { signal }) => engine.call('dataset.picture', { source: session.study().dataset, ...params }, { signal }),
        'stimuli.open': ({ indices }) => openStimuli(engine, session, indices),
        'export.data': () => run('exportRdms', session),
        'export.picture': (picture) => run('exportRdmPicture', session, picture),
        'export.python': (figure) => run('copyRdmAsPython', session, figure),
        'export.command': () => run('copyRdmAsCommandLine', session),
      };
    },
  });
}
