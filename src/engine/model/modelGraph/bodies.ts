import type { GraphBody, GraphValue } from '../../../protocol/graph';
import type { Dim } from '../../../protocol/model';
import { calledFunction, requiredInputs, type OnnxFunction, type OnnxGraph, type OnnxModel, type OnnxNode, type SparseTensorRef, type TensorRef, type ValueInfo } from '../graph';
import { topologicalOrder } from '../order';
import { tensorNames } from '../modelTensors';
import type { InferredModel, MeasuredModel } from '../shapes';

export type Weight = TensorRef | SparseTensorRef;

/** A node, its values and bodies by place. */
export interface PlacedNode {
  node: OnnxNode;
  body: number;
  inputs: number[];
  outputs: number[];
  bodies: number[];
}

export interface Body extends GraphBody {
  source: OnnxGraph | OnnxFunction;
  /** Versions of the operators inside: a function has its own. */
  opsets: ReadonlyMap<string, number>;
  /** By place in `nodes`, from up to, not including. */
  from: number;
  to: number;
}

/** All nodes and values of a model, body by body, in an order in which they can be computed; those of a cycle come last. */
export class Bodies {
  readonly bodies: Body[] = [];
  readonly nodes: PlacedNode[] = [];
  readonly values: GraphValue[] = [];
  /** By value: whether it depends on what is fed to the model, and the tensor of the file that it is. */
  readonly varying: boolean[] = [];
  readonly tensors = new Map<number, Weight>();
  private readonly names: ReturnType<typeof tensorNames>;
  private readonly functions = new Map<OnnxFunction, number>();
  /** Values by name; of a subgraph also those around it. */
  private readonly scopes: NameScope[] = [];

  constructor(
    private readonly model: OnnxModel,
    private readonly measured: MeasuredModel,
    private readonly open: InferredModel['bodies'] | undefined,
  ) {
    this.names = tensorNames(model);
    this.addGraph(model.graph, null, null, model.opsets);
    for (const body of model.functions.values()) this.addFunction(body);
    // The list grows while it is walked.
    for (let at = 0; at < this.bodies.length; at++) this.addNodes(at);
    for (const [at, body] of this.bodies.entries()) body.outputs = this.bodyOutputs(at, body);
  }

  private addGraph(graph: OnnxGraph, owner: GraphBody['owner'], outer: NameScope | null, opsets: Body['opsets']): number {
    const scope = new NameScope(outer);
    const at = this.bodies.length;
    this.bodies.push({ kind: owner ? 'subgraph' : 'graph', name: graph.name, owner, inputs: [], outputs: [], source: graph, opsets, from: 0, to: 0 });
    this.scopes.push(scope);
    this.bodies[at]!.inputs = requiredInputs(graph).map((input) => this.addValue(scope, at, input.name, 'input', input));
    for (const [name, ref] of graph.initializers) this.addValue(scope, at, name, 'initializer', null, ref);
    for (const [name, ref] of graph.sparseInitializers) this.addValue(scope, at, name, 'initializer', null, ref);
    return at;
  }

  private addFunction(source: OnnxFunction): number {
    const scope = new NameScope(null);
    const at = this.bodies.length;
    const name = source.domain === '' ? source.name : `${source.domain}.${source.name}`;
    this.bodies.push({ kind: 'function', name, owner: null, inputs: [], outputs: [], source, opsets: source.opsets, from: 0, to: 0 });
    this.scopes.push(scope);
    this.functions.set(source, at);
    this.bodies[at]!.inputs = source.inputs.map((input) => this.addValue(scope, at, input, 'input', null));
    return at;
  }

  private addNodes(at: number): void {
    const body = this.bodies[at]!;
    const scope = this.scopes[at]!;
    const order = withCycles(body.source.nodes);
    body.from = this.nodes.length;
    const outputs = order.map((node) =>
      node.outputs.map((name) => {
        const constant = node.op === 'Constant' && node.domain === '' ? node.attributes.get('value') : undefined;
        const tensor = constant?.type === 'tensor' ? constant.value : undefined;
        return name === '' ? -1 : this.addValue(scope, at, name, 'computed', declared(body.source, name), tensor);
      }),
    );
    for (const [i, node] of order.entries()) {
      const place = this.nodes.length;
      // A name that nothing makes is shown as a value all the same.
      const inputs = node.inputs.map((name) => (name === '' ? -1 : (scope.find(name) ?? this.addValue(scope, at, name, 'computed', null))));
      this.nodes.push({ node, body: at, inputs, outputs: outputs[i]!, bodies: this.bodiesOf(node, place, scope, body.opsets) });
    }
    body.to = this.nodes.length;
  }

  private bodiesOf(node: OnnxNode, place: number, scope: NameScope, opsets: Body['opsets']): number[] {
    const local = calledFunction(this.model, node);
    const found = local ? [this.functions.get(local)!] : [];
    for (const [attribute, { type, value }] of node.attributes) {
      const graphs = type === 'graph' ? [value] : type === 'graphs' ? value : [];
      for (const graph of graphs) found.push(this.addGraph(graph, { node: place, attribute }, scope, opsets));
    }
    return found;
  }

  private bodyOutputs(at: number, { source }: Body): number[] {
    const scope = this.scopes[at]!;
    return source.outputs.map((output) => {
      const name = typeof output === 'string' ? output : output.name;
      return name === '' ? -1 : (scope.find(name) ?? this.addValue(scope, at, name, 'computed', typeof output === 'string' ? null : output));
    });
  }

  private addValue(scope: NameScope, body: number, name: string, kind: GraphValue['kind'], info: ValueInfo | null, tensor?: Weight): number {
    const known = scope.own.get(name);
    if (known !== undefined) return known;
    const { source } = this.bodies[body]!;
    const facts = this.measured.bodies.get(source);
    const fact = facts?.own.get(name);
    const place = this.values.length;
    const shape = fact?.dims ? [...fact.dims] : (info?.dims ?? null);
    // What an input of the model leaves without a name has none; inference gives it one.
    const open = kind === 'initializer' ? null : kind === 'input' && body === 0 ? info?.dims : this.open?.get(source)?.own.get(name)?.dims;
    this.values.push({
      name,
      dtype: fact?.dtype ?? info?.dtype ?? '',
      shape,
      ...(this.open && open && shape && isOther(open, shape) && { open: [...open] }),
      kind,
      tensor: (tensor && this.names.get(tensor)) ?? null,
    });
    this.varying.push(facts ? facts.varies(name) : tensor === undefined);
    if (tensor) this.tensors.set(place, tensor);
    scope.own.set(name, place);
    return place;
  }
}

class NameScope {
  readonly own = new Map<string, number>();

  constructor(private readonly outer: NameScope | null) {}

  find(name: string): number | undefined {
    return this.own.get(name) ?? this.outer?.find(name);
  }
}

function isOther(open: readonly Dim[], shape: readonly Dim[]): boolean {
  return open.length === shape.length && open.some((dim, axis) => dim !== shape[axis]);
}

function declared(source: OnnxGraph | OnnxFunction, name: string): ValueInfo | null {
  return 'valueInfos' in source ? (source.valueInfos.get(name) ?? null) : null;
}

function withCycles(nodes: readonly OnnxNode[]): readonly OnnxNode[] {
  const order = topologicalOrder(nodes);
  if (order.length === nodes.length) return order;
  const sorted = new Set(order);
  return [...order, ...nodes.filter((node) => !sorted.has(node))];
}
