import { createHash } from 'node:crypto';
import { UnitscopeError } from '../../../protocol/errors';
import { needsEmbeddings, type RdmComparison, type Reference, type ReferenceResult, type RsaProgress, type RsaResult } from '../../../protocol/rdm';
import type { BootstrapAnswer, BootstrapTask, CompareAnswer } from '../../compute/contract';
import { Kept, shared } from '../../study/kept';
import { computeRdms } from './compute';
import type { RdmQuestion } from './question';
import { resolveReferences, type ReferenceContext, type ResolvedReference } from './references/resolve';

/** Same bootstrap samples every time: a figure does not change when it is drawn again. */
const seed = 0;

/** Intervals that are kept: a reference that is added leaves the others' as they are. */
export class KeptIntervals {
  private readonly kept = new Kept<BootstrapAnswer>(64);

  async get(task: BootstrapTask, make: () => Promise<BootstrapAnswer>): Promise<BootstrapAnswer> {
    const { comparison, files, reference } = task;
    const bytes = new Uint8Array(reference.buffer, reference.byteOffset, reference.byteLength);
    const hash = createHash('sha256').update(JSON.stringify([comparison, files])).update(bytes);
    return await this.kept.get(hash.digest('hex'), make);
  }
}

/**
 * Layers with each other and with references (see `compute/compare.ts`): first the values, as progress, then their intervals.
 * CKA is computed from squared Euclidean distances, which are computed first where they are missing.
 * @throws rdm.missing where no layer has an RDM
 */
export async function compareLayers(
  question: RdmQuestion,
  layers: readonly string[],
  comparison: RdmComparison,
  references: readonly Reference[],
  context: ReferenceContext & { intervals: KeptIntervals },
  report: (progress: RsaProgress) => void,
): Promise<RsaResult> {
  const { services, signal } = context;
  let asked = question;
  if (needsEmbeddings(comparison)) {
    if (question.rows.partition) throw new UnitscopeError('usage', 'CKA compares stimuli, and crossnobis classes; choose another measure.');
    asked = question.by('sqeuclidean/P');
    await computeRdms(question.study, layers, asked.recipe, services, signal, ({ done, total }) => report({ done, total }));
  }
  const ready: string[] = [];
  for (const { layer, state } of (await asked.set(layers)).layers) if (state === 'ready') ready.push(layer);
  if (ready.length === 0) throw new UnitscopeError('rdm.missing', 'No layer has an RDM yet: compute them first.');
  const resolved = await resolveReferences(question, comparison, references, context);
  const usable = resolved.flatMap(({ pairs, measured }) => (pairs ? [{ pairs, measured }] : []));
  const files = await Promise.all(ready.map((layer) => asked.path(layer)));
  const answer = await services.compute.call(
    'compute.compare',
    {
      comparison,
      files,
      references: usable.map(({ pairs }) => pairs),
      measured: usable.flatMap(({ measured }, at) => (measured ? [at] : [])),
      seed,
    },
    { signal, onProgress: report },
  );
  const without = resultOf(comparison, ready, resolved, answer, null);
  if (usable.length === 0) return without;

  report({ done: 0, total: 1, result: without });
  const shares = new Float64Array(usable.length);
  const intervals: BootstrapAnswer[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let at = next++; at < usable.length; at = next++) {
      const task: BootstrapTask = { comparison, files, reference: usable[at]!.pairs, seed };
      const onProgress = ({ done, total }: { done: number; total: number }): void => {
        shares[at] = done / total;
        report({ done: Math.round(1000 * shares.reduce((sum, share) => sum + share, 0)), total: 1000 * usable.length });
      };
      intervals[at] = await shared(() => context.intervals.get(task, () => services.compute.call('compute.bootstrap', task, { signal, onProgress })), signal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(services.compute.size, usable.length) }, lane));
  return resultOf(comparison, ready, resolved, answer, intervals);
}

function resultOf(
  comparison: RdmComparison,
  layers: string[],
  resolved: readonly ResolvedReference[],
  { matrix, map, ceiling }: CompareAnswer,
  intervals: readonly BootstrapAnswer[] | null,
): RsaResult {
  const usable = resolved.filter(({ pairs }) => pairs !== null);
  const count = layers.length + usable.length;
  const at = (i: number, j: number): number => matrix[i * count + j]!;
  const square = (from: number, size: number): Float64Array =>
    Float64Array.from({ length: size * size }, (_, k) => at(from + Math.floor(k / size), from + (k % size)));
  return {
    comparison,
    layers,
    matrix: square(0, layers.length),
    map,
    references: resolved.map((one): ReferenceResult => {
      const { name, from, problem } = one;
      const reference = usable.indexOf(one);
      if (reference < 0) return { name, from, problem, values: [] };
      const values = layers.map((layer, i) => {
        const value = at(i, layers.length + reference);
        return { layer, value: Number.isNaN(value) ? null : value, interval: intervals?.[reference]?.intervals[i] ?? null };
      });
      return { name, from, problem, values };
    }),
    between: square(layers.length, usable.length),
    ceiling: ceiling && { ...ceiling, references: usable.filter(({ measured }) => measured).length },
    resamples: intervals?.[0]?.resamples ?? 0,
  };
}
