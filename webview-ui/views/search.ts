import type { Layer } from '../../src/protocol/model';
import { kindLabels } from './kindLabels';

/** The words of a search; each has to be found. */
export function searchWords(text: string): string[] {
  return text.toLowerCase().split(/\s+/).filter(Boolean);
}

const haystacks = new WeakMap<Layer, string>();

/** Whether name, operator, kind or module of a layer hold every word. */
export function matchesLayer(layer: Layer, words: readonly string[]): boolean {
  let text = haystacks.get(layer);
  if (text === undefined) {
    text = [layer.name, layer.label, layer.op, kindLabels[layer.kind], layer.kind, layer.group.join('.'), layer.node]
      .join('\n')
      .toLowerCase();
    haystacks.set(layer, text);
  }
  return words.every((word) => text.includes(word));
}

/** A text as it is compared: in lower case, the parts of a path with dots between them, whichever way a file writes them. */
export function folded(text: string): string {
  return text.toLowerCase().replaceAll('/', '.');
}

/** A text in pieces, those that a word hits marked. */
export function markHits(text: string, words: readonly string[]): { text: string; hit: boolean }[] {
  const among = folded(text);
  const hits = new Uint8Array(text.length);
  for (const word of words.map(folded)) {
    for (let at = among.indexOf(word); at >= 0; at = among.indexOf(word, at + word.length))
      hits.fill(1, at, at + word.length);
  }
  const pieces: { text: string; hit: boolean }[] = [];
  for (let at = 0; at < text.length;) {
    let end = at + 1;
    while (end < text.length && hits[end] === hits[at]) end++;
    pieces.push({ text: text.slice(at, end), hit: hits[at] === 1 });
    at = end;
  }
  return pieces;
}
