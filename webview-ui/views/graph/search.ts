import type { GraphValue } from '../../../src/protocol/graph';
import { splitLabel } from '../../shared/format';
import { kindLabels } from '../kindLabels';
import { folded } from '../search';
import { isConstant, type GraphIndex } from './graphIndex';

/** How well something is found, the best first: by what it is called, what it is, what it makes and holds, or only by what it takes. */
export const ranks = { exact: 0, begins: 1, contains: 2, operator: 3, own: 4, takes: 5 } as const;
export type Rank = (typeof ranks)[keyof typeof ranks];

/** A node, or a value with a name of its own: an input or output of the graph, or a weight. */
export type Hit = NodeHit | ValueHit | WeightHit;

export interface NodeHit {
  rank: Rank;
  kind: 'node';
  node: number;
}

export interface ValueHit {
  rank: Rank;
  kind: 'input' | 'output';
  value: number;
}

export interface WeightHit {
  rank: Rank;
  kind: 'weight';
  value: number;
  /** The first that uses it. */
  node: number;
}

/** A word that is searched for. */
export interface Word {
  /** As names hold it. */
  text: string;
  /** As shapes hold it: sizes that follow one another, each between two "x"; null where it can be none. */
  sizes: string | null;
}

/** What joins sizes: between two numbers however it is spaced; a free-standing "x" beside one. Any other "x" is a word. */
const joint = /(?<=[\d?])\s*[x×*,]\s*(?=[\d?])|(?<=[\d?])\s+[x×*]\s+(?=\S)|(?<=\S)\s+[x×*]\s+(?=[\d?])/g;

/** The words of a search, each of which has to be found. "64 × 56 x56" and "[64, 56, 56]" are one, "64x56x56". */
export function searchedWords(search: string): Word[] {
  const parts = search.replace(joint, 'x').split(/\s+/).filter(Boolean);
  return parts.map((part) => {
    const sizes = folded(part.replace(/[x×*,]/g, 'x').replace(/^\[|\]$/g, ''));
    return { text: folded(part), sizes: /^[\w?]+$/.test(sizes) ? `x${sizes}x` : null };
  });
}

/** "x64x56x56x": sizes are whole between two "x", so that "4x5" is not found in 64 × 56. */
export function sizesText({ shape }: GraphValue): string {
  return shape ? folded(`x${shape.map((dim) => dim ?? '?').join('x')}x`) : '';
}

/** What a node is called: its own name (its first output's where it has none), and that of its module with its own behind it. */
export function namesOf(index: GraphIndex, node: number): { full: string; dotted: string; short: string; path: string } {
  const { nodes, scopes, values } = index.graph;
  const one = nodes[node]!;
  const path = (scopes[one.scope]?.path ?? []).join('.');
  const short = splitLabel(one).name;
  return { full: one.name || (values[one.outputs.find((value) => value >= 0) ?? -1]?.name ?? ''), dotted: path === '' ? short : `${path}.${short}`, short, path };
}

/** Whether a value comes with a node that uses it: a weight, or a constant, which has no box of its own. */
export function isHeld({ graph: { nodes, values }, producer }: GraphIndex, value: number): boolean {
  const maker = nodes[producer[value]!];
  return values[value]!.kind === 'initializer' || (maker !== undefined && isConstant(maker));
}

/** A list of texts of which many are the same. */
class Repeated {
  readonly of: Uint32Array;
  private readonly texts: string[] = [];
  private readonly places = new Map<string, number>();

  constructor(length: number) {
    this.of = new Uint32Array(length);
  }

  set(at: number, text: string): void {
    let place = this.places.get(text);
    if (place === undefined) this.places.set(text, (place = this.texts.push(text) - 1));
    this.of[at] = place;
  }

  /** Of each different text, whether it holds this. */
  holding(part: string): boolean[] {
    return this.texts.map((text) => text.includes(part));
  }
}

interface NamedValue {
  kind: 'input' | 'output' | 'weight';
  value: number;
  /** The first that uses a weight. */
  node: number;
}

