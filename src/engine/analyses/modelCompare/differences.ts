import type { ModelComparison, NodeDifference } from '../../../protocol/graph';
import type { Dim, ValueSummary } from '../../../protocol/model';
import { formatShape } from '../../../protocol/shapeText';
import type { Match } from './match';
import type { AttributeValue } from '../../model/graph';
import { attributeKey, attributeTensors, attributeText, type Side, type Wiring } from './side';

/** Tensors that a pair of nodes takes in the same place. */
export interface WeightPair {
  /** Of the difference: the tensor's name in the first model, and where it is another in the second, that too. */
  name: string;
  tensors: [string, string];
}

/** How two nodes or bodies differ, without their weights' numbers; and the weights of which numbers are to be compared. */
export interface Differences {
  differences: NodeDifference[];
  weights: WeightPair[];
}

/** How two paired nodes differ in themselves; the outputs of their bodies: `bodyDifferences`. */
export function nodeDifferences(a: Side, b: Side, match: Match, nodeA: number, nodeB: number): Differences {
  const [one, other] = [a.graph.nodes[nodeA]!, b.graph.nodes[nodeB]!];
  const found: Differences = { differences: [], weights: [] };
  differ(found, 'operator', 'operator', operatorText(one), operatorText(other));
  const [attributesA, attributesB] = [a.nodes[nodeA]!.attributes, b.nodes[nodeB]!.attributes];
  for (const name of new Set([...attributesA.keys(), ...attributesB.keys()])) {
    const [before, after] = [attributesA.get(name), attributesB.get(name)];
    if (before && after && before.type !== 'other' && attributeKey(before) === attributeKey(after)) found.weights.push(...tensorPairs(a, b, before, after));
    else if (!(before && !after && isLeftOut(name, before, b, nodeB, a, nodeA)) && !(after && !before && isLeftOut(name, after, a, nodeA, b, nodeB)))
      found.differences.push({ what: 'attribute', name, before: before ? attributeText(before) : '', after: after ? attributeText(after) : '' });
  }
  for (let place = 0; place < Math.max(one.inputs.length, other.inputs.length); place++)
    compareSources(a, b, match, { what: 'inputs', name: `input ${place}` }, one.inputs[place] ?? -1, other.inputs[place] ?? -1, found);
  if (one.outputs.length !== other.outputs.length) differ(found, 'outputs', 'outputs', String(one.outputs.length), String(other.outputs.length));
  for (let place = 0; place < Math.min(one.outputs.length, other.outputs.length); place++) {
    const [valueA, valueB] = [one.outputs[place]!, other.outputs[place]!];
    differ(found, 'shape', valueA < 0 ? `output ${place}` : nameOf(a, valueA), shapeText(a, valueA), shapeText(b, valueB));
  }
  return found;
}

/** Whether a node that leaves an attribute out means what its partner says: by its own operator, or where that does not know the attribute yet, by the partner's. */
function isLeftOut(name: string, value: AttributeValue, without: Side, node: number, given: Side, partner: number): boolean {
  return without.isDefault(node, name, value) ?? given.isDefault(partner, name, value) ?? false;
}

/** How the outputs of two paired bodies differ in where they come from. */
export function bodyDifferences(a: Side, b: Side, match: Match, bodyA: number, bodyB: number): Differences {
  const [one, other] = [a.graph.bodies[bodyA]!, b.graph.bodies[bodyB]!];
  const found: Differences = { differences: [], weights: [] };
  const of = one.owner ? `${one.owner.attribute} ` : one.kind === 'function' ? `Function ${one.name} ` : '';
  for (let place = 0; place < Math.max(one.outputs.length, other.outputs.length); place++)
    compareSources(a, b, match, { what: 'outputs', name: `${of}output ${place}` }, one.outputs[place] ?? -1, other.outputs[place] ?? -1, found);
  return found;
}

/** Adds how two values differ in where they come from; where both are weights, in what those are. */
function compareSources(a: Side, b: Side, match: Match, place: Pick<NodeDifference, 'what' | 'name'>, sourceA: number, sourceB: number, found: Differences): void {
  const [valueA, valueB] = [weightBehind(a, match.wiring[0], sourceA), weightBehind(b, match.wiring[1], sourceB)];
  const [inA, inB] = [isWeight(a, valueA), isWeight(b, valueB)];
  if (!inA || !inB) {
    if (!samePlace(a, b, match, valueA, valueB)) found.differences.push({ ...place, before: sourceText(a, match, 0, valueA), after: sourceText(b, match, 1, valueB) });
    return;
  }
  const name = nameOf(a, valueA);
  differ(found, 'weights', name, shapeText(a, valueA), shapeText(b, valueB));
  const [tensorA, tensorB] = [tensorOf(a, valueA), tensorOf(b, valueB)];
  const sameDims = dimsText(a.graph.values[valueA]!.shape) === dimsText(b.graph.values[valueB]!.shape);
  if (sameDims && tensorA !== null && tensorB !== null) found.weights.push({ name, tensors: [tensorA, tensorB] });
}

