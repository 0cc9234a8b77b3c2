import type { ModelComparison, NodeDifference } from '../../../protocol/graph';
import type { Dim, ValueSummary } from '../../../protocol/model';
import type { Match } from './match';
import { attributeKey, attributeText, type Side } from './side';

/** Tensors that a pair of nodes takes in the same place. */
export interface WeightPair {
  /** Of the difference: the tensor's name in the first model, and where it is another in the second, that too. */
  name: string;
  tensors: [string, string];
}

/** How two paired nodes differ, without their weights' numbers; and the weights of which numbers are to be compared. */
export function nodeDifferences(a: Side, b: Side, match: Match, nodeA: number, nodeB: number): { differences: NodeDifference[]; weights: WeightPair[] } {
  const [one, other] = [a.graph.nodes[nodeA]!, b.graph.nodes[nodeB]!];
  const differences: NodeDifference[] = [];
  const weights: WeightPair[] = [];
  const differ = (what: NodeDifference['what'], name: string, before: string, after: string): void => {
    if (before !== after) differences.push({ what, name, before, after });
  };
  differ('operator', 'operator', operatorText(one), operatorText(other));
  const [attributesA, attributesB] = [a.nodes[nodeA]!.attributes, b.nodes[nodeB]!.attributes];
  for (const name of new Set([...attributesA.keys(), ...attributesB.keys()])) {
    const [before, after] = [attributesA.get(name), attributesB.get(name)];
    if (before && after && attributeKey(before) === attributeKey(after)) continue;
    differences.push({ what: 'attribute', name, before: before ? attributeText(before) : '', after: after ? attributeText(after) : '' });
  }
  for (let place = 0; place < Math.max(one.inputs.length, other.inputs.length); place++) {
    const [valueA, valueB] = [one.inputs[place] ?? -1, other.inputs[place] ?? -1];
    const [tensorA, tensorB] = [tensorOf(a, valueA), tensorOf(b, valueB)];
    const inA = valueA >= 0 && a.graph.values[valueA]!.kind === 'initializer';
    const inB = valueB >= 0 && b.graph.values[valueB]!.kind === 'initializer';
    if (inA && inB) {
      const name = nameOf(a, valueA);
      const [before, after] = [shapeText(a, valueA), shapeText(b, valueB)];
      differ('weights', name, before, after);
      const sameDims = dimsText(a.graph.values[valueA]!.shape) === dimsText(b.graph.values[valueB]!.shape);
      if (sameDims && tensorA !== null && tensorB !== null) weights.push({ name, tensors: [tensorA, tensorB] });
    } else if (!samePlace(a, b, match, valueA, valueB)) differences.push({ what: 'inputs', name: `input ${place}`, before: sourceText(a, match, 0, valueA), after: sourceText(b, match, 1, valueB) });
  }
  if (one.outputs.length !== other.outputs.length) differ('outputs', 'outputs', String(one.outputs.length), String(other.outputs.length));
  for (let place = 0; place < Math.min(one.outputs.length, other.outputs.length); place++) {
    const [valueA, valueB] = [one.outputs[place]!, other.outputs[place]!];
    differ('shape', valueA < 0 ? `output ${place}` : nameOf(a, valueA), shapeText(a, valueA), shapeText(b, valueB));
    const [tensorA, tensorB] = [tensorOf(a, valueA), tensorOf(b, valueB)];
    if (tensorA !== null && tensorB !== null && shapeText(a, valueA) === shapeText(b, valueB)) weights.push({ name: nameOf(a, valueA), tensors: [tensorA, tensorB] });
  }
  return { differences, weights };
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
  return shape === null ? '?' : shape.length === 0 ? 'scalar' : shape.map((dim) => dim ?? '?').join(' × ');
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
