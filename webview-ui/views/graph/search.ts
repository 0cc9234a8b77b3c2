import type { GraphNode } from '../../../src/protocol/graph';
import { kindLabels } from '../kindLabels';
import type { GraphIndex } from './graphIndex';

const texts = new WeakMap<GraphIndex, string[]>();

/**
 * Nodes whose name, operator, module, kind, or a value's name, dtype or shape holds every word, in the order of
 * computation. Shapes are found as they are written with "x", "×" or ",": "64x56x56". Constants have no box: what uses them is found by
 * their names.
 */
export function findNodes(index: GraphIndex, search: string): number[] {
  const words = search.toLowerCase().split(/\s+(?![x×]\s)(?<!\s[x×]\s)/).map(normalShape).filter(Boolean);
  if (words.length === 0) return [];
  let known = texts.get(index);
  if (!known) {
    known = index.graph.nodes.map((node, at) => (index.shownAs(at) === at ? searchText(index, node) : ''));
    texts.set(index, known);
  }
  return known.flatMap((text, node) => (words.every((word) => text.includes(word)) ? [node] : []));
}

function searchText(index: GraphIndex, node: GraphNode): string {
  const { values, scopes } = index.graph;
  const path = scopes[node.scope]?.path ?? [];
  const own = [node.name, node.label, node.op, node.domain && `${node.domain}.${node.op}`, path.join('.'), path.join('/'), kindLabels[node.kind]];
  const around = [...node.inputs, ...node.outputs].flatMap((at) => {
    const value = values[at];
    return value ? [value.name, value.dtype, value.shape ? `x${value.shape.map((dim) => dim ?? '?').join('x')}x` : ''] : [];
  });
  return [...own, ...around].join('\n').toLowerCase();
}

/** "64 × 56 x56" and "64,56,56" as "64x56x56"; whole numbers only, so that "4x5" is not found in "64x56". */
function normalShape(word: string): string {
  const joined = word.replace(/\s*[x×,*]\s*/g, 'x').replace(/^\[|\]$/g, '');
  return /^(\w+x)+\w+$/.test(joined) && /\d/.test(joined) ? `x${joined}x` : word.trim();
}
