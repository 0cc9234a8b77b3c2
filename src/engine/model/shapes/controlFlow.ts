import type { Dim } from '../../../protocol/model';
import { intAttribute, intsAttribute, subgraphs, type OnnxGraph } from '../graph';
import { multiply, normalAxis } from './dims';
import { fact, nothingKnown, type Fact, type RuleContext } from './facts';
import { addWork, dearer, noWork, repeatWork, type Work } from './work';

export interface BodyResult {
  outputs: Fact[];
  work: Work;
}

/** Runs a graph inside a node with what is known about its inputs. */
export type RunBody = (graph: OnnxGraph, inputs: readonly Fact[]) => BodyResult;

/** What nodes with graphs inside give; null for all others. */
export function controlFlow(c: RuleContext, run: RunBody): BodyResult | null {
  const graphs = c.node.attributes.size === 0 ? [] : subgraphs(c.node);
  if (graphs.length === 0) return null;
  const [body] = graphs;
  if (c.node.domain === '' && body) {
    if (c.node.op === 'If') return branches(graphs, run);
    if (c.node.op === 'Loop') return loop(c, body, run);
    if (c.node.op === 'Scan') return scan(c, body, run);
  }
  // SequenceMap and operators that we do not know: their bodies are looked at once; how often they run is not known.
  const work = graphs.reduce((sum, graph) => addWork(sum, run(graph, []).work), noWork);
  return { outputs: [], work: repeatWork(work, null) };
}

/** One of them runs. */
function branches(graphs: readonly OnnxGraph[], run: RunBody): BodyResult {
  const [first, ...others] = graphs.map((graph) => run(graph, []));
  return others.reduce(
    (a, b) => ({ outputs: a.outputs.map((output, i) => common(output, b.outputs[i] ?? nothingKnown)), work: dearer(a.work, b.work) }),
    first!,
  );
}

/** Trip count, condition, and values that go round; the body takes the iteration too and gives a slice of each stacked output. */
function loop(c: RuleContext, body: OnnxGraph, run: RunBody): BodyResult {
  const count = c.has(0) ? c.elements(0)?.[0] ?? null : null;
  const start = Array.from({ length: Math.max(0, body.inputs.length - 2) }, (_, i) => c.input(i + 2));
  const around = carried(start, (state) => run(body, [fact([], 'int64'), fact([], 'bool'), ...state]), 1);
  const stacked = around.result.outputs.slice(1 + start.length).map((slice) => fact(slice.dims && [count, ...slice.dims], slice.dtype));
  return { outputs: [...around.state, ...stacked], work: repeatWork(around.result.work, typeof count === 'number' ? Math.max(0, count) : null) };
}

/**
 * Values that go round, and inputs of which each round takes a slice. Version 8 also goes through a batch, the first axis of all inputs but the
 * lengths of its sequences, which come before them.
 */
function scan(c: RuleContext, body: OnnxGraph, run: RunBody): BodyResult {
  const isBatched = c.opset < 9;
  const given = Array.from({ length: c.inputCount }, (_, i) => c.input(i)).slice(isBatched ? 1 : 0);
  const batch = given.find(({ dims }) => typeof dims?.[0] === 'number')?.dims?.[0] ?? given[0]?.dims?.[0] ?? null;
  const inputs = isBatched ? given.map(({ dims, dtype }) => fact(dims?.slice(1) ?? null, dtype)) : given;
  const whole = ({ dims, dtype }: Fact): Fact => fact(dims && (isBatched ? [batch, ...dims] : dims), dtype);
  const kept = Math.max(0, inputs.length - (intAttribute(c.node, 'num_scan_inputs') ?? 0));
  const axes = intsAttribute(c.node, 'scan_input_axes');
  let count: Dim = null;
  const slices = inputs.slice(kept).map(({ dims, dtype }, i) => {
    const axis = dims && normalAxis(axes?.[i] ?? 0, dims.length);
    if (dims === null || axis === null) return fact(null, dtype);
    count = typeof count === 'number' ? count : (dims[axis] ?? null);
    return fact(dims.filter((_, at) => at !== axis), dtype);
  });
  const around = carried(inputs.slice(0, kept), (state) => run(body, [...state, ...slices]), 0);
  const outputAxes = intsAttribute(c.node, 'scan_output_axes');
  const stacked = around.result.outputs.slice(kept).map(({ dims, dtype }, i) => {
    const axis = dims && normalAxis(outputAxes?.[i] ?? 0, dims.length + 1);
    return fact(dims === null || axis === null ? null : dims.toSpliced(axis, 0, count), dtype);
  });
  const rounds = multiply(count, isBatched ? batch : 1);
  return { outputs: [...around.state, ...stacked].map(whole), work: repeatWork(around.result.work, typeof rounds === 'number' ? rounds : null) };
}

/** Rounds of a body that are looked at: bodies lie within bodies, and each is looked at this often for each around it. */
const mostRounds = 5;

/**
 * Runs a body whose first values, after `skip` others, come back as inputs of the next round: only what stays the same is known of them.
 * What still changes in the last but two is given up, and where others then change, too, all are.
 */
function carried(start: readonly Fact[], round: (state: Fact[]) => BodyResult, skip: number): { state: Fact[]; result: BodyResult } {
  let state = start.map(({ dims, dtype }) => fact(dims, dtype));
  for (let turn = 1; ; turn++) {
    const result = round(state);
    const next = state.map((before, i) => common(before, result.outputs[skip + i] ?? nothingKnown));
    const isKept = state.map((before, i) => sameShape(before, next[i]!));
    if (turn === mostRounds || !isKept.includes(false)) return { state: next, result };
    const givesUp = (i: number): boolean => turn === mostRounds - 1 || (turn === mostRounds - 2 && !isKept[i]);
    state = next.map((after, i) => (givesUp(i) ? fact(null, after.dtype) : after));
  }
}

function sameShape(a: Fact, b: Fact): boolean {
  return a.dtype === b.dtype && a.dims?.join() === b.dims?.join() && (a.dims === null) === (b.dims === null);
}

/** What two facts agree on. */
function common(a: Fact, b: Fact): Fact {
  const dims = a.dims?.length === b.dims?.length ? (a.dims?.map((dim, axis) => (dim === b.dims?.[axis] ? dim : null)) ?? null) : null;
  return fact(dims, a.dtype === b.dtype ? a.dtype : null);
}
