/** 0, 1, … count - 1: the rows of a set in its own order. */
export function identityRows(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, row) => row);
}
