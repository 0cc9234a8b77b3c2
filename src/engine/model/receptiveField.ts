import type { Dim, ImageInput, ReceptiveField } from '../../protocol/model';
import { calledFunction, type OnnxModel } from './graph';
import { topologicalOrder, valuesRead } from './order';
import { arrangeRules, concat } from './receptiveField/arrangeRules';
import { hasSpace, isChannels, whole } from './receptiveField/axes';
import { TraceContext } from './receptiveField/context';
import { onePixel } from './receptiveField/field';
import { jointRules, mixRules, unknownOperator } from './receptiveField/mixRules';
import { everything, gridOf, type Trace } from './receptiveField/trace';
import { settled, windowRules } from './receptiveField/windowRules';
import type { Shapes } from './shapes';
import { productOf } from './shapes/dims';
import { nothingKnown, RuleContext } from './shapes/facts';
import { operatorKey } from './shapes/rules';

/** How the values that depend on the image relate to it, by name. Values that are the same for every image are absent. */
export type Traces = ReadonlyMap<string, Trace>;

const rules = new Map(Object.entries({ ...arrangeRules, ...windowRules, ...mixRules, ...jointRules, Concat: concat }));
const joint = new Set(['Concat', ...Object.keys(jointRules)]);

/** These read the shape of their input, or nothing of it: their outputs do not depend on what the image shows. */
const readsNoPixels = new Set(['Shape', 'Size', 'EyeLike', 'RandomNormalLike', 'RandomUniformLike', 'ConstantOfShape']);

/**
 * Follows the image through the graph in one pass: which axes of each value are batch, channels, height and width,
 * and what a position sees. An operator without a rule sees everything, so a field is never too small.
 */
export function traceImage(model: OnnxModel, shapes: Shapes, image: ImageInput): Traces {
  const traces = new Map<string, Trace>([[image.name, inputTrace(shapes.get(image.name)?.dims ?? null, image)]]);
  const batch = shapes.get(image.name)?.dims?.[0] ?? null;
  for (const node of topologicalOrder(model.graph.nodes)) {
    if (readsNoPixels.has(node.op) && node.domain === '') continue;
    if (!valuesRead(node).some((name) => traces.has(name))) continue;

    const facts = node.inputs.map((name) => (name === '' ? undefined : (shapes.get(name) ?? nothingKnown)));
    const context = new TraceContext(
      new RuleContext(node, model.opsets.get(node.domain) ?? 1, facts, () => nothingKnown),
      node.inputs.map((name) => traces.get(name)),
      node.outputs.map((name) => shapes.get(name)?.dims ?? null),
    );
    const outputs = applyRule(model, context);
    node.outputs.forEach((name, i) => {
      if (name !== '') traces.set(name, fitted(outputs[i], context.outputDims(i)) ?? unknownOperator(context, batch, i));
    });
  }
  return traces;
}

function applyRule(model: OnnxModel, context: TraceContext): Trace[] {
  const { node } = context;
  const inputs = context.imageInputs().length;
  // A model-local function may bear any name; a subgraph may read the image without being told of it.
  if (inputs === 0 || calledFunction(model, node)) return [];
  const result = rules.get(operatorKey(node))?.(context) ?? [];
  const outputs = Array.isArray(result) ? result : [result];
  return inputs > 1 && !joint.has(operatorKey(node)) ? outputs.map(everything) : outputs;
}

/** The receptive field of every value of the graph; null for values that do not depend on the image. */
export function receptiveFields(model: OnnxModel, shapes: Shapes, image: ImageInput): Map<string, ReceptiveField | null> {
  const traces = traceImage(model, shapes, image);
  const size = imageSize(shapes, image);
  const values = model.graph.nodes.flatMap((node) => node.outputs.filter((name) => name !== ''));
  return new Map(values.map((name) => [name, traces.has(name) ? receptiveField(traces.get(name)!, size) : null]));
}

/** Height and width of the image, 0 where they are open. */
export function imageSize(shapes: Shapes, image: ImageInput): [height: number, width: number] {
  const axes = image.layout === 'NCHW' ? [2, 3] : [1, 2];
  const [height, width] = axes.map((axis) => shapes.get(image.name)?.dims?.[axis]);
  return [typeof height === 'number' ? height : 0, typeof width === 'number' ? width : 0];
}

/**
 * A value's receptive field. Tokens [N, T, D] count as seeing everything even before any of them are mixed: rows and
 * columns cannot be told from a token's index by an offset and a stride. Where everything is seen, the size is that of
 * the image, the offset 0 and the stride 0.
 */
export function receptiveField(trace: Trace, image: [height: number, width: number]): ReceptiveField {
  const grid = gridOf(trace);
  if (grid === null || grid.heightAxis > grid.widthAxis) return { size: image, stride: [0, 0], offset: [0, 0], kind: 'global' };
  const { height, width, exact } = settled(grid);
  return {
    size: [height.size, width.size],
    stride: [height.stride, width.stride],
    offset: [height.offset, width.offset],
    kind: exact ? 'exact' : 'upper-bound',
  };
}

function inputTrace(dims: readonly Dim[] | null, { layout }: ImageInput): Trace {
  const roles = layout === 'NCHW' ? (['batch', 'channel', 'height', 'width'] as const) : (['batch', 'height', 'width', 'channel'] as const);
  return {
    axes: roles.map((role, axis) => whole(role, dims?.[axis] ?? null)),
    seen: { height: onePixel, width: onePixel, exact: true },
  };
}

/** A rule's result made to fit the inferred shape: a safety net, since what does not fit was not followed rightly. */
function fitted(trace: Trace | undefined, dims: readonly Dim[] | null): Trace | undefined {
  if (!trace?.axes || (dims !== null && dims.length !== trace.axes.length)) return undefined;
  const misfits = trace.axes.map((axis, at) => {
    const [size, known] = [productOf(axis.map((factor) => factor.size)), dims?.[at] ?? null];
    return size !== known && size !== null && known !== null;
  });
  if (!misfits.includes(true)) return trace;
  const axes = trace.axes.map((axis, at) => (misfits[at] ? whole(isChannels(axis) ? 'channel' : 'other', dims?.[at] ?? null) : axis));
  const isLost = trace.axes.some((axis, at) => misfits[at] === true && hasSpace(axis));
  return { axes, seen: isLost ? 'global' : trace.seen };
}
