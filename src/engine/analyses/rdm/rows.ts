import { UnitscopeError } from '../../../protocol/errors';
import type { RdmRecipe } from '../../../protocol/rdm';
import { unusableImages } from '../../embeddings/usable';
import { sample, seeded } from '../../numerics/random';
import type { OpenStudy } from '../../study/openStudy';

/** What the rows of an RDM are. */
export interface Rows {
  /** Dataset index of the stimulus of each row of embeddings, ascending. */
  stimuli: Int32Array;
  /** For crossnobis: the rows of the RDM are the classes. */
  partition: { conditions: Int32Array; folds: Int32Array; names: string[] } | null;
}

/** Fewer stimuli have no pairs to compare. */
const fewest = 3;

/**
 * The stimuli that a recipe selects: readable images of the classes and column values asked for, or a sample of these
 * without replacement, in dataset order.
 * @throws usage where fewer than three are left
 */
export async function selectRows(study: OpenStudy, { stimuli: selection, measure, folds }: RdmRecipe): Promise<Rows> {
  const { dataset, identities } = study.parts;
  const unusable = await unusableImages(study);
  const labels = new Set(selection.labels);
  const values = selection.where && new Set(selection.where.values);
  const column = selection.where && dataset.column(selection.where.column);
  let chosen = dataset.stimuli
    .filter(
      ({ index, label }) =>
        identities[index] !== null &&
        !unusable.has(identities[index]!) &&
        (labels.size === 0 || labels.has(label ?? '')) &&
        (!values || values.has(column![index] ?? '')),
    )
    .map(({ index }) => index);
  if (selection.sample && selection.sample.count < chosen.length)
    chosen = Array.from(sample(selection.sample.count, chosen.length, seeded(selection.sample.seed)))
      .sort((a, b) => a - b)
      .map((at) => chosen[at]!);
  if (chosen.length < fewest)
    throw new UnitscopeError(
      'usage',
      `An RDM needs at least ${fewest} stimuli, but ${chosen.length === 0 ? 'none is' : chosen.length === 1 ? 'only 1 is' : `only ${chosen.length} are`} chosen of ${dataset.summary.path}; choose more images.`,
    );
  const stimuli = Int32Array.from(chosen);
  return { stimuli, partition: measure === 'crossnobis' ? partitionOf(study, stimuli, folds) : null };
}

function partitionOf(study: OpenStudy, stimuli: Int32Array, folds: string | undefined): NonNullable<Rows['partition']> {
  const { dataset } = study.parts;
  if (folds === undefined) throw new UnitscopeError('usage', 'Crossnobis needs a manifest column that says which fold an image belongs to.');
  const column = dataset.column(folds);
  const number = (of: (index: number) => string | null, what: string): { numbers: Int32Array; names: string[] } => {
    const names: string[] = [];
    const numbers = stimuli.map((index) => {
      const name = of(index);
      if (name === null || name === '')
        throw new UnitscopeError('usage', `${dataset.stimuli[index]!.path} has no ${what}; crossnobis needs one for every image.`);
      const at = names.indexOf(name);
      return at >= 0 ? at : names.push(name) - 1;
    });
    return { numbers, names };
  };
  const conditions = number((index) => dataset.stimuli[index]!.label, 'class');
  const parts = number((index) => column[index] ?? null, `value in the column ${folds}`);
  if (parts.names.length < 2) throw new UnitscopeError('usage', `The column ${folds} has only one value; crossnobis needs at least two folds.`);
  if (conditions.names.length < fewest) throw new UnitscopeError('usage', `Crossnobis compares classes: at least ${fewest} are needed.`);
  for (const [condition, name] of conditions.names.entries())
    for (const [fold, part] of parts.names.entries())
      if (!conditions.numbers.some((of, row) => of === condition && parts.numbers[row] === fold))
        throw new UnitscopeError('usage', `The class ${name} has no image in the fold ${part}; crossnobis needs one of every class in every fold.`);
  return { conditions: conditions.numbers, folds: parts.numbers, names: conditions.names };
}
