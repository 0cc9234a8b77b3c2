import * as path from 'node:path';
import type { Dim, ImageInput, ModelSummary, ValueSummary } from '../../protocol/model';
import { fileSize } from '../io/rangedFile';
import { requiredInputs, subgraphs, tensorAttribute, type OnnxGraph, type OnnxModel, type TensorRef, type ValueInfo } from './graph';
import { findImageInput } from './imageInput';
import { describeLayers, type Dependence } from './layers';
import { totalParameters } from './layers/parameters';
import { readModel } from './onnx';
import { topologicalOrder, valuesRead } from './order';
import { imageSize, traceImage } from './receptiveField';
import { inferBodies, inferShapes, type InferredModel, type ShapeOptions, type Shapes } from './shapes';

export interface OpenedModel {
  model: OnnxModel;
  shapes: Shapes;
  /** Of all bodies, the main graph included. */
  bodies: InferredModel['bodies'];
  summary: ModelSummary;
  options: ShapeOptions;
}

/** Shapes and types of values as found by running the model. */
export type KnownShapes = ReadonlyMap<string, { dims: readonly Dim[]; dtype: string }>;

/** Reads and describes a model without running it or reading its weights. Throws `model.unreadable`. */
export function openModel(file: string, options: ShapeOptions = {}): OpenedModel {
  const model = readModel(file);
  return describe(model, options);
}

function describe(model: OnnxModel, options: ShapeOptions): OpenedModel {
  const { main: shapes, bodies } = inferBodies(model, options);
  return { model, shapes, bodies, summary: summarizeModel(model, shapes), options };
}

/**
 * Describes a model anew with shapes that running it has shown. They fill in what the file leaves open; `batch` is
 * the number of images they were found with, so that a first axis of that size can be taken for the batch.
 */
export function withShapes(opened: OpenedModel, known: KnownShapes, batch: number): OpenedModel {
  const { model } = opened;
  const image = opened.summary.image;
  const symbol = 'input' in image ? (opened.shapes.get(image.input.name)?.dims?.[0] ?? null) : null;
  const named = new Map([...known].map(([name, { dims, dtype }]) => [name, { dims: withBatch(dims, batch, symbol), dtype }]));
  return describe(model, { ...opened.options, known: named });
}

function withBatch(dims: readonly Dim[], batch: number, symbol: Dim): readonly Dim[] {
  return typeof symbol === 'string' && dims[0] === batch ? [symbol, ...dims.slice(1)] : dims;
}

/** What the engine tells about a model without running it. */
export function summarizeModel(model: OnnxModel, shapes: Shapes = inferShapes(model)): ModelSummary {
  const { graph } = model;
  const image = findImageInput(model, shapes);
  const dependence: Dependence = 'input' in image ? onImage(model, shapes, image.input) : onInputs(graph, shapes);
  return {
    path: model.path,
    format: 'onnx',
    size: model.size,
    externalData: externalFiles(model),
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
    irVersion: model.irVersion,
    opsets: [...model.opsets].map(([domain, version]) => ({ domain, version })),
    metadata: Object.fromEntries(model.metadata),
    docString: model.docString,
    graphName: graph.name,
    nodeCount: graph.nodes.length,
    parameters: totalParameters(model),
    inputs: requiredInputs(graph).map(valueSummary),
    outputs: graph.outputs.map((output) => outputSummary(output, shapes)),
    image,
    layers: describeLayers(model, shapes, dependence),
  };
}

function onImage(model: OnnxModel, shapes: Shapes, image: ImageInput): Dependence {
  const traces = traceImage(model, shapes, image);
  return { values: traces, traces, imageSize: imageSize(shapes, image), batch: shapes.get(image.name)?.dims?.[0] ?? null };
}

/** A model that one image cannot drive is shown all the same, without receptive fields. */
function onInputs(graph: OnnxGraph, shapes: Shapes): Dependence {
  const inputs = requiredInputs(graph);
  const values = new Set(inputs.map(({ name }) => name));
  for (const node of topologicalOrder(graph.nodes)) {
    if (node.op === 'Shape' || node.op === 'Size' || !valuesRead(node).some((name) => values.has(name))) continue;
    for (const name of node.outputs) values.add(name);
  }
  const likeImage = inputs.find(({ dims }) => dims?.length === 4) ?? inputs[0];
  return { values, traces: new Map(), imageSize: null, batch: shapes.get(likeImage?.name ?? '')?.dims?.[0] ?? null };
}

function valueSummary({ name, dtype, dims }: ValueInfo): ValueSummary {
  return { name, dtype, shape: dims ?? [] };
}

function outputSummary(output: ValueInfo, shapes: Shapes): ValueSummary {
  const inferred = shapes.get(output.name);
  return { name: output.name, dtype: output.dtype || (inferred?.dtype ?? ''), shape: [...(inferred?.dims ?? output.dims ?? [])] };
}

/** The size of a model with the files that it keeps its weights in. */
export function totalBytes({ size, externalData }: ModelSummary): number {
  return externalData.reduce((sum, file) => sum + (file.size ?? 0), size);
}

function externalFiles(model: OnnxModel): ModelSummary['externalData'] {
  const files = new Set<string>();
  for (const { data } of allTensors(model.graph)) if (data.kind === 'external') files.add(data.file);
  const folder = path.dirname(model.path);
  return [...files].map((file) => ({ file: path.relative(folder, file).split(path.sep).join('/'), size: fileSize(file) }));
}

function* allTensors(graph: OnnxGraph): Generator<TensorRef> {
  yield* graph.initializers.values();
  for (const { values } of graph.sparseInitializers.values()) yield values;
  for (const node of graph.nodes) {
    const tensor = tensorAttribute(node, 'value');
    if (tensor) yield tensor;
    for (const inner of subgraphs(node)) yield* allTensors(inner);
  }
}
