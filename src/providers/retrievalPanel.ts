import * as vscode from 'vscode';
import { countValues } from '../protocol/dataset';
import { UnitscopeError } from '../protocol/errors';
import { queryCommands, type RetrievalHostContract, type RetrievalSettings, type RetrievalViewContract } from '../protocol/retrievalViews';
import type { EngineClient } from '../host/engineClient';
import type { Memory } from '../host/memory';
import type { ModelSession } from '../host/modelSession';
import { keepPasted, readImage } from '../host/retrievalFiles';
import type { Sessions } from '../host/sessions';
import { openStimuli, run, sessionHandlers } from './sessionHandlers';
import { SessionPanels } from './sessionPanels';

export type RetrievalPanels = SessionPanels<RetrievalHostContract, RetrievalViewContract>;

interface RetrievalServices {
  sessions: Sessions;
  engine: EngineClient;
  memory: Memory;
  log: vscode.LogOutputChannel;
  storage: vscode.Uri;
}

/** The retrieval panels. What is searched for in one is remembered with its model; commands change it, too, and tell the page. */
export function retrievalPanels(extensionUri: vscode.Uri, services: RetrievalServices): RetrievalPanels {
  const { engine, memory, storage } = services;
  return new SessionPanels<RetrievalHostContract, RetrievalViewContract>(extensionUri, services, {
    viewType: 'unitscope.retrieval',
    page: 'retrieval',
    title: 'Retrieval',
    handlers: (session, page) => {
      const remember = async (settings: RetrievalSettings): Promise<null> => {
        await memory.rememberModel(session.uri, { retrieval: settings });
        return null;
      };
      return {
        ...sessionHandlers(session),
        settings: async () => {
          const { retrievalView } = memory.model(session.uri);
          if (retrievalView) {
            await memory.rememberModel(session.uri, { retrievalView: undefined });
            setImmediate(() => page().notify('view.show', retrievalView)); // after the answer
          }
          return memory.model(session.uri).retrieval;
        },
        'settings.changed': remember,
        prepare: async (settings) => {
          await remember(settings);
          return await run('prepareEmbeddings', session);
        },
        search: (request, { signal, report }) =>
          engine.call('retrieval.query', { study: session.study(), request }, { signal, onProgress: report }),
        ranks: (params, { signal }) => engine.call('retrieval.ranks', { study: session.study(), ...params }, { signal }),
        local: (request, { signal, report }) =>
          engine.call('retrieval.local', { study: session.study(), request }, { signal, onProgress: report }),
        quality: (request, { signal, report }) =>
          engine.call('retrieval.quality', { study: session.study(), request }, { signal, onProgress: report }),
        'query.ask': ({ how }) => run(queryCommands[how], session),
        'query.set': (query) => run('searchFor', session, query),
        'query.paste': async ({ mime, data, paste }) => {
          const image = { path: await keepPasted(storage, mime, data), context: 1 };
          if (paste === 'region') page().notify('view.show', { view: 'region', image });
          else await run('searchFor', session, { kind: 'images', terms: [{ image, weight: 1 }] });
          return null;
        },
        'layers.choose': () => run('chooseQualityLayers', session),
        stimuli: ({ indices }) => engine.call('dataset.stimuli', { source: session.study().dataset, indices }),
        find: ({ path }) => engine.call('dataset.find', { source: session.study().dataset, path }),
        table: ({ table }, { signal }) => engine.call('retrieval.table', { study: session.study(), table }, { signal }),
        picture: (params, { signal }) => engine.call('dataset.picture', { source: session.study().dataset, ...params }, { signal }),
        file: ({ path }) => readImage(path),
        column: async ({ column }) => countValues(await engine.call('dataset.column', { source: session.study().dataset, column })),
        root: () => page().addressOf(rootOf(session)),
        'stimulus.open': ({ index }) => openStimuli(engine, session, [index]),
        'export.csv': () => run('exportNeighbors', session),
        'export.command': () => run('copyNeighborsAsCommandLine', session),
        'export.embeddings': () => run('exportEmbeddings', session),
        publish: () => run('publishEmbeddings', session),
      };
    },
  });
}

/** The folder of images. */
function rootOf(session: ModelSession): vscode.Uri {
  const { dataset } = session.state;
  if (dataset.state !== 'ready') throw new UnitscopeError('dataset.empty', 'Choose images first.');
  return vscode.Uri.file(dataset.value.root);
}
