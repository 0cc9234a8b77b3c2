import { pairsOf } from '../numerics/condensed';
import { quantilesOf, RdmWriter } from '../store/rdmFile';
import type { RdmFault, RdmTask } from './contract';
import { EmbeddingReader } from './embeddings';
import { Products } from './products';
import { SquaredDistances, startOf } from './squaredDistances';
import { Stretches } from './stretches';

/** Bytes of embeddings that are held at once; what is made of them takes twice as much again. */
const stretchBytes = 32e6;
/** Features of a stretch: float32 sums of more terms lose more. */
const mostWidth = 8192;
/** Where there are more pairs, quantiles are those of a regular sample of them. */
const mostSorted = 16e6;

/**
 * The RDM of a matrix of embeddings [N, P] of any size, written to a file: squared distances of rows that have been shifted
 * and scaled (`squaredDistances.ts`).
 *
 * Against float64: 1e-5 relative (test/unit/compute/rdm.test.ts). Memory: about 200 MB and the accumulators, 8 bytes a
 * pair, of as many rows at a time as the budget allows. Time: about N^2 P / (300 GFLOP/s * threads).
 * @returns what keeps it from being defined, or null
 * @throws cancelled, cache.failed
 */
export async function computeRdm(
  { source, distance, file, budget, threads }: RdmTask,
  signal: AbortSignal,
  report: (progress: { share: number }) => void,
): Promise<RdmFault | null> {
  const { rows, features } = source;
  const width = Math.max(1, Math.min(features, mostWidth, Math.floor(stretchBytes / (4 * rows))));
  const parts = Array.from({ length: Math.ceil(features / width) }, (_, i) => [i * width, Math.min(features, (i + 1) * width)] as const);
  const stripes = stripesOf(rows, Math.max(budget - 4 * stretchBytes, budget / 4));
  const reader = new EmbeddingReader(source);
  let writer: RdmWriter | undefined;
  try {
    const stretches = new Stretches(reader, rows, parts, budget / 4, signal);
    const distances = new SquaredDistances(stretches, source, distance, await Products.open(threads));
    const sample = new Sample(pairsOf(rows));
    for (const [at, stripe] of stripes.entries()) {
      const pairs = await distances.compute(stripe, (share) => report({ share: (at + share) / stripes.length }));
      if (!(pairs instanceof Float64Array)) return pairs;
      const values = Float32Array.from(distance === 'euclidean' ? pairs.map(Math.sqrt) : pairs);
      writer ??= new RdmWriter(file, { rows, features });
      writer.append(values);
      sample.take(values);
    }
    writer!.finish(sample.quantiles());
    writer = undefined;
    return null;
  } finally {
    writer?.discard();
    reader.close();
  }
}

/** Takes every n-th pair, so that what is sorted stays bounded. */
class Sample {
  private readonly step: number;
  private readonly values: Float32Array;
  private seen = 0;
  private taken = 0;

  constructor(pairs: number) {
    this.step = Math.ceil(pairs / mostSorted);
    this.values = new Float32Array(Math.ceil(pairs / this.step));
  }

  take(pairs: Float32Array): void {
    for (let i = (this.step - (this.seen % this.step)) % this.step; i < pairs.length; i += this.step) this.values[this.taken++] = pairs[i]!;
    this.seen += pairs.length;
  }

  quantiles(): Float32Array {
    return quantilesOf(this.values.subarray(0, this.taken).sort());
  }
}

/** Runs of rows whose accumulators, and the numbers made of them, fit. */
function stripesOf(rows: number, bytes: number): [number, number][] {
  const most = bytes / 12;
  const stripes: [number, number][] = [];
  for (let from = 0; from < rows; ) {
    let to = from + 1;
    while (to < rows && startOf(to + 1, rows) - startOf(from, rows) <= most) to++;
    stripes.push([from, to]);
    from = to;
  }
  return stripes;
}
