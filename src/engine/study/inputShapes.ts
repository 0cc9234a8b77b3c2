import { UnitscopeError } from '../../protocol/errors';
import type { Dim, ImageInput, Layer, ModelSummary } from '../../protocol/model';
import type { PreprocessConfig } from '../../protocol/preprocess';
import { resolvePreprocess } from '../dataset/preprocess';
import type { Shapes } from '../model/shapes';
import { openModel, withShapes, type OpenedModel } from '../model/summary';

type Known = ReadonlyMap<string, { dims: readonly Dim[]; dtype: string }>;

/** The shape of one batch of images at an input size. */
function inputDims({ layout, channels }: ImageInput, [height, width]: [number, number], batch: Dim): Dim[] {
  return layout === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels];
}

/** Height and width that images are brought to for a model; null where it takes no image, or where nothing valid says. */
export async function imageSizeOf(summary: ModelSummary, preprocess?: PreprocessConfig): Promise<[number, number] | null> {
  if ('problem' in summary.image) return null;
  try {
    return (await resolvePreprocess(summary, preprocess)).inputSize;
  } catch (error) {
    // A damaged preprocessing file is told where preprocessing is shown; the graph can be looked at without.
    if (error instanceof UnitscopeError && error.code === 'preprocess.invalid') return null;
    throw error;
  }
}

/**
 * A model described at the input size that preprocessing gives, so that shapes are numbers: those of batched layers but
 * for the batch, those of the others (windows folded into the batch) for one image.
 * @param run gives the shapes that values have when the model runs on one image, for those that cannot be inferred
 */
export async function describeAt(
  path: string,
  input: ImageInput,
  inputSize: [number, number],
  run: (values: string[]) => Promise<Known>,
): Promise<OpenedModel> {
  const at = (batch: Dim): ReadonlyMap<string, Dim[]> => new Map([[input.name, inputDims(input, inputSize, batch)]]);
  const many = openModel(path, { inputs: at(input.batch ?? 'N') });
  const one = openModel(path, { inputs: at(input.batch ?? 1) }).shapes;
  const first = forOneImage(many.summary, one);
  const unknown = first.layers.filter(hasUnknownShape).map((layer) => layer.name);
  if (unknown.length === 0) return { ...many, summary: first };
  const known = await run(unknown);
  const again = withShapes(many, known, input.batch ?? 1);
  return { ...again, summary: forOneImage(again.summary, one, known) };
}

function forOneImage(summary: ModelSummary, one: Shapes, known?: Known): ModelSummary {
  const layers = summary.layers.map((layer): Layer => {
    const dims = known?.get(layer.name)?.dims ?? one.get(layer.name)?.dims;
    if (dims?.length !== layer.shape.length) return layer;
    const shape = layer.shape.map((dim, axis) => (typeof dim === 'number' || (axis === 0 && layer.batched) ? dim : dims[axis]!));
    const units = shape[layer.unitAxis];
    return { ...layer, shape, units: typeof units === 'number' ? units : null };
  });
  return { ...summary, layers };
}

/** Whether a dimension other than the batch is open. */
export function hasUnknownShape(layer: Layer): boolean {
  return layer.shape.some((dim, axis) => typeof dim !== 'number' && !(axis === 0 && layer.batched));
}
