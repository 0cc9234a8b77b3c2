import type { Dim } from '../../protocol/model';
import { UnitscopeError } from '../../protocol/errors';
import { functionKey, type OnnxFunction, type OnnxModel, type OnnxNode, type TensorRef, type ValueInfo } from './graph';
import { topologicalOrder } from './order';
import { canonical, substitute } from './shapes/dims';
import { fact, MOST_ELEMENTS, nothingKnown, RuleContext, type Fact } from './shapes/facts';
import { shapeRule } from './shapes/rules';
import { TensorReader } from './tensorData';

/** What is known about every value of the graph, initializers and inputs included, by its name. */
export type Shapes = ReadonlyMap<string, Fact>;

export interface ShapeOptions {
  /** Shapes to assume for graph inputs, by name: `[1, 3, 224, 224]` resolves what is symbolic in the file. */
  inputs?: ReadonlyMap<string, readonly Dim[]>;
  /** Shapes and types found by running the model; they fill in what cannot be inferred. */
  known?: ReadonlyMap<string, { dims: readonly Dim[]; dtype: string }>;
}

/** Functions may call functions; deeper nesting is damage. */
const DEEPEST_CALL = 32;

/** Lists of float numbers matter only as scales of Resize and constants of activations. */
const MOST_FLOATS = 16;

/**
 * Infers the shape and element type of every value: by the rule of each operator, else from what the file declares,
 * else from `known`. What an operator's rule says counts more than a declaration, which editing a model leaves stale.
 * Never throws for a model that could be read: what cannot be inferred is null.
 */
export function inferShapes(model: OnnxModel, options: ShapeOptions = {}): Shapes {
  const inference = new Inference(model, options);
  try {
    return inference.run();
  } finally {
    inference.close();
  }
}

class Inference {
  private readonly facts = new Map<string, Fact>();
  private readonly declared = new Map<string, ValueInfo>();
  /** What the caller's shapes of inputs say about symbols of the file. */
  private readonly values = new Map<string, number | string>();
  private readonly reader: TensorReader;

  constructor(
    private readonly model: OnnxModel,
    private readonly options: ShapeOptions,
  ) {
    this.reader = new TensorReader(model);
  }

  close(): void {
    this.reader.close();
  }

  run(): Shapes {
    const { graph } = this.model;
    for (const [name, info] of graph.valueInfos) this.declared.set(name, info);
    for (const info of graph.outputs) if (!this.declared.has(info.name)) this.declared.set(info.name, info);
    for (const input of graph.inputs) this.facts.set(input.name, this.inputFact(input));
    for (const [name, tensor] of graph.initializers) this.facts.set(name, this.tensorFact(tensor));
    for (const [name, sparse] of graph.sparseInitializers) this.facts.set(name, fact([...sparse.dims], sparse.values.dtype));

    for (const node of topologicalOrder(graph.nodes)) {
      const outputs = this.outputsOf(node, this.facts, this.model.opsets, 0);
      node.outputs.forEach((name, i) => {
        if (name !== '') this.facts.set(name, this.complete(name, outputs[i] ?? nothingKnown));
      });
    }
    return this.facts;
  }

  private outputsOf(node: OnnxNode, facts: ReadonlyMap<string, Fact>, opsets: ReadonlyMap<string, number>, depth: number): Fact[] {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : (facts.get(name) ?? nothingKnown)));
    const local = this.model.functions.get(functionKey(node.domain, node.op));
    if (local) return depth < DEEPEST_CALL ? this.callFunction(local, node, inputs, depth + 1) : [];
    const rule = shapeRule(node);
    if (!rule) return [];
    const result = rule(new RuleContext(node, opsets.get(node.domain) ?? 1, inputs, (ref) => this.tensorFact(ref)));
    return Array.isArray(result) ? result : [result];
  }

  private callFunction(body: OnnxFunction, call: OnnxNode, inputs: readonly (Fact | undefined)[], depth: number): Fact[] {
    const facts = new Map<string, Fact>();
    body.inputs.forEach((name, i) => facts.set(name, inputs[i] ?? nothingKnown));
    for (const node of topologicalOrder(body.nodes)) {
      const outputs = this.outputsOf(withAttributesOf(node, call), facts, body.opsets, depth);
      node.outputs.forEach((name, i) => facts.set(name, outputs[i] ?? nothingKnown));
    }
    return body.outputs.map((name) => facts.get(name) ?? nothingKnown);
  }

  /** Dimensions without a name get one, so that equal ones are recognised further down. */
  private inputFact(input: ValueInfo): Fact {
    const given = this.options.inputs?.get(input.name);
    const dims = input.dims?.map((dim, axis) => {
      const wanted = given?.[axis] ?? null;
      if (typeof dim === 'string' && wanted !== null) this.values.set(dim, wanted);
      return wanted ?? canonical(dim) ?? (axis === 0 ? 'batch' : `${input.name}[${axis}]`);
    });
    return fact(dims ?? (given ? [...given] : null), input.dtype || null);
  }

  /** Adds what the file declares and what the caller knows to what was inferred. */
  private complete(name: string, inferred: Fact): Fact {
    const info = this.declared.get(name);
    const known = this.options.known?.get(name);
    if (!info && !known) return inferred;
    const declaredDims = info?.dims?.map((dim) => substitute(canonical(dim), this.values)) ?? null;
    const declaredDtype = info && info.dtype !== '' ? info.dtype : null;
    let dims = fill(inferred.dims, declaredDims);
    if (known) dims = fill(dims, known.dims);
    return { dims, dtype: inferred.dtype ?? declaredDtype ?? known?.dtype ?? null, elements: inferred.elements };
  }

  private tensorFact(ref: TensorRef): Fact {
    return fact([...ref.dims], ref.dtype, this.elementsOf(ref));
  }

  private elementsOf(ref: TensorRef): number[] | null {
    const isWhole = ref.dtype.includes('int') || ref.dtype === 'bool';
    if (ref.elementCount > (isWhole ? MOST_ELEMENTS : MOST_FLOATS) || ref.dtype === 'string') return null;
    try {
      return Array.from<number | bigint, number>(this.reader.read(ref).data, Number);
    } catch (error) {
      // An external data file may be missing: the graph can be looked at all the same.
      if (error instanceof UnitscopeError) return null;
      throw error;
    }
  }
}

function fill(dims: Dim[] | null, other: readonly Dim[] | null): Dim[] | null {
  if (dims === null || other === null) return dims ?? (other && [...other]);
  if (dims.length !== other.length) return dims;
  return dims.map((dim, axis) => dim ?? other[axis] ?? null);
}

/** A function's node with attributes that refer to the call's attributes resolved. */
function withAttributesOf(node: OnnxNode, call: OnnxNode): OnnxNode {
  if (![...node.attributes.values()].some(({ type }) => type === 'reference')) return node;
  const attributes = new Map(node.attributes);
  for (const [name, attribute] of node.attributes) {
    if (attribute.type !== 'reference') continue;
    const value = call.attributes.get(attribute.value);
    if (value) attributes.set(name, value);
    else attributes.delete(name);
  }
  return { ...node, attributes };
}
