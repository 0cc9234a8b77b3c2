import type { TensorColumns, TensorView } from '../../../src/protocol/checkpoint';

export interface Tensor {
  /** Place in the file. */
  at: number;
  name: string;
  /** Its modules, outermost first, and what it is called in there. */
  group: string[];
  label: string;
  dtype: string;
  shape: number[];
  count: number;
  bytes: number;
  view?: TensorView;
  problem?: string;
}

/** Columns as rows again. */
export function tensorsOf(columns: TensorColumns): Tensor[] {
  const views = new Map(columns.views);
  const problems = new Map(columns.problems);
  let first = 0;
  return columns.names.map((name, at) => {
    const shape = Array.from(columns.dims.subarray(first, (first += columns.ranks[at]!)));
    const parts = name.split(/[./]/).filter((part) => part !== '');
    const label = parts.pop() ?? name;
    const count = shape.reduce((product, length) => product * length, 1);
    return { at, name, group: parts, label, dtype: columns.dtypes[columns.dtype[at]!]!, shape, count, bytes: columns.bytes[at]!, view: views.get(at), problem: problems.get(at) };
  });
}

const texts = new WeakMap<Tensor, string>();

/** Whether name, element type or shape hold every word. "3x3" and "3,3" are found in shapes, too. */
export function matchesTensor(tensor: Tensor, words: readonly string[]): boolean {
  let text = texts.get(tensor);
  if (text === undefined) {
    const { name, dtype, shape } = tensor;
    text = [name, dtype, shape.join('×'), shape.join('x'), shape.join(',')].join('\n').toLowerCase();
    texts.set(tensor, text);
  }
  return words.every((word) => text.includes(word));
}
