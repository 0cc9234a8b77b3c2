import type { OnnxNode } from '../graph';
import type { GraphIndex } from './graphIndex';
import { activations, convolutions, copies, denses, products } from './operators';
import { readOnlyWithin, regionEndingAt, type Region } from './regions';

/** What the layers around a value make of it. */
export interface Roles {
  /** Values that repeat or merely prepare another layer: not scanned unless asked for. */
  secondary: ReadonlySet<string>;
  /** Written-out functions by the value they end in. */
  regions: ReadonlyMap<string, Region>;
  /** Softmax outputs that weigh other activations. */
  attention: ReadonlySet<string>;
}

/**
 * Decides which layers show nothing that another layer does not show as well or better:
 * copies and rearrangements, values whose only reader is an activation function, a batch normalisation after a linear
 * operator or a scale and shift per unit, the steps inside a written-out activation or normalisation, and attention
 * scores before their softmax. When in doubt a layer stays primary, and outputs of the graph always do.
 */
export function findRoles(index: GraphIndex, isLayer: (value: string) => boolean): Roles {
  const finder = new RoleFinder(index, isLayer);
  for (const node of index.order) finder.visit(node);
  for (const output of index.outputs) finder.secondary.delete(output);
  return finder;
}

class RoleFinder implements Roles {
  readonly secondary = new Set<string>();
  readonly regions = new Map<string, Region>();
  readonly attention = new Set<string>();

  constructor(
    private readonly index: GraphIndex,
    private readonly isLayer: (value: string) => boolean,
  ) {}

  visit(node: OnnxNode): void {
    const value = node.outputs[0] ?? '';
    if (!this.index.isActivation(value)) return;
    if (this.isCopy(node)) for (const output of node.outputs) this.secondary.add(output);
    else if (this.onlyPrepares(value, node)) this.secondary.add(value);

    const region = regionEndingAt(node, this.index);
    if (region) this.takeRegion(region, value);
    if (node.op === 'Softmax') this.takeSoftmax(node, value);
    if (this.isScaledCopy(node)) this.secondary.add(value);
  }

  /** A rearrangement of a layer or of the image; of anything else (integers, say) it is the first layer to show it. */
  private isCopy(node: OnnxNode): boolean {
    if (!copies.has(node.op) && node.op !== 'Concat') return false;
    const sources = new Set(this.index.activations(node).map((value) => this.source(value)));
    const [source] = sources;
    return sources.size === 1 && source !== undefined && (this.isLayer(source) || this.index.producer(source) === undefined);
  }

  /** The value that a chain of copies starts from. */
  private source(value: string): string {
    let current = value;
    for (;;) {
      const node = this.index.producer(current);
      if (!node || !this.secondary.has(current) || !(copies.has(node.op) || node.op === 'Concat')) return current;
      const [next] = this.index.activations(node);
      if (next === undefined) return current;
      current = next;
    }
  }

  private onlyPrepares(value: string, node: OnnxNode): boolean {
    const reader = this.onlyReader(value);
    if (!reader) return false;
    if (activations.has(reader.op)) return true;
    if (reader.op === 'BatchNormalization') return isLinear(node) || (node.op === 'Add' && this.index.activations(node).length === 1);
    return this.index.onlyConsumer(value) === reader && this.isScaleOrShift(reader, value);
  }

  /** The one node that reads a value, copies on the way passed over. */
  private onlyReader(value: string): OnnxNode | undefined {
    let reader = this.index.onlyConsumer(value);
    while (reader && copies.has(reader.op) && reader.outputs.length === 1) reader = this.index.onlyConsumer(reader.outputs[0]!);
    return reader;
  }

  /** x * a, x / a, x + a, x - a with a constant per unit or one for all. */
  private isScaleOrShift(node: OnnxNode, value: string): boolean {
    const [first, second] = node.inputs;
    if (first === undefined || second === undefined || first === second) return false;
    const constant = first === value ? second : first;
    if (this.index.isActivation(constant)) return false;
    const fits = ['Mul', 'Add'].includes(node.op) || (['Div', 'Sub'].includes(node.op) && first === value);
    return fits && this.isPerUnit(constant);
  }

  private isPerUnit(constant: string): boolean {
    const dims = this.index.dims(constant);
    return dims !== null && dims.filter((dim) => dim !== 1).length <= 1;
  }

  private isScaledCopy(node: OnnxNode): boolean {
    const [value, ...others] = this.index.activations(node);
    if (value === undefined || others.length > 0 || !['Mul', 'Div'].includes(node.op) || !this.isScaleOrShift(node, value)) return false;
    const constant = node.inputs.find((name) => name !== value) ?? '';
    if (this.index.elementCount(constant) !== 1) return false;
    // Directly after its source, and alone, the scaled value stands for both.
    const source = this.source(value);
    return this.isLayer(source) && (source !== value || this.index.onlyConsumer(value) !== node);
  }

  private takeRegion(region: Region, value: string): void {
    this.regions.set(value, region);
    if (region.kind === 'arithmetic') return;
    for (const step of region.inside) if (readOnlyWithin(step, region, this.index)) this.secondary.add(step);
    if (!readOnlyWithin(region.entry, region, this.index)) return;
    // What a normalisation reads is worth seeing, unless it is the difference from the mean that it began with.
    const isFirstStep = this.regions.get(region.entry)?.kind === 'normalization';
    if (region.kind === 'activation' || isFirstStep) this.secondary.add(region.entry);
  }

  /** Softmax whose result is multiplied with activations: the scores before it, and what was added to them, only prepare it. */
  private takeSoftmax(node: OnnxNode, value: string): void {
    const reader = this.onlyReader(value);
    if (!reader || !products.has(reader.op) || this.index.activations(reader).length < 2) return;
    this.attention.add(value);
    let [scores] = this.index.activations(node);
    while (scores !== undefined && this.index.onlyConsumer(scores)) {
      this.secondary.add(scores);
      const producer: OnnxNode | undefined = this.index.producer(scores);
      const isStep = producer && (copies.has(producer.op) || ['Add', 'Sub', 'Mul', 'Div', 'Where'].includes(producer.op));
      const inputs: string[] = isStep ? this.index.activations(producer) : [];
      scores = inputs.length === 1 ? inputs[0] : undefined;
    }
  }
}

/** The same numbers, all of them. */
const rearrangements = new Set(['Identity', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Cast', 'Dropout']);

/**
 * A layer whose first axis is not the batch may have a rearrangement whose first axis is: the better one to scan, many
 * images at a time. Gives, for such layers, the rearrangement with the fewest axes.
 */
export function batchFirstCopies(index: GraphIndex, values: Iterable<string>, isBatched: (value: string) => boolean): Map<string, string> {
  const result = new Map<string, string>();
  const rank = (value: string) => index.dims(value)?.length ?? Infinity;
  for (const value of values) {
    if (isBatched(value)) continue;
    let best: string | undefined;
    for (const copy of rearranged(index, value)) {
      if (isBatched(copy) && (best === undefined || rank(copy) < rank(best))) best = copy;
    }
    if (best !== undefined) result.set(value, best);
  }
  return result;
}

/** The copies that a value goes through before anything else reads it. */
function* rearranged(index: GraphIndex, value: string): Generator<string> {
  for (let copy = value; ; ) {
    const reader = index.onlyConsumer(copy);
    const next = reader && rearrangements.has(reader.op) && reader.inputs[0] === copy ? reader.outputs[0] : undefined;
    if (next === undefined) return;
    yield next;
    copy = next;
  }
}

function isLinear(node: OnnxNode): boolean {
  return convolutions.has(node.op) || denses.has(node.op);
}
