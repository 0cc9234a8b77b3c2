import type { EngineContract } from '../../../protocol/engine';
import { UnitscopeError } from '../../../protocol/errors';
import type { Handlers } from '../../../protocol/method';
import { rdmRequestSchema, type RdmRequest } from '../../../protocol/rdm';
import type { Study } from '../../../protocol/scan';
import { rowStart } from '../../numerics/condensed';
import type { OpenStudy } from '../../study/openStudy';
import { arrange } from './arrange';
import { compareLayers, KeptIntervals } from './compare';
import { computeRdms, type RdmServices } from './compute';
import { estimate, rememberSpeed } from './estimate';
import { exportRdms } from './export';
import { rdmImage } from './image';
import { RdmQuestion } from './question';
import { readRdmFile } from './references/rdmFile';
import type { ReferenceContext } from './references/resolve';
import { RdmReader } from './store';

type RdmMethods = { [K in keyof EngineContract as K extends `rdm.${string}` ? K : never]: EngineContract[K] };

/** How the facade opens studies. */
export interface StudyAccess {
  read: <T>(study: Study, signal: AbortSignal, work: (open: OpenStudy, signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** After a look at the disk: images may have changed. */
  refresh: <T>(
    study: Study,
    signal: AbortSignal,
    report: (progress: EngineContract['rdm.compute']['progress']) => void,
    work: (open: OpenStudy, signal: AbortSignal) => Promise<T>,
  ) => Promise<T>;
}

/** Stimuli are laid out the same way every time. */
const seed = 0;

/** What the engine answers about RDMs. */
export function rdmHandlers({ read, refresh }: StudyAccess, services: () => RdmServices): Handlers<RdmMethods> {
  const reader = new RdmReader();
  const intervals = new KeptIntervals();

  function about<T>(
    { study, request }: { study: Study; request: RdmRequest },
    signal: AbortSignal,
    work: (question: RdmQuestion, layers: string[], signal: AbortSignal) => Promise<T> | T,
  ): Promise<T> {
    const { layers, ...recipe } = rdmRequestSchema.parse(request);
    return read(study, signal, async (open, stop) => await work(await RdmQuestion.ask(open, recipe, reader), layers, stop));
  }
  const context = (
    study: Study,
    signal: AbortSignal,
    report: ReferenceContext['report'],
  ): ReferenceContext & { intervals: KeptIntervals } => ({
    services: services(),
    reader,
    intervals,
    signal,
    report,
    useModel: (model, preprocess, unitAxes, work) => read({ ...study, model, preprocess, unitAxes }, signal, work),
  });

  return {
    'rdm.estimate': ({ study, request }, { signal }) => {
      const { layers, ...recipe } = rdmRequestSchema.parse(request);
      return read(study, signal, (open) => estimate(open, layers, recipe));
    },
    'rdm.compute': ({ study, request }, { signal, report }) => {
      const { layers, ...recipe } = rdmRequestSchema.parse(request);
      return refresh(study, signal, report, async (open, stop) => {
        const outcome = await computeRdms(open, layers, recipe, services(), stop, report);
        if (outcome.cached === 0) await rememberSpeed(open, outcome.done, outcome.seconds);
        return outcome;
      });
    },
    'rdm.set': (params, { signal }) => about(params, signal, (question, layers) => question.set(layers)),
    'rdm.arrange': (params, { signal }) =>
      about(params, signal, (question, _, stop) => arrange(question, params.layer, params.order, services().compute, stop)),
    'rdm.image': (params, { signal }) =>
      about(params, signal, async (question) =>
        rdmImage(await question.pairs(params.layer), question.count, params.rows, params.region, params.size),
      ),
    'rdm.pairs': (params, { signal }) =>
      about(params, signal, async (question) => {
        const answers: Float32Array[] = [];
        for (const layer of params.layers) answers.push(await pairsOf(question, layer, params.pairs));
        return answers;
      }),
    'rdm.compare': (params, { signal, report }) =>
      about(params, signal, (question, layers, stop) =>
        compareLayers(question, layers, params.comparison, params.references, context(params.study, stop, report), report),
      ),
    'rdm.layout': (params, { signal, report }) =>
      about(params, signal, async (question, _, stop) => {
        const { compute } = services();
        const asked = params.method === 'pca' ? question.by('euclidean') : question;
        if (params.method === 'pca') {
          if (question.rows.partition) throw new UnitscopeError('usage', 'PCA is of stimuli, and crossnobis compares classes; choose MDS.');
          await computeRdms(question.study, [params.layer], asked.recipe, services(), stop, ({ done, total }) => report({ done, total }));
        }
        const { path } = await asked.stored(params.layer);
        return await compute.call('compute.layout', { file: path, method: params.method, seed }, { signal: stop, onProgress: report });
      }),
    'rdm.column': (params, { signal }) => about(params, signal, (question) => question.column(params.column)),
    'rdm.entries': async ({ path }) => (await readRdmFile(path)).map(({ name, n, names }) => ({ name, stimuli: n, names })),
    'rdm.export': (params, { signal, report }) =>
      about(params, signal, (question, layers, stop) => exportRdms(question, layers, params, context(params.study, stop, report), report)),
  };
}

/** NaN where the layer has no RDM, and 0 for a stimulus with itself. */
async function pairsOf(question: RdmQuestion, layer: string, pairs: [number, number][]): Promise<Float32Array> {
  const n = question.count;
  const stored = await question.find(layer);
  if (!stored) return new Float32Array(pairs.length).fill(NaN);
  const distinct = pairs.filter(([a, b]) => a !== b);
  const values = await stored.readSome(distinct.map(([a, b]) => rowStart(Math.min(a, b), n) + Math.max(a, b)));
  let at = 0;
  return Float32Array.from(pairs, ([a, b]) => (a === b ? 0 : values[at++]!));
}
