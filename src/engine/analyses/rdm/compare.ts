import { UnitscopeError } from '../../../protocol/errors';
import { needsEmbeddings, type RdmComparison, type Reference, type ReferenceResult, type RsaResult } from '../../../protocol/rdm';
import { computeRdms } from './compute';
import type { RdmQuestion } from './question';
import { resolveReferences, type ReferenceContext } from './references/resolve';

/** Same bootstrap samples every time: a figure does not change when it is drawn again. */
const seed = 0;

/**
 * Layers with each other and with references (see `compute/compare.ts`). CKA is computed from squared Euclidean distances,
 * which are computed first where they are missing.
 * @throws rdm.missing where no layer has an RDM
 */
export async function compareLayers(
  question: RdmQuestion,
  layers: readonly string[],
  comparison: RdmComparison,
  references: readonly Reference[],
  context: ReferenceContext,
  report: (steps: { done: number; total: number }) => void,
): Promise<RsaResult> {
  const { services, signal } = context;
  let asked = question;
  if (needsEmbeddings(comparison)) {
    if (question.rows.partition) throw new UnitscopeError('usage', 'CKA compares stimuli, and crossnobis classes; choose another measure.');
    asked = question.by('sqeuclidean/P');
    await computeRdms(question.study, layers, asked.recipe, services, signal, () => undefined);
  }
  const ready: string[] = [];
  for (const { layer, state } of (await asked.set(layers)).layers) if (state === 'ready') ready.push(layer);
  if (ready.length === 0) throw new UnitscopeError('rdm.missing', 'No layer has an RDM yet: compute them first.');
  const resolved = await resolveReferences(question, comparison, references, context);
  const usable = resolved.filter(({ pairs }) => pairs !== null);
  const files = await Promise.all(ready.map((layer) => asked.path(layer)));
  const { matrix, intervals, ceiling, resamples, map } = await services.compute.call(
    'compute.compare',
    {
      comparison,
      files,
      references: usable.map(({ pairs }) => pairs!),
      measured: usable.flatMap(({ measured }, at) => (measured ? [at] : [])),
      seed,
    },
    { signal, onProgress: report },
  );
  const count = ready.length + usable.length;
  const at = (i: number, j: number): number => matrix[i * count + j]!;
  const square = (from: number, size: number): Float64Array =>
    Float64Array.from({ length: size * size }, (_, k) => at(from + Math.floor(k / size), from + (k % size)));
  return {
    comparison,
    layers: ready,
    matrix: square(0, ready.length),
    map,
    references: resolved.map(({ name, from, problem }, place): ReferenceResult => {
      const reference = usable.indexOf(resolved[place]!);
      if (reference < 0) return { name, from, problem, values: [] };
      const values = ready.map((layer, i) => {
        const value = at(i, ready.length + reference);
        return { layer, value: Number.isNaN(value) ? null : value, interval: intervals[reference]![i]! };
      });
      return { name, from, problem, values };
    }),
    between: square(ready.length, usable.length),
    ceiling: ceiling && { ...ceiling, references: usable.filter(({ measured }) => measured).length },
    resamples,
  };
}
