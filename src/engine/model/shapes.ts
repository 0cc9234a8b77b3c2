import type { Dim } from '../../protocol/model';
import { UnitscopeError } from '../../protocol/errors';
import { calledFunction, type OnnxFunction, type OnnxGraph, type OnnxModel, type OnnxNode, type TensorRef, type ValueInfo } from './graph';
import { topologicalOrder, valuesRead } from './order';
import { BodyFacts } from './shapes/bodyFacts';
import { controlFlow, type RunBody } from './shapes/controlFlow';
import { canonical, substitute } from './shapes/dims';
import { fact, MOST_ELEMENTS, nothingKnown, RuleContext, type Fact } from './shapes/facts';
import { shapeRule } from './shapes/rules';
import { addWork, noWork, type Work } from './shapes/work';
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

/** Nodes inside functions and subgraphs that are looked at in all: functions that call functions twice each grow without bound. */
const MOST_INNER_NODES = 200_000;

/** Lists of float numbers matter only as scales of Resize and constants of activations. */
const MOST_FLOATS = 16;

/**
 * Infers the shape and element type of every value: by the rule of each operator, else from what the file declares,
 * else from `known`. What an operator's rule says counts more than a declaration, which editing a model leaves stale.
 * Never throws for a model that could be read: what cannot be inferred is null.
 */
export function inferShapes(model: OnnxModel, options: ShapeOptions = {}): Shapes {
  return inferBodies(model, options).main;
}

export interface InferredModel {
  main: Shapes;
  /** By body: graphs inside nodes too, with what the node gives them, and functions as their first call has them. */
  bodies: ReadonlyMap<OnnxGraph | OnnxFunction, BodyFacts>;
}

/** `inferShapes` for all bodies. */
export function inferBodies(model: OnnxModel, options: ShapeOptions = {}): InferredModel {
  return infer(model, options, null);
}

/** What a node takes to compute, from what is known about its inputs and outputs. Asked of nodes whose outputs depend on what is fed. */
export type Measure = (context: RuleContext, outputs: readonly Fact[]) => Work;

export interface MeasuredModel extends InferredModel {
  /** By node of any body; of those in functions in the first call, of those in loops once. All that is inside a node is in its own. */
  work: ReadonlyMap<OnnxNode, Work>;
}

/** `inferBodies`, with what every node takes. */
export function measureModel(model: OnnxModel, options: ShapeOptions, measure: Measure): MeasuredModel {
  return infer(model, options, measure);
}

function infer(model: OnnxModel, options: ShapeOptions, measure: Measure | null): MeasuredModel {
  const inference = new Inference(model, options, measure);
  try {
    inference.run();
    return inference;
  } finally {
    inference.close();
  }
}

/** Where a body runs. */
interface Frame {
  facts: BodyFacts;
  opsets: ReadonlyMap<string, number>;
  /** The call that a function's body answers: its attributes are what references in the body stand for. */
  call: OnnxNode | null;
  /** Functions that are being called: none may call itself. */
  calls: readonly OnnxFunction[];
  depth: number;
  /** Whether this is the run of the body that is told. */
  told: boolean;
}

class Inference implements MeasuredModel {
  readonly bodies = new Map<OnnxGraph | OnnxFunction, BodyFacts>();
  readonly work = new Map<OnnxNode, Work>();
  /** What the caller's shapes of inputs say about symbols of the file. */
  private readonly values = new Map<string, number | string>();
  private readonly reader: TensorReader;
  private readonly facts = new BodyFacts(null);
  /** The call of each function that is told: in a loop it comes again, each time with more that is known to stay the same. */
  private readonly firstCalls = new Map<OnnxFunction, OnnxNode>();
  private innerNodes = 0;

  constructor(
    private readonly model: OnnxModel,
    private readonly options: ShapeOptions,
    private readonly measure: Measure | null,
  ) {
    this.reader = new TensorReader(model);
  }

  get main(): Shapes {
    return this.facts.own;
  }

  close(): void {
    this.reader.close();
  }

  run(): void {
    const { graph, opsets } = this.model;
    for (const input of graph.inputs) this.facts.set(input.name, this.inputFact(input), true);
    this.enter(graph, this.facts);
    this.runNodes(graph.nodes, { facts: this.facts, opsets, call: null, calls: [], depth: 0, told: true });
    this.bodies.set(graph, this.facts);
  }

  /** Takes up what a graph declares and holds. */
  private enter(graph: OnnxGraph, facts: BodyFacts): void {
    for (const [name, info] of graph.valueInfos) facts.declared.set(name, info);
    for (const info of graph.outputs) if (!facts.declared.has(info.name)) facts.declared.set(info.name, info);
    for (const [name, tensor] of graph.initializers) facts.set(name, this.tensorFact(tensor), false);
    for (const [name, sparse] of graph.sparseInitializers) facts.set(name, fact([...sparse.dims], sparse.values.dtype), false);
  }

