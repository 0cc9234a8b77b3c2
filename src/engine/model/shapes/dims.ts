import type { Dim } from '../../../protocol/model';

/**
 * Arithmetic on dimensions that may be symbols. A symbolic dimension is a product such as "64*batch", kept in one
 * canonical spelling, so that equal dimensions are equal strings; null is "not known" and spreads.
 */
interface Product {
  factor: number;
  /** Sorted; a symbol may be any text without "*" outside brackets. */
  symbols: string[];
}

/** Longer spellings help nobody and would grow with every layer. */
const LONGEST_SYMBOL = 60;

export function multiply(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0;
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (!isWhole(a) || !isWhole(b)) return null;
  const p = parse(a);
  const q = parse(b);
  return spell({ factor: p.factor * q.factor, symbols: [...p.symbols, ...q.symbols].sort() });
}

export function productOf(dims: readonly Dim[]): Dim {
  return dims.reduce(multiply, 1);
}

/** The quotient where it is known to be whole, else null. */
export function divideExactly(a: Dim, b: Dim): Dim {
  if (!isWhole(a) || !isWhole(b) || b === 0) return null;
  if (a === 0) return 0;
  const p = parse(a);
  const q = parse(b);
  const symbols = [...p.symbols];
  for (const symbol of q.symbols) {
    const at = symbols.indexOf(symbol);
    if (at < 0) return null;
    symbols.splice(at, 1);
  }
  return p.factor % q.factor === 0 ? spell({ factor: p.factor / q.factor, symbols }) : null;
}

export function add(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (!isWhole(a) || !isWhole(b)) return null;
  if (a === 0) return b;
  if (b === 0) return a;
  const p = parse(a);
  const q = parse(b);
  if (p.symbols.length > 0 && p.symbols.join('*') === q.symbols.join('*')) {
    return spell({ factor: p.factor + q.factor, symbols: p.symbols });
  }
  // The same sum made in two places is the same symbol, even though its parts are not known.
  const [symbol, other] = typeof a === 'string' ? [a, b] : [b, a];
  const sum = typeof other === 'number' && other < 0 ? `(${symbol} - ${-other})` : `(${symbol} + ${other})`;
  return sum.length > LONGEST_SYMBOL ? null : sum;
}

export function subtract(a: Dim, b: Dim): Dim {
  return add(a, multiply(b, -1));
}

/** A dimension as a file declares it, in the spelling that this arithmetic uses. */
export function canonical(dim: Dim): Dim {
  return typeof dim === 'string' ? spell(parse(dim)) : dim;
}

/** A dimension with other values put in for some of its symbols. */
export function substitute(dim: Dim, values: ReadonlyMap<string, number | string>): Dim {
  if (typeof dim !== 'string') return dim;
  const { factor, symbols } = parse(dim);
  return symbols.reduce((result: Dim, symbol) => multiply(result, values.get(symbol) ?? symbol), factor);
}

/** Whether both are known and equal. */
export function sameDim(a: Dim | undefined, b: Dim | undefined): boolean {
  return a !== null && a !== undefined && a === b;
}

/** NumPy broadcasting of shapes; null when one has no known rank. */
export function broadcast(shapes: readonly (readonly Dim[] | null)[]): Dim[] | null {
  const rank = shapes.reduce((most, dims) => Math.max(most, dims?.length ?? -1), 0);
  if (shapes.some((dims) => dims === null)) return null;
  return Array.from({ length: rank }, (_, axis) => {
    let result: Dim = 1;
    for (const dims of shapes) {
      const dim = dims?.[axis - (rank - dims.length)];
      if (dim !== undefined) result = broadcastDim(result, dim);
    }
    return result;
  });
}

function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === 1) return b;
  if (b === 1) return a;
  if (typeof a === 'number') return a; // b is the same, or a symbol or unknown that must be it or 1
  if (typeof b === 'number') return b;
  return a === b ? a : null;
}

/** An axis counted from the end when negative; null when outside. */
export function normalAxis(axis: number, rank: number): number | null {
  const result = axis < 0 ? axis + rank : axis;
  return Number.isInteger(result) && result >= 0 && result < rank ? result : null;
}

/** Known, and no fraction (scales are numbers too): what symbolic arithmetic is defined for. */
function isWhole(dim: Dim): dim is number | string {
  return typeof dim === 'string' || Number.isSafeInteger(dim);
}

const parsed = new Map<string, Product>();

function parse(dim: number | string): Product {
  if (typeof dim === 'number') return { factor: dim, symbols: [] };
  let product = parsed.get(dim);
  if (product === undefined) {
    product = parseProduct(dim);
    if (parsed.size > 10_000) parsed.clear();
    parsed.set(dim, product);
  }
  return product;
}

function parseProduct(text: string): Product {
  const parts = splitProduct(text).map((part) => part.trim());
  // "2*s + 1", as exporters write it, is a sum: one symbol to us.
  if (parts.length > 1 && parts.some((part) => !/^(-?[\w.]+|[([].*[)\]])$/.test(part))) {
    return { factor: 1, symbols: [`(${text})`] };
  }
  const product: Product = { factor: 1, symbols: [] };
  for (const part of parts) {
    if (/^-?\d+$/.test(part)) product.factor *= Number(part);
    else product.symbols.push(part);
  }
  product.symbols.sort();
  return product;
}

function splitProduct(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '(' || character === '[') depth++;
    else if (character === ')' || character === ']') depth--;
    else if (character === '*' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function spell({ factor, symbols }: Product): Dim {
  if (factor === 0 || symbols.length === 0) return factor;
  const text = factor === 1 ? symbols.join('*') : `${factor}*${symbols.join('*')}`;
  return text.length > LONGEST_SYMBOL ? null : text;
}
