import { basename } from 'node:path';
import { isCancelled, toUnitscopeError, UnitscopeError } from '../../../../protocol/errors';
import { needsEmbeddings, type RdmComparison, type RdmRecipe, type Reference } from '../../../../protocol/rdm';
import { joinedModel } from '../../../checkpoint/guard';
import { categoryRdm } from '../../../numerics/categories';
import type { PreprocessConfig } from '../../../../protocol/preprocess';
import type { OpenStudy } from '../../../study/openStudy';
import { computeBaseline, computeRdms, missingRdms, type RdmServices } from '../compute';
import { RdmQuestion } from '../question';
import type { RdmReader } from '../store';
import type { Study } from '../../../../protocol/scan';
import { alignRdm } from './alignment';
import { readRdmFile } from './rdmFile';

export interface ResolvedReference {
  name: string;
  /** Place in the question. */
  from: number;
  /** In the rows of the question; null: there is a problem. */
  pairs: Float32Array | null;
  problem: string | null;
  /** From a file: measured somewhere, not made here. */
  measured: boolean;
}

export interface ReferenceContext {
  services: RdmServices;
  reader: RdmReader;
  signal: AbortSignal;
  /** How far something is that has to be computed first. */
  report: (steps: { done: number; total: number }) => void;
  /** Opens another model over the same images. */
  useModel: <T>(model: string, preprocess: PreprocessConfig | undefined, unitAxes: Study['unitAxes'], work: (study: OpenStudy) => Promise<T>) => Promise<T>;
}

const baselineNames = { pixels: 'Pixels', luminance: 'Luminance', colour: 'Colour histogram' };

/** The references as RDMs over the rows of the question; what goes wrong with one is its problem, not the others'. */
export async function resolveReferences(
  question: RdmQuestion,
  comparison: RdmComparison,
  references: readonly Reference[],
  context: ReferenceContext,
): Promise<ResolvedReference[]> {
  const resolved: ResolvedReference[] = [];
  for (const [from, reference] of references.entries()) {
    try {
      for (const { name, pairs } of await rdmsOf(question, comparison, reference, context))
        resolved.push({ name, from, pairs, problem: null, measured: reference.kind === 'file' });
    } catch (error) {
      if (isCancelled(error)) throw error;
      const known = toUnitscopeError(error);
      if (known.code === 'internal' || known.code === 'engine.stopped') throw error;
      resolved.push({ name: nameOf(reference), from, pairs: null, problem: known.message, measured: false });
    }
  }
  return resolved;
}

export function nameOf(reference: Reference): string {
  switch (reference.kind) {
    case 'file':
      return reference.entry ?? basename(reference.path);
    case 'categories':
      return reference.column === null ? 'Classes' : `Categories: ${reference.column}`;
    case 'baseline':
      return baselineNames[reference.baseline];
    case 'model':
      return `${basename(reference.checkpoint ?? reference.model)} · ${reference.layer}`;
  }
}

async function rdmsOf(
  question: RdmQuestion,
  comparison: RdmComparison,
  reference: Reference,
  context: ReferenceContext,
): Promise<{ name: string; pairs: Float32Array }[]> {
  const embeddings = needsEmbeddings(comparison);
  const name = nameOf(reference);
  if (embeddings && (reference.kind === 'file' || reference.kind === 'categories'))
    throw new UnitscopeError('usage', `CKA compares embeddings, and ${name} is an RDM without them; compare by rho-a or another comparison of RDMs.`);
  switch (reference.kind) {
    case 'file':
      return await fromFile(question, reference);
    case 'categories': {
      const { stimuli } = question.study.parts.dataset;
      const labels =
        reference.column === null ? Array.from(question.indices, (index) => stimuli[index]!.label) : question.column(reference.column);
      return [{ name, pairs: categoryRdm(labels) }];
    }
    case 'baseline': {
      if (question.rows.partition) throw new UnitscopeError('usage', `${name} is of stimuli, and crossnobis compares classes; choose another measure.`);
      const asked = embeddings ? question.by('sqeuclidean/P') : question.recipe.measure === 'mahalanobis' ? question.by('correlation') : question;
      await computeBaseline(asked.study, reference.baseline, asked.recipe, asked.rows, context.services, context.signal);
      return [{ name, pairs: await asked.pairs(`baseline:${reference.baseline}`) }];
    }
    case 'model':
      return [{ name, pairs: await fromModel(question, embeddings, reference, context) }];
  }
}

async function fromFile(question: RdmQuestion, { path, entry }: Extract<Reference, { kind: 'file' }>): Promise<{ name: string; pairs: Float32Array }[]> {
  const { dataset } = question.study.parts;
  const entries = (await readRdmFile(path)).filter(({ name }) => entry === undefined || name === entry);
  if (entries.length === 0)
    throw new UnitscopeError('reference.unreadable', `${path} has no RDM named ${entry ?? ''} any more; choose one of those it has.`);
  const to = question.rows.partition
    ? { paths: question.rows.partition.names, columns: new Map<string, (string | null)[]>(), rows: Int32Array.from(question.indices, (_, i) => i) }
    : {
        paths: dataset.stimuli.map((stimulus) => stimulus.path),
        columns: new Map(dataset.summary.columns.map((column) => [column, dataset.column(column)])),
        rows: question.indices,
      };
  return entries.map((found) => ({ name: found.name, pairs: alignRdm(found, to, path) }));
}

async function fromModel(
  question: RdmQuestion,
  embeddings: boolean,
  { model, layer, checkpoint }: Extract<Reference, { kind: 'model' }>,
  { services, reader, signal, report, useModel }: ReferenceContext,
): Promise<Float32Array> {
  const path = checkpoint === undefined ? model : await joinedModel((method, params, options) => services.compute.call(method, params, options), { model, checkpoint, cache: services.cache }, signal);
  const recipe: RdmRecipe = embeddings ? { ...question.recipe, measure: 'sqeuclidean/P' } : question.recipe;
  // Whatever stands beside the model does not stand beside its copy with other weights.
  const { summary, preprocess: own, study: asked } = question.study.parts;
  const preprocess =
    summary.path === model
      ? own.config
      : checkpoint === undefined
        ? undefined
        : await useModel(model, undefined, {}, (study) => Promise.resolve(study.parts.preprocess.config));
  return await useModel(path, preprocess, summary.path === model ? asked.unitAxes : {}, async (study) => {
    const before = await RdmQuestion.ask(study, recipe, reader);
    if ((await missingRdms(study, [layer], recipe, before.rows)).length > 0) {
      const { failedLayers } = await computeRdms(study, [layer], recipe, services, signal, ({ done, total }) => report({ done, total }));
      if (failedLayers[0]) throw new UnitscopeError('layer.failed', failedLayers[0].message);
    }
    const other = await RdmQuestion.ask(study, recipe, reader);
    if (other.indices.length !== question.indices.length || other.indices.some((index, row) => index !== question.indices[row]))
      throw new UnitscopeError('layer.failed', `${model} and ${question.study.parts.summary.path} cannot read the same images; leave out those that are unreadable.`);
    return await other.pairs(layer);
  });
}
