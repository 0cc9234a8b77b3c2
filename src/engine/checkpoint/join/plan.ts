import type { JoinMatch, JoinPlan } from '../../../protocol/checkpoint';
import type { OnnxModel, OnnxNode } from '../../model/graph';
import { TensorReader } from '../../model/tensorData';
import type { Checkpoint } from '../checkpoint';
import { readFloat32, type CheckpointTensor } from '../tensor';
import { foldBias, foldWeight, searchEps, transpose, type BatchNorm } from './fold';
import { graphWeights, hasLostName, modulePath, type GraphWeight } from './graphWeights';
import { State } from './state';

/** A plan, and how to make the values of each weight. */
export interface Join {
  plan: JoinPlan;
  weights: { weight: GraphWeight; values: () => Float32Array }[];
}

interface Found {
  tensors: (CheckpointTensor | undefined)[];
  how: JoinMatch['how'];
  note: string;
  eps?: number;
  values: () => Float32Array;
}

type Answer = Found | { why: string };

const usualEps = 1e-5;
const products = new Set(['MatMul', 'Gemm']);

/**
 * Finds for each weight of a graph what a checkpoint has for it: by name; for names that the exporter lost, by the module that
 * the node belongs to, transposed, or with the BatchNorm that was folded into it. Reads numbers only where `original` is given:
 * the checkpoint that the graph was made of, which says what eps its BatchNorms had (1e-5 otherwise).
 * @throws reference.unreadable
 */
export function planJoin(model: OnnxModel, checkpoint: Checkpoint, original?: Checkpoint): Join {
  const weights = graphWeights(model);
  const expected = expectedNames(weights);
  const state = new State(checkpoint, expected);
  const before = original && new State(original, expected);
  const search = before && epsSearch(model, before);
  const order = before?.ordered ? before : state;
  const plan: JoinPlan = { matched: [], unmatched: [], unused: [], prefix: state.prefix };
  const join: Join = { plan, weights: [] };
  const used = new Set<CheckpointTensor>();
  for (const weight of weights) {
    const { name, ref } = weight;
    const answer = find(weight, { state, order, search });
    if ('why' in answer) {
      plan.unmatched.push({ initializer: name, shape: ref.dims, why: answer.why });
      continue;
    }
    const tensors = answer.tensors.filter((tensor) => tensor !== undefined);
    for (const tensor of tensors) used.add(tensor);
    const { how, note, eps, values } = answer;
    plan.matched.push({ initializer: name, shape: ref.dims, tensors: tensors.map((tensor) => tensor.name), how, note, ...(eps === undefined ? {} : { eps }) });
    if (how !== 'unchanged') join.weights.push({ weight, values });
  }
  plan.unused = checkpoint.tensors.filter((tensor) => !used.has(tensor)).map((tensor) => tensor.name);
  return join;
}

/** Names that the graph has, and those that its modules would have. */
function expectedNames(weights: readonly GraphWeight[]): string[] {
  const names = new Set<string>();
  for (const { name, uses } of weights) {
    if (!hasLostName(name)) names.add(name);
    else for (const { node, input } of uses) if (input === 1 && modulePath(node) !== '') names.add(`${modulePath(node)}.weight`);
  }
  return [...names];
}

type EpsSearch = (node: OnnxNode, module: string) => number | null;

function epsSearch(model: OnnxModel, original: State): EpsSearch {
  const known = new Map<string, number | null>();
  return (node, module) => {
    const before = known.get(module);
    if (before !== undefined) return before;
    const stored = original.get(`${module}.weight`);
    const after = original.normAfter(module);
    const norm = after === undefined ? undefined : original.norm(after);
    const ref = model.graph.initializers.get(node.inputs[1] ?? '');
    let eps: number | null = null;
    if (stored && norm && ref && isOf(norm, stored, ref.dims)) {
      const reader = new TensorReader(model);
      try {
        eps = searchEps(stored, norm, Float32Array.from(reader.read(ref, 2 ** 30).data as Float32Array));
      } finally {
        reader.close();
      }
    }
    known.set(module, eps);
    return eps;
  };
}

/** What weights are looked for in. */
interface Sources {
  state: State;
  /** Whose order of modules counts. */
  order: State;
  search: EpsSearch | undefined;
}

