import type { Cost, GraphNode, GraphScope, ModelGraph } from '../../protocol/graph';
import type { Dim, ImageInput, ModelSummary } from '../../protocol/model';
import { requiredInputs, type OnnxModel, type OnnxNode } from './graph';
import { operatorKind } from './layers/kinds';
import { Bodies } from './modelGraph/bodies';
import { totalOf, WeightFinder, type Weights } from './modelGraph/parameters';
import { quantizedFilters } from './modelGraph/quantization';
import { findRepeats } from './modelGraph/repeats';
import { moduleScopes } from './modelGraph/scopes';
import { workOf } from './modelGraph/work';
import { measureModel, type InferredModel } from './shapes';
import { addWork, noWork, type Work } from './shapes/work';

export interface GraphOptions {
  /** Shapes of inputs by name; they count more than what is assumed. */
  inputs?: Readonly<Record<string, readonly Dim[]>>;
  /** Height and width to assume for the image input where the file leaves them open. */
  imageSize?: readonly [number, number] | null;
  /** Bodies with nothing assumed, as `inferBodies` has them: values whose shapes follow from an assumption say these, too. */
  open?: InferredModel['bodies'];
}

/** A model's graph, and the nodes of the file that its nodes are, with the versions of operators that hold for them, by place. */
export interface OpenedGraph {
  graph: ModelGraph;
  nodes: readonly OnnxNode[];
  opsets: readonly ReadonlyMap<string, number>[];
}

/** Describes a model's graph with shapes and costs. Reads no weights, runs nothing. */
export function describeGraph(model: OnnxModel, summary: ModelSummary, options: GraphOptions = {}): OpenedGraph {
  const assumed = assumeInputs(model, summary, options);
  const measured = measureModel(model, { inputs: new Map(assumed.map(({ input, shape }) => [input, shape])) }, workOf);
  const all = new Bodies(model, measured, options.open);
  const weights = new WeightFinder(all);
  const { scopes, nodes } = moduleScopes(all, model.producerName);
  const repeats = findRepeats(all, scopes);
  const layers = new Map(summary.layers.map((layer) => [layer.name, layer]));
  // Nothing runs nodes of a cycle, or of a function that nobody calls.
  const work = all.nodes.map(({ node }) => measured.work.get(node) ?? { ...noWork, unknown: 1 });

  const quantized = quantizedFilters(all.nodes, all.values);
  const described = all.nodes.map(({ node, body, inputs, outputs, bodies }, place): GraphNode => {
    const layer = body === 0 ? node.outputs.map((name) => layers.get(name)).find((found) => found !== undefined) : undefined;
    const { name, op, domain } = node;
    return {
      body,
      ...nodes[place]!,
      name,
      op,
      domain,
      kind: layer?.kind ?? operatorKind(node),
      inputs,
      outputs,
      bodies,
      layer: layer?.name ?? null,
      ...(quantized.has(place) && { quantized: quantized.get(place)! }),
      cost: costOf(work[place]!, totalOf(weights.ofNodes[place]!)),
    };
  });
  const costOfAll = (members: readonly number[]): Cost =>
    costOf(members.reduce((sum, place) => addWork(sum, work[place]!), noWork), totalOf(union(members.map((place) => weights.ofNodes[place]!))));
  const main = all.bodies[0]!;
  return {
    graph: {
      bodies: all.bodies.map(({ kind, name, owner, inputs, outputs }) => ({ kind, name, owner, inputs, outputs })),
      nodes: described,
      values: all.values,
      scopes: scopes.map(({ body, path, parent, members }, i): GraphScope => ({ body, path, parent, nodes: members.length, cost: costOfAll(members), repeats: repeats[i]! })),
      total: { ...costOfAll(Array.from({ length: main.to - main.from }, (_, i) => main.from + i)), parameters: totalOf(weights.all) },
      assumed,
    },
    nodes: all.nodes.map(({ node }) => node),
    opsets: all.nodes.map(({ body }) => all.bodies[body]!.opsets),
  };
}

function union(all: readonly Weights[]): Weights {
  const result = new Map<Parameters<Weights['get']>[0], number>();
  for (const weights of all) for (const [weight, count] of weights) result.set(weight, count);
  return result;
}

function costOf({ macs, bytes, unknown }: Work, parameters: number): Cost {
  return { parameters, macs, activationBytes: bytes, unknown };
}

/** Shapes of the inputs that the file leaves open: one image, of the size that it is brought to. */
function assumeInputs(model: OnnxModel, { image }: ModelSummary, { inputs = {}, imageSize = null }: GraphOptions): ModelGraph['assumed'] {
  return requiredInputs(model.graph).flatMap(({ name, dims }) => {
    const given = inputs[name];
    if (given) return [{ input: name, shape: [...given] }];
    if (!dims?.some((dim) => typeof dim !== 'number')) return [];
    const size = 'input' in image && image.input.name === name ? sizeAt(image.input, imageSize) : [];
    const shape = dims.map((dim, axis) => (typeof dim === 'number' ? dim : axis === 0 ? 1 : (size[axis] ?? dim)));
    return [{ input: name, shape }];
  });
}

function sizeAt({ layout, channels }: ImageInput, size: readonly [number, number] | null): (number | null)[] {
  const [height, width] = size ?? [null, null];
  return layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
}