/** A weight that comes through Identity nodes, as exporters write one that several nodes share, is that weight; any other value is itself. */
function weightBehind(side: Side, { makers }: Wiring, value: number): number {
  let at = value;
  // As many steps as there are nodes: those of a cycle come to no weight.
  for (let step = 0; step < side.nodes.length && !isWeight(side, at); step++) {
    const maker = side.nodes[makers.get(at)?.node ?? -1];
    if (maker?.op !== 'Identity' || maker.domain !== '') return value;
    at = side.graph.nodes[makers.get(at)!.node]!.inputs[0] ?? -1;
  }
  return isWeight(side, at) ? at : value;
}

/** Tensors in attributes of one type and shape; those that are in memory and have the same bytes are left out. */
function tensorPairs(a: Side, b: Side, before: AttributeValue, after: AttributeValue): WeightPair[] {
  const others = attributeTensors(after);
  return attributeTensors(before).flatMap((one, at): WeightPair[] => {
    const other = others[at]!;
    if ('inline' in one && 'inline' in other && one.inline && other.inline && one.data.kind === other.data.kind && Buffer.compare(one.inline, other.inline) === 0) return [];
    const tensors: [string, string] = [a.names.get(one)!, b.names.get(other)!];
    return [{ name: tensors[0], tensors }];
  });
}

function differ({ differences }: Differences, what: NodeDifference['what'], name: string, before: string, after: string): void {
  if (before !== after) differences.push({ what, name, before, after });
}

function isWeight({ graph }: Side, value: number): boolean {
  return value >= 0 && graph.values[value]!.kind === 'initializer';
}

function operatorText({ op, domain }: { op: string; domain: string }): string {
  return domain === '' ? op : `${domain}.${op}`;
}

function tensorOf({ graph }: Side, value: number): string | null {
  return value < 0 ? null : graph.values[value]!.tensor;
}

function nameOf({ graph }: Side, value: number): string {
  return graph.values[value]!.name;
}

export function dimsText(shape: readonly Dim[] | null): string {
  return shape === null ? '?' : formatShape(shape);
}

function shapeText({ graph }: Side, value: number): string {
  if (value < 0) return 'left out';
  const { dtype, shape } = graph.values[value]!;
  return `${dimsText(shape)}${dtype === '' ? '' : ` ${dtype}`}`;
}

/** Whether two values come out of partners at the same place, or are the same input, or both are missing. */
function samePlace(a: Side, b: Side, { ofA, wiring }: Match, valueA: number, valueB: number): boolean {
  if (valueA < 0 || valueB < 0) return valueA === valueB;
  const [makerA, makerB] = [wiring[0].makers.get(valueA), wiring[1].makers.get(valueB)];
  if (makerA && makerB) return ofA[makerA.node] === makerB.node && makerA.output === makerB.output;
  if (makerA || makerB) return false;
  const [one, other] = [a.graph.values[valueA]!, b.graph.values[valueB]!];
  if (one.kind !== other.kind) return false;
  return one.name === other.name || inputPlace(a, valueA) === inputPlace(b, valueB);
}

function inputPlace({ graph }: Side, value: number): number {
  for (const { inputs } of graph.bodies) if (inputs.includes(value)) return inputs.indexOf(value);
  return -1;
}

/** Where a value comes from, for a person. */
function sourceText({ graph }: Side, { wiring }: Match, side: 0 | 1, value: number): string {
  if (value < 0) return 'left out';
  const maker = wiring[side].makers.get(value);
  const { name, kind } = graph.values[value]!;
  if (!maker) return `${kind === 'initializer' ? 'weight' : 'input'} ${name}`;
  const node = graph.nodes[maker.node]!;
  return `${node.name || node.label} (${node.op})`;
}

/** Differences of the models as wholes. */
export function modelDifferences(a: Side, b: Side): ModelComparison['model'] {
  const found: ModelComparison['model'] = [];
  const differ = (what: string, before: string, after: string): void => {
    if (before !== after) found.push({ what, before, after });
  };
  const opsets = ({ summary }: Side): string => summary.opsets.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`).sort().join(', ');
  differ('Opsets', opsets(a), opsets(b));
  differ('IR version', String(a.summary.irVersion), String(b.summary.irVersion));
  differ('Producer', a.summary.producer, b.summary.producer);
  for (const [what, key] of [['Input', 'inputs'], ['Output', 'outputs']] as const)
    for (let at = 0; at < Math.max(a.summary[key].length, b.summary[key].length); at++) differ(`${what} ${at + 1}`, valueText(a.summary[key][at]), valueText(b.summary[key][at]));
  differ('Parameters', a.summary.parameters.toLocaleString('en-US'), b.summary.parameters.toLocaleString('en-US'));
  const [metadataA, metadataB] = [a.summary.metadata, b.summary.metadata];
  for (const name of new Set([...Object.keys(metadataA), ...Object.keys(metadataB)])) differ(`Metadata ${name}`, metadataA[name] ?? '', metadataB[name] ?? '');
  return found;
}

function valueText(value: ValueSummary | undefined): string {
  return value ? `${value.name}: ${value.dtype} ${dimsText(value.shape)}` : '';
}
