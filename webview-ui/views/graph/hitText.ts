import { folded } from '../search';
import { valueShape } from './describe';
import type { GraphIndex } from './graphIndex';
import { isHeld, namesOf, ranks, searchedWords, sizesText, type Hit, type NodeHit, type ValueHit, type WeightHit, type Word } from './search';

/** What the row of a hit says. */
export interface HitText {
  name: string;
  /** The modules around it, of a weight the node that uses it, unless the name says them. */
  path: string;
  /** What it is, "Conv", "Weight", or how something is found that is called otherwise: "takes", "makes", "weight". */
  what: string;
  /** The value by whose name it is found; "" where that is not how. */
  value: string;
  /** A shape, with a type where that is searched for; and whether it is what was searched for. */
  shape: string;
  shapeFound: boolean;
  title: string;
}

/** What is shown of a hit of this search: of all that could be, what holds the words. */
export function hitText(index: GraphIndex, hit: Hit, search: string): HitText {
  const words = searchedWords(search);
  return hit.kind === 'node' ? ofNode(index, hit, words, search.includes('/')) : ofNamedValue(index, hit, words);
}

const isIn = (text: string, word: Word): boolean => folded(text).includes(word.text);

function shapeText(index: GraphIndex, value: number, words: readonly Word[]): Pick<HitText, 'shape' | 'shapeFound'> {
  const { dtype } = index.graph.values[value]!;
  const sizes = sizesText(index.graph.values[value]!);
  const typed = words.some((word) => isIn(dtype, word));
  return { shape: `${valueShape(index, value)}${typed ? ` ${dtype}` : ''}`, shapeFound: typed || words.some((word) => word.sizes !== null && sizes.includes(word.sizes)) };
}

/** `asInFile`: a path with slashes is sought, so that it is not shown with dots. */
function ofNode(index: GraphIndex, { node: at, rank }: NodeHit, words: readonly Word[], asInFile: boolean): HitText {
  const node = index.graph.nodes[at]!;
  const { full, dotted, short, path } = namesOf(index, at);
  const op = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  const long = [{ name: dotted, path: '' }, { name: full, path: isIn(full, { text: folded(path), sizes: null }) ? '' : path }];
  const ways = [{ name: short, path }, ...(asInFile ? long.reverse() : long)];
  const shown = ways.map((way) => words.filter((word) => isIn(way.name, word) || isIn(way.path, word)).length);
  const way = ways[shown.indexOf(Math.max(...shown))]!;
  const about = { ...way, what: way.name === op ? '' : op, value: '', title: [...new Set([full, dotted, op])].join('\n') };
  const found = rank >= ranks.own ? foundValue(index, at, words.filter((word) => ![full, dotted, op].some((text) => isIn(text, word)))) : null;
  if (found !== null && (found.what !== 'makes' || found.value !== '')) return { ...about, ...found, title: `${about.title}\n${found.what} ${index.graph.values[found.at]!.name}` };
  const output = node.outputs.find((value) => value >= 0);
  return { ...about, ...(output === undefined ? { shape: '', shapeFound: false } : shapeText(index, output, words)) };
}

/** The value of a node by which it is found: that which holds most of the words, its outputs first, what it takes last. */
function foundValue(index: GraphIndex, node: number, words: readonly Word[]): (Pick<HitText, 'what' | 'value' | 'shape' | 'shapeFound'> & { at: number }) | null {
  const { inputs, outputs } = index.graph.nodes[node]!;
  const held = inputs.filter((value) => value >= 0 && isHeld(index, value));
  const all = [...outputs.filter((value) => value >= 0), ...held, ...inputs.filter((value) => value >= 0 && !held.includes(value))];
  const among = all.map((value) => {
    const { name } = index.graph.values[value]!;
    const named = words.filter((word) => isIn(name, word)).length;
    const text = shapeText(index, value, words);
    return { at: value, ...text, value: named > 0 ? name : '', found: named + (text.shapeFound ? 1 : 0), what: outputs.includes(value) ? 'makes' : held.includes(value) ? 'weight' : 'takes' };
  });
  const most = Math.max(...among.map(({ found }) => found));
  return most > 0 ? among.find(({ found }) => found === most)! : null;
}

function ofNamedValue(index: GraphIndex, hit: ValueHit | WeightHit, words: readonly Word[]): HitText {
  const { name, dtype } = index.graph.values[hit.value]!;
  const what = hit.kind === 'weight' ? 'Weight' : hit.kind === 'input' ? 'Input' : 'Output';
  const user = hit.kind === 'weight' ? namesOf(index, hit.node).dotted : '';
  const path = folded(name).includes(folded(user)) ? '' : user;
  return { name, path, what, value: '', ...shapeText(index, hit.value, words), title: `${name}\n${what}${user && ` of ${user}`}, ${valueShape(index, hit.value)} ${dtype}` };
}