function find(weight: GraphWeight, sources: Sources): Answer {
  const { name, ref } = weight;
  const { state } = sources;
  if (ref.dtype !== 'float32') return { why: `it is of the type ${ref.dtype}; export the model in float32` };
  const named = state.get(name);
  if (named) return ofShape(named, ref.dims, name);
  if (!hasLostName(name)) return { why: `the checkpoint has no tensor ${name}` };
  if (ref.elementCount === 1) return { tensors: [], how: 'unchanged', note: 'a constant of the graph', values: () => new Float32Array(0) };
  const [use] = weight.uses;
  const module = use ? modulePath(use.node) : '';
  if (!use || module === '') return { why: 'the exporter lost its name, and its node does not name a module' };
  if (use.node.op === 'Conv' && use.input > 0) return folded(weight, use, module, sources);
  if (products.has(use.node.op)) return transposed(ref.dims, module, state);
  return { why: `the exporter lost its name, and ${use.node.op} of ${module} does not tell what it was` };
}

function ofShape(tensor: CheckpointTensor, dims: readonly number[], name: string): Answer {
  if (!tensor.element) return { why: `the values of ${tensor.name} are not read` };
  if (tensor.shape.join() === dims.join())
    return { tensors: [tensor], how: 'name', note: tensor.name === name ? 'by name' : `by name, ${tensor.name}`, values: () => readFloat32(tensor) };
  return { why: `it is ${dims.join(' x ')} in the graph, and ${tensor.name} is ${tensor.shape.join(' x ')} in the checkpoint` };
}

function transposed(dims: readonly number[], module: string, state: State): Answer {
  const [rows, columns] = dims;
  const turned = [...dims].reverse().join();
  const fitting = [...state.membersOf(module)].filter(({ shape, element }) => shape.length === 2 && element && (shape.join() === turned || shape.join() === dims.join()));
  const tensor = fitting.find(({ name }) => name.endsWith('.weight')) ?? fitting[0];
  if (!tensor || dims.length !== 2) return { why: `the module ${module} of the checkpoint has no matrix of ${turned.replaceAll(',', ' x ')}` };
  // Square ones, too: a name gets lost only when the exporter transposes.
  const turn = tensor.shape.join() === turned;
  return {
    tensors: [tensor],
    how: turn ? 'transposed' : 'name',
    note: turn ? `${tensor.name}, transposed` : `${tensor.name}, by its module`,
    values: () => (turn ? transpose(readFloat32(tensor), columns!, rows!) : readFloat32(tensor)),
  };
}

function folded(weight: GraphWeight, use: GraphWeight['uses'][number], module: string, { state, order, search }: Sources): Answer {
  const own = state.get(`${module}.weight`);
  if (!own?.element) return { why: `the checkpoint has no tensor ${module}.weight` };
  const after = order.normAfter(module);
  const norm = after === undefined ? undefined : state.norm(after);
  if (!norm || !fits(norm, own)) return { why: `no BatchNorm of ${own.shape[0]} channels follows ${module} in the checkpoint` };
  const isWeight = use.input === 1;
  const wanted = isWeight ? own.shape : [own.shape[0]];
  if (wanted.join() !== weight.ref.dims.join()) return { why: `it is ${weight.ref.dims.join(' x ')} in the graph, and ${own.name} is ${own.shape.join(' x ')} in the checkpoint` };
  const bias = state.get(`${module}.bias`);
  const searched = search?.(use.node, module);
  const eps = searched ?? usualEps;
  const note = `${module} with ${norm.name} folded in, eps ${eps}${search && searched === null ? ' (the original does not fit)' : ''}`;
  const { gamma, beta, mean, variance } = norm;
  return isWeight
    ? { tensors: [own, gamma, variance], how: 'folded', note, eps, values: () => foldWeight(own, norm, eps) }
    : { tensors: [bias, gamma, beta, mean, variance], how: 'folded', note, eps, values: () => foldBias(bias, norm, eps) };
}

function isOf(norm: BatchNorm, weight: CheckpointTensor, dims: readonly number[]): boolean {
  return fits(norm, weight) && weight.shape.join() === dims.join();
}

function fits({ gamma, beta, mean, variance }: BatchNorm, { shape }: CheckpointTensor): boolean {
  return [gamma, beta, mean, variance].every((tensor) => tensor === undefined || (tensor.element !== null && tensor.shape.join() === String(shape[0])));
}