/** What is searched, of each node and value by its place. Names stand between two line feeds. */
interface Texts {
  /** Nodes with a box of their own, in the order of computation. */
  nodes: number[];
  names: string[];
  operators: Repeated;
  valueNames: string[];
  dtypes: Repeated;
  sizes: Repeated;
  held: Uint8Array;
  /** In the order of computation. */
  named: NamedValue[];
}

const known = new WeakMap<GraphIndex, Texts>();

function textsOf(index: GraphIndex): Texts {
  let texts = known.get(index);
  if (!texts) known.set(index, (texts = gathered(index)));
  return texts;
}

/** Gathers what is searched: with very many nodes it takes some frames, which the first key press is spared. */
export function prepareSearch(index: GraphIndex): void {
  textsOf(index);
}

function gathered(index: GraphIndex): Texts {
  const { nodes, values } = index.graph;
  const operators = new Repeated(nodes.length);
  const [dtypes, sizes] = [new Repeated(values.length), new Repeated(values.length)];
  const held = new Uint8Array(values.length);
  nodes.forEach(({ op, domain, kind }, at) => operators.set(at, folded(`${op}\n${domain}.${op}\n${kindLabels[kind]}`)));
  const valueNames = values.map((value, at) => {
    dtypes.set(at, folded(value.dtype));
    sizes.set(at, sizesText(value));
    held[at] = isHeld(index, at) ? 1 : 0;
    // What uses a constant is found by the constant's name, too.
    const constant = held[at] === 1 && value.kind !== 'initializer' ? nodes[index.producer[at]!]!.name : '';
    return folded(`\n${value.name}\n${constant}${constant && '\n'}`);
  });
  return {
    nodes: nodes.flatMap((_, at) => (index.shownAs(at) === at ? [at] : [])).sort((a, b) => index.order[a]! - index.order[b]!),
    names: nodes.map((_, at) => {
      const { full, dotted } = namesOf(index, at);
      return folded(`\n${full}\n${full.startsWith('/') ? `${full.slice(1)}\n` : ''}${dotted}\n`);
    }),
    operators,
    valueNames,
    dtypes,
    sizes,
    held,
    named: namedValues(index),
  };
}

function namedValues(index: GraphIndex): NamedValue[] {
  const { values, bodies } = index.graph;
  const [main] = bodies;
  const inputs = (main?.inputs ?? []).filter((value) => values[value]!.kind !== 'initializer').map((value): NamedValue => ({ kind: 'input', value, node: -1 }));
  const outputs = (main?.outputs ?? []).filter((value) => value >= 0).map((value): NamedValue => ({ kind: 'output', value, node: -1 }));
  const weights = values.flatMap(({ kind }, value): NamedValue[] => {
    const node = kind === 'initializer' ? index.consumers[value]!.find((one) => index.shownAs(one) === one) : undefined;
    return node === undefined ? [] : [{ kind: 'weight', value, node }];
  });
  return [...inputs, ...weights.sort((a, b) => index.order[a.node]! - index.order[b.node]!), ...outputs];
}

/** What stands between the parts of a path, and between names. */
const isSeparator = (character: string): boolean => character === '.' || character === ':' || character === '\n';

/** How a word stands in names: it is one, begins one or is whole parts of its path, or is just in one; null: in none. */
function rankInNames(names: string, word: string): Rank | null {
  const first = names.indexOf(word);
  if (first < 0) return null;
  if (names.includes(`\n${word}\n`)) return ranks.exact;
  for (let at = first; at >= 0; at = names.indexOf(word, at + 1)) {
    const before = names[at - 1]!;
    if (before === '\n' || (isSeparator(before) && isSeparator(names[at + word.length]!))) return ranks.begins;
  }
  return ranks.contains;
}

/** A word, and of each value whether it is in its name, and whether it is its type or in its shape. */
interface SoughtWord {
  text: string;
  inOperator: boolean[];
  inName: Uint8Array;
  inKind: Uint8Array;
}

