import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withCheckpoint } from '../src/engine/checkpoint/open';
import { tensorStatistics } from '../src/engine/checkpoint/statistics';
import { writeNpy } from '../src/engine/io/npy';
import { seeded } from '../src/engine/numerics/random';

/**
 * Statistics of a tensor against NumPy, in turn, both from the disk: mean, standard deviation, least, greatest, norm, zeros, NaN,
 * infinite, histogram and norms of units. Prints medians of the ratios, and how far the numbers are apart.
 *
 *   npm run bench:checkpoint -- [--rounds N] [--python PYTHON] [ROWSxCOLUMNS ...]
 *
 * `--alone` leaves NumPy out.
 */
const words = process.argv.slice(2);
const option = (name: string, otherwise: string): string => {
  const at = words.indexOf(name);
  return at >= 0 ? words.splice(at, 2)[1]! : otherwise;
};
const rounds = Number(option('--rounds', '7'));
const python = option('--python', 'python3');
const alone = words.includes('--alone');
const sizes = words.filter((word) => /^\d+x\d+$/.test(word));

/** One line of input a round; answers "SECONDS MEAN STD MIN MAX NORM ZEROS NANS INFS". */
const peer = `
import sys, time
import numpy as np
print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    x = np.load(sys.argv[1])
    nans, infs = np.isnan(x).sum(), np.isinf(x).sum()
    mean, std = x.mean(dtype=np.float64), x.std(dtype=np.float64)
    low, high = x.min(), x.max()
    zeros = (x == 0).sum()
    norms = np.sqrt(np.einsum("ij,ij->i", x, x, dtype=np.float64))
    norm = np.sqrt((norms ** 2).sum())
    counts = np.histogram(x, bins=64, range=(low, high))[0]
    print(time.perf_counter() - start, mean, std, low, high, norm, zeros, nans, infs, flush=True)
`;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(os.tmpdir(), 'unitscope-bench-'));
  console.log(`${rounds} interleaved rounds of one thread each; ratio = ours / NumPy: below 1 is faster`);
  try {
    for (const size of sizes.length > 0 ? sizes : ['64x576', '512x4608', '4096x4096', '1000x50000']) {
      const [rows, columns] = size.split('x').map(Number) as [number, number];
      const file = join(folder, 'x.npy');
      await writeNpy(file, [rows, columns], 'f4', weights(rows, columns));
      await against(size, rows * columns, file);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Rounds before this has passed warm caches and compilers, and do not count. */
const warmMilliseconds = 1000;

async function against(size: string, elements: number, file: string): Promise<void> {
  const child = alone ? null : spawn(python, ['-c', peer, file], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, OMP_NUM_THREADS: '1' } });
  const lines = child && createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<number[]> => {
    const { value, done } = (await lines!.next()) as { value: string; done?: boolean };
    if (done) throw new Error(`${python} ended; it needs NumPy (--python names another).`);
    return value.split(' ').map(Number);
  };
  if (child) await answer();
  const times: [number, number][] = [];
  let apart = 0;
  const start = performance.now();
  for (let warm = false; times.length < rounds; warm ||= performance.now() - start > warmMilliseconds) {
    const mine = await ours(file);
    child?.stdin.write('again\n');
    const [seconds, ...numbers] = child ? await answer() : [NaN];
    for (const [i, value] of numbers.entries()) apart = Math.max(apart, Math.abs(mine.numbers[i]! - value) / Math.max(1e-12, Math.abs(value)));
    if (warm) times.push([mine.seconds, seconds!]);
  }
  child?.stdin.end();
  const [a, b] = [median(times.map(([t]) => t)), median(times.map(([, t]) => t))];
  const rate = `${(elements / a / 1e6).toFixed(0)} M elements/s`;
  if (alone) console.log(`${size.padEnd(12)} ${rate}, ${(a * 1000).toFixed(1)} ms`);
  else {
    const ratios = times.map(([mine, theirs]) => mine / theirs);
    console.log(`${size.padEnd(12)} ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})  ${(a * 1000).toFixed(1)} against ${(b * 1000).toFixed(1)} ms, ${rate}, apart by ${apart.toExponential(0)}`);
  }
}

async function ours(file: string): Promise<{ seconds: number; numbers: number[] }> {
  const start = performance.now();
  const found = await withCheckpoint(file, ({ tensors }) => tensorStatistics(tensors[0]!, new AbortController().signal));
  const seconds = (performance.now() - start) / 1000;
  const { mean, std, min, max, l2, zeros, nans, infs } = found;
  return { seconds, numbers: [mean!, std!, min!, max!, l2, zeros, nans, infs] };
}

/** Normally distributed weights, a tenth of them pruned. */
function* weights(rows: number, columns: number): Generator<Float32Array> {
  const random = seeded(7);
  for (let row = 0; row < rows; row++)
    yield Float32Array.from({ length: columns }, () => (random() < 0.1 ? 0 : Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()) * 0.05));
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

void main();
