import type { Dim } from '../../../protocol/model';

/** Shape arithmetic on small tensors of any rank: elements are row-major. */

function numericDims(dims: readonly Dim[] | null): number[] | null {
  return dims?.every((dim) => typeof dim === 'number') ? [...dims] : null;
}

/** The elements at these positions along an axis. */
export function take(elements: Dim[] | null, shape: readonly Dim[] | null, axis: number, positions: readonly number[]): Dim[] | null {
  const dims = numericDims(shape);
  const length = dims?.[axis];
  if (elements === null || dims === null || length === undefined) return null;
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const outer = dims.slice(0, axis).reduce((product, dim) => product * dim, 1);
  const result: Dim[] = [];
  for (let o = 0; o < outer; o++) {
    for (const position of positions) {
      const start = (o * length + position) * inner;
      for (let i = 0; i < inner; i++) result.push(elements[start + i] ?? null);
    }
  }
  return result;
}

/** The elements with their axes in another order. */
export function permute(elements: Dim[] | null, shape: readonly Dim[] | null, order: readonly number[]): Dim[] | null {
  const dims = numericDims(shape);
  if (elements === null || dims === null) return null;
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  let offsets = [0];
  for (const axis of order) {
    const length = dims[axis] ?? 0;
    const stride = strides[axis] ?? 0;
    offsets = offsets.flatMap((offset) => Array.from({ length }, (_, i) => offset + i * stride));
  }
  return offsets.map((offset) => elements[offset] ?? null);
}
