import type { Dim, Layer, ReceptiveField } from '../../protocol/model';
import { isFloat, type OnnxModel, type OnnxNode } from './graph';
import { axesOf, type LayerAxes } from './layers/axes';
import { GraphIndex } from './layers/graphIndex';
import { LayerKinds } from './layers/kinds';
import { nameLayers } from './layers/names';
import { ParameterCounter } from './layers/parameters';
import { batchFirstCopies, findRoles, type Roles } from './layers/primary';
import { receptiveField, type Traces } from './receptiveField';
import { hasSpace } from './receptiveField/axes';
import { gridOf, type Trace } from './receptiveField/trace';
import type { Shapes } from './shapes';

/** How the graph's values depend on what is fed to it. */
export interface Dependence {
  /** Values that change with the image. */
  values: { has(name: string): boolean };
  /** Empty when the model has no single image input. */
  traces: Traces;
  /** Height and width, 0 where open; null when there is no single image input. */
  imageSize: [height: number, width: number] | null;
  /** First dimension of the image input. */
  batch: Dim;
}

/**
 * The layers of a model in topological order: every floating-point value of rank 2 or more that changes with the image.
 * Values whose shape is not known are listed with an empty shape: running the model completes them.
 */
export function describeLayers(model: OnnxModel, shapes: Shapes, dependence: Dependence): Layer[] {
  const index = new GraphIndex(model.graph, shapes, dependence.values);
  const values = index.order.flatMap((node) => node.outputs.map((value, output) => ({ node, value, output })));
  const layers = values.filter(({ value, output }) => isLayer(value, output, index));
  const names = new Set(layers.map(({ value }) => value));

  const roles = findRoles(index, (value) => names.has(value));
  const axes = new Map(layers.map(({ value }) => [value, axesOf(index.dims(value), dependence.traces.get(value), dependence.batch)]));
  const primary = findPrimary(index, roles, axes);
  const kinds = new LayerKinds(index, roles, (node) => losesSpace(node, dependence.traces));
  const parameters = new ParameterCounter(model, index);
  const labels = nameLayers(
    layers.map(({ node, value }) => ({ node, value, primary: primary.has(value) })),
    model.producerName,
  );
  return layers.map(({ node, value }, i): Layer => {
    const dims = index.dims(value);
    const trace = dependence.traces.get(value);
    const { unitAxis, positionAxes, batched } = axes.get(value)!;
    const units = dims?.[unitAxis];
    return {
      name: value,
      ...labels[i]!,
      op: node.op,
      node: node.name,
      kind: kinds.kindOf(value, node),
      dtype: shapes.get(value)?.dtype ?? '',
      shape: dims ? [...dims] : [],
      unitAxis,
      units: typeof units === 'number' ? units : null,
      positionAxes,
      batched,
      receptiveField: trace && dependence.imageSize ? fieldOf(trace, positionAxes, dependence.imageSize) : null,
      parameters: parameters.count(node),
      primary: primary.has(value),
    };
  });
}

function findPrimary(index: GraphIndex, roles: Roles, axes: ReadonlyMap<string, LayerAxes>): Set<string> {
  const primary = new Set([...axes.keys()].filter((value) => !roles.secondary.has(value)));
  const isBatched = (value: string) => axes.get(value)?.batched === true;
  for (const [value, copy] of batchFirstCopies(index, primary, isBatched)) {
    primary.delete(value);
    primary.add(copy);
  }
  for (const output of index.outputs) if (axes.has(output)) primary.add(output);
  return primary;
}

function isLayer(value: string, output: number, index: GraphIndex): boolean {
  if (value === '' || !index.isActivation(value)) return false;
  const { dims, dtype } = index.shapes.get(value) ?? { dims: null, dtype: null };
  // Further outputs are masks and statistics unless they are known to be numbers, as those of Split.
  if (dtype === null ? output > 0 : !isFloat(dtype)) return false;
  return dims === null || dims.length >= 2;
}

/** A field holds for positions that are a row and a column; where positions are anything else, all is seen. */
function fieldOf(trace: Trace, positionAxes: readonly number[], image: [height: number, width: number]): ReceptiveField {
  const grid = gridOf(trace);
  const isGrid = grid !== null && positionAxes.length === 2 && grid.heightAxis === positionAxes[0] && grid.widthAxis === positionAxes[1];
  return receptiveField(isGrid ? trace : { axes: trace.axes, seen: 'global' }, image);
}

function losesSpace(node: OnnxNode, traces: Traces): boolean {
  const spaceIn = traces.get(node.inputs[0] ?? '')?.axes?.some(hasSpace) === true;
  return spaceIn && traces.get(node.outputs[0] ?? '')?.axes?.some(hasSpace) !== true;
}
