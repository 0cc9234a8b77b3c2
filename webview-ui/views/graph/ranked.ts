/** Vertices of the layered graph: the items, then the bends of edges that span several ranks. */
export interface Ranked {
  /** Vertices of each rank, left to right. */
  ranks: number[][];
  width: Float64Array;
  /** Vertices that are ports of the box around: what goes through the box is its main path, however long others are. */
  isPort: readonly boolean[];
  /** Vertices from this number on are bends. */
  firstBend: number;
  /** Edges between neighbouring ranks. */
  upper: Int32Array;
  lower: Int32Array;
  /** Where each meets the upper and the lower vertex, from its centre. */
  upperAt: Float64Array;
  lowerAt: Float64Array;
  /** Of each vertex: the edges above and below it. */
  above: number[][];
  below: number[][];
}