function sought({ text, sizes }: Word, texts: Texts): SoughtWord {
  const dtypes = texts.dtypes.holding(text);
  const shapes = sizes === null ? [] : texts.sizes.holding(sizes);
  const [inName, inKind] = [new Uint8Array(texts.valueNames.length), new Uint8Array(texts.valueNames.length)];
  for (let at = 0; at < inName.length; at++) {
    if (texts.valueNames[at]!.includes(text)) inName[at] = 1;
    if (dtypes[texts.dtypes.of[at]!] || shapes[texts.sizes.of[at]!]) inKind[at] = 1;
  }
  return { text, inOperator: texts.operators.holding(text), inName, inKind };
}

function rankOfNode({ graph: { nodes } }: GraphIndex, node: number, { names, operators, held }: Texts, { text, inOperator, inName, inKind }: SoughtWord): Rank | null {
  const named = rankInNames(names[node]!, text);
  if (named !== null) return named;
  if (inOperator[operators.of[node]!]) return ranks.operator;
  const { inputs, outputs } = nodes[node]!;
  let rank: Rank | null = null;
  for (const value of outputs) if (inName[value] === 1 || inKind[value] === 1) return ranks.own;
  for (const value of inputs) {
    if (inName[value] !== 1 && inKind[value] !== 1) continue;
    if (held[value] === 1) return ranks.own;
    rank = ranks.takes;
  }
  return rank;
}

/** A value is found by its name, or by being an input or output; further words may be of its shape and type. */
function rankOfValue({ kind, value }: NamedValue, { valueNames }: Texts, words: readonly SoughtWord[]): Rank | null {
  let worst: Rank | null = null;
  for (const { text, inName, inKind } of words) {
    const rank = inName[value] === 1 ? rankInNames(valueNames[value]!, text) : kind !== 'weight' && kind.startsWith(text) ? ranks.operator : null;
    if (rank !== null) worst = Math.max(worst ?? 0, rank) as Rank;
    else if (inKind[value] === 0) return null;
  }
  // There are more weights than nodes, and most are called after their node: that comes first.
  return worst !== null && worst !== ranks.exact && kind === 'weight' ? ranks.own : worst;
}

/**
 * What of a graph holds every word, the best first and, among equals, in the order of computation. A node is as good as the worst
 * of its words: see `ranks`.
 */
export function findHits(index: GraphIndex, search: string): Hit[] {
  const texts = textsOf(index);
  const words = searchedWords(search).map((word) => sought(word, texts));
  if (words.length === 0) return [];
  const values: Hit[][] = Object.values(ranks).map(() => []);
  const nodes: Hit[][] = Object.values(ranks).map(() => []);
  const byWeight = new Set<number>();
  for (const one of texts.named) {
    const rank = rankOfValue(one, texts, words);
    if (rank === null) continue;
    const { kind, value, node } = one;
    if (kind === 'weight') byWeight.add(node);
    values[rank]!.push(kind === 'weight' ? { kind, rank, value, node } : { kind, rank, value });
  }
  for (const node of texts.nodes) {
    let rank: Rank | null = ranks.exact;
    for (const word of words) {
      const one = rankOfNode(index, node, texts, word);
      rank = one === null ? null : (Math.max(rank, one) as Rank);
      if (rank === null) break;
    }
    // What is found by the name of its weight alone is there as that weight.
    if (rank !== null && !(rank === ranks.own && byWeight.has(node))) nodes[rank]!.push({ kind: 'node', rank, node });
  }
  return nodes.flatMap((found, rank) => (values[rank]!.length === 0 ? found : [...found, ...values[rank]!].sort((a, b) => placeOf(index, a) - placeOf(index, b))));
}

/** Where a hit stands in the order of computation. */
function placeOf({ order }: GraphIndex, hit: Hit): number {
  return 'node' in hit ? order[hit.node]! : hit.kind === 'input' ? -1 : Number.MAX_SAFE_INTEGER;
}
