import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import { queryCommands, type RetrievalHostContract, type RetrievalSettings, type RetrievalViewContract } from '../protocol/retrievalViews';
import type { EngineClient } from '../host/engineClient';
import type { Memory } from '../host/memory';
import type { ModelSession } from '../host/modelSession';
import { keepPasted, readImage } from '../host/retrievalFiles';
import { retrievalSettings } from '../host/retrievalMemory';
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
          return retrievalSettings(memory, session);
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
        picture: (params, { signal }) => engine.call('dataset.picture', { source: session.study().dataset, ...params }, { signal }),
        file: ({ path }) => readImage(path),
        column: async ({ column }) => {
          const counts = new Map<string, number>();
          for (const value of await engine.call('dataset.column', { source: session.study().dataset, column }))
            if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
          return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
        },
        root: () => rootAddress(session),
        'stimulus.open': ({ index }) => openStimuli(engine, session, [index]),
        'export.csv': () => run('exportNeighbors', session),
        'export.command': () => run('copyNeighborsAsCommandLine', session),
        'export.embeddings': () => run('exportEmbeddings', session),
        publish: () => run('publishEmbeddings', session),
      };
    },
  });
}

/** The folder of images as an address. */
function rootAddress(session: ModelSession): string {
  const { dataset } = session.state;
  if (dataset.state !== 'ready') throw new UnitscopeError('dataset.empty', 'Choose images first.');
  return vscode.Uri.file(dataset.value.root).toString();
}
