import type { Dim, ImageInput, ReceptiveField } from '../../protocol/model';
import { functionKey, type OnnxModel } from './graph';
import { topologicalOrder, valuesRead } from './order';
import { arrangeRules } from './receptiveField/arrangeRules';
import { whole } from './receptiveField/axes';
import { TraceContext } from './receptiveField/context';
import { onePixel } from './receptiveField/field';
import { mixRules, unknownOperator } from './receptiveField/mixRules';
import { gridOf, type Trace } from './receptiveField/trace';
import { settled, windowRules } from './receptiveField/windowRules';
import type { Shapes } from './shapes';
import { nothingKnown, RuleContext } from './shapes/facts';
import { operatorKey } from './shapes/rules';

/** How the values that depend on the image relate to it, by name. Values that are the same for every image are absent. */
export type Traces = ReadonlyMap<string, Trace>;

const rules = new Map(Object.entries({ ...arrangeRules, ...windowRules, ...mixRules }));

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
    const isLocal = model.functions.has(functionKey(node.domain, node.op));
    const rule = isLocal || !node.inputs.some((name) => traces.has(name)) ? undefined : rules.get(operatorKey(node));
    const result = rule?.(context) ?? [];
    const outputs = Array.isArray(result) ? result : [result];
    node.outputs.forEach((name, i) => {
      if (name !== '') traces.set(name, checked(outputs[i], context.outputDims(i)) ?? unknownOperator(context, batch, i));
    });
  }
  return traces;
}

/** The receptive field of every value that depends on the image; null for values that do not. */
export function receptiveFields(traces: Traces, names: Iterable<string>, image: ImageInput): Map<string, ReceptiveField | null> {
  const result = new Map<string, ReceptiveField | null>();
  for (const name of names) {
    const trace = traces.get(name);
    result.set(name, trace ? receptiveField(trace, image) : null);
  }
  return result;
}

/**
 * A value's receptive field. Tokens [N, T, D] count as seeing everything even before any of them are mixed: rows and
 * columns cannot be told from a token's index by an offset and a stride. Where everything is seen, the size is that
 * of the image (0 where the file leaves it open), the offset 0 and the stride 0.
 */
export function receptiveField(trace: Trace, image: ImageInput): ReceptiveField {
  const grid = gridOf(trace);
  if (grid === null || grid.heightAxis > grid.widthAxis) {
    return { size: [image.height ?? 0, image.width ?? 0], stride: [0, 0], offset: [0, 0], kind: 'global' };
  }
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

/** A rule's result whose axes do not match the inferred shape is no result. */
function checked(trace: Trace | undefined, dims: readonly Dim[] | null): Trace | undefined {
  const rank = trace?.axes?.length;
  return rank === undefined || (dims !== null && dims.length !== rank) ? undefined : trace;
}