  private runNodes(nodes: readonly OnnxNode[], frame: Frame): Work {
    let total = noWork;
    for (const node of topologicalOrder(nodes)) {
      if (frame.depth > 0 && ++this.innerNodes > MOST_INNER_NODES) return { ...total, unknown: total.unknown + 1 };
      const varies = this.measure !== null && this.varies(node, frame.facts);
      const { outputs, work } = this.runNode(node, frame, varies);
      node.outputs.forEach((name, i) => {
        if (name !== '') frame.facts.set(name, this.complete(name, outputs[i] ?? nothingKnown, frame.facts), varies);
      });
      if (this.measure === null) continue;
      if (frame.told) this.work.set(node, work);
      total = addWork(total, work);
    }
    return total;
  }

  /** Shapes are the same for every image; what nothing is fed to is too, unless it is random. */
  private varies(node: OnnxNode, facts: BodyFacts): boolean {
    if (node.op === 'Shape' || node.op === 'Size') return false;
    return node.op.startsWith('Random') || valuesRead(node).some((name) => facts.varies(name));
  }

  private runNode(node: OnnxNode, frame: Frame, varies: boolean): { outputs: readonly Fact[]; work: Work } {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : (frame.facts.get(name) ?? nothingKnown)));
    const local = calledFunction(this.model, node);
    if (local) return this.callFunction(local, node, inputs, frame);
    const resolved = withAttributesOf(node, frame.call);
    const context = new RuleContext(resolved, frame.opsets.get(node.domain) ?? 1, inputs, (ref) => this.tensorFact(ref));
    const flow = controlFlow(context, this.bodyRunner(frame));
    if (flow) return flow;
    const rule = shapeRule(resolved);
    const result = rule ? rule(context) : [];
    const outputs = Array.isArray(result) ? result : [result];
    if (this.measure === null || !varies) return { outputs, work: noWork };
    const whole = node.outputs.map((name, i) => (name === '' ? nothingKnown : this.complete(name, outputs[i] ?? nothingKnown, frame.facts)));
    return { outputs, work: this.measure(context, whole) };
  }

  /** Runs graphs inside a node: they see the values around it. */
  private bodyRunner(frame: Frame): RunBody {
    return (graph, given) => {
      const facts = new BodyFacts(frame.facts);
      this.innerNodes += graph.initializers.size;
      graph.inputs.forEach((input, i) => {
        const declared = fact(input.dims?.map((dim) => substitute(canonical(dim), this.values)) ?? null, input.dtype || null);
        const passed = given[i] ?? nothingKnown;
        const dims = passed.dims ?? declared.dims;
        facts.set(input.name, { dims: dims && fill(dims, declared.dims), dtype: passed.dtype ?? declared.dtype, elements: passed.elements }, true);
      });
      this.enter(graph, facts);
      const inner: Frame = { ...frame, facts, depth: frame.depth + 1 };
      const work = this.runNodes(graph.nodes, inner);
      if (frame.told) this.bodies.set(graph, facts);
      return { outputs: graph.outputs.map(({ name }) => facts.get(name) ?? nothingKnown), work };
    };
  }

  private callFunction(body: OnnxFunction, call: OnnxNode, inputs: readonly (Fact | undefined)[], frame: Frame): { outputs: Fact[]; work: Work } {
    if (frame.depth >= DEEPEST_CALL || frame.calls.includes(body)) return { outputs: [], work: { ...noWork, unknown: 1 } };
    const facts = new BodyFacts(null);
    body.inputs.forEach((name, i) => facts.set(name, inputs[i] ?? nothingKnown, frame.facts.varies(call.inputs[i] ?? '')));
    if (frame.told && !this.firstCalls.has(body)) this.firstCalls.set(body, call);
    const told = frame.told && this.firstCalls.get(body) === call;
    if (told) this.bodies.set(body, facts);
    const work = this.runNodes(body.nodes, { facts, opsets: body.opsets, call: withDefaults(withAttributesOf(call, frame.call), body), calls: [...frame.calls, body], depth: frame.depth + 1, told });
    return { outputs: body.outputs.map((name) => facts.get(name) ?? nothingKnown), work };
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
  private complete(name: string, inferred: Fact, facts: BodyFacts): Fact {
    const info = facts.declared.get(name);
    const known = facts === this.facts ? this.options.known?.get(name) : undefined;
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

function withDefaults(call: OnnxNode, { defaults }: OnnxFunction): OnnxNode {
  return defaults.size === 0 ? call : { ...call, attributes: new Map([...defaults, ...call.attributes]) };
}

/** A function's node with attributes that refer to the call's attributes resolved. */
function withAttributesOf(node: OnnxNode, call: OnnxNode | null): OnnxNode {
  if (call === null || ![...node.attributes.values()].some(({ type }) => type === 'reference')) return node;
  const attributes = new Map(node.attributes);
  for (const [name, attribute] of node.attributes) {
    if (attribute.type !== 'reference') continue;
    const value = call.attributes.get(attribute.value);
    if (value) attributes.set(name, value);
    else attributes.delete(name);
  }
  return { ...node, attributes };
}
