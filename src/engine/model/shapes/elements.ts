import type { Dim } from '../../../protocol/model';

/** Shape arithmetic on small tensors of any rank: elements are row-major. */

/** The shape of these elements in numbers; null where they have another number of elements, as in a damaged file. */
function numericDims(dims: readonly Dim[] | null, elements: readonly Dim[]): number[] | null {
  if (!dims?.every((dim) => typeof dim === 'number')) return null;
  return dims.reduce((product, dim) => product * dim, 1) === elements.length ? [...dims] : null;
}

/** Whether elements fill a shape. */
export function fills(elements: readonly Dim[] | null, dims: readonly Dim[]): boolean {
  return elements !== null && numericDims(dims, elements) !== null;
}

/** The elements at these positions along an axis. */
export function take(elements: Dim[] | null, shape: readonly Dim[] | null, axis: number, positions: readonly number[]): Dim[] | null {
  const dims = elements && numericDims(shape, elements);
  const length = dims?.[axis];
  if (!elements || !dims || length === undefined) return null;
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
  const dims = elements && numericDims(shape, elements);
  if (!elements || !dims) return null;
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((product, dim) => product * dim, 1));
  let offsets = [0];
  for (const axis of order) {
    const length = dims[axis] ?? 0;
    const stride = strides[axis] ?? 0;
    offsets = offsets.flatMap((offset) => Array.from({ length }, (_, i) => offset + i * stride));
  }
  return offsets.map((offset) => elements[offset] ?? null);
}
