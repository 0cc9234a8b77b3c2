import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Distance } from '../src/engine/compute/contract';
import type { EmbeddingSource } from '../src/engine/compute/embeddings';
import { computeRdm } from '../src/engine/compute/rdm';
import { writeNpy } from '../src/engine/io/npy';
import { seeded } from '../src/engine/numerics/random';
import { openRdm } from '../src/engine/store/rdmFile';

/**
 * RDMs against SciPy's `pdist` and NumPy's `corrcoef` on the same float32 matrix, in turn. Ours reads the matrix from the
 * disk and writes the RDM; the peers do the same ("file") or have the matrix in memory already and keep the RDM there
 * ("memory"). Prints medians of the ratios, and how far the numbers are apart.
 *
 *   npm run bench:rdm -- [--rounds N] [--python PYTHON] [ROWSxFEATURES ...]
 *
 * `--alone` leaves the peers out: time and memory of ours for sizes that they take too long for.
 */
const words = process.argv.slice(2);
const option = (name: string, otherwise: string): string => {
  const at = words.indexOf(name);
  return at >= 0 ? words.splice(at, 2)[1]! : otherwise;
};
const rounds = Number(option('--rounds', '5'));
const python = option('--python', 'python3');
const alone = words.includes('--alone');
const sizes = words.filter((word) => /^\d+x\d+$/.test(word));

/** Reads requests "FUNCTION file|memory" from standard input; answers "SECONDS SAMPLE…". A function that would take too long is left out. */
const peer = `
import sys, time
import numpy as np
from scipy.spatial.distance import pdist
x = np.load(sys.argv[1])
pairs = np.triu_indices(len(x), 1)
some = np.linspace(0, len(pairs[0]) - 1, 7).astype(int)
jobs = {"corrcoef": lambda x: (1 - np.corrcoef(x))[pairs], "correlation": lambda x: pdist(x, "correlation"), "euclidean": lambda x: pdist(x, "euclidean")}
print("ready", flush=True)
for line in sys.stdin:
    name, where = line.split()
    start = time.perf_counter()
    if where == "file":
        result = jobs[name](np.load(sys.argv[1]))
        np.save(sys.argv[2], result.astype(np.float32))
    else:
        result = jobs[name](x)
    seconds = time.perf_counter() - start
    print(seconds, *result[some], flush=True)
`;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(os.tmpdir(), 'unitscope-bench-'));
  const threads = os.availableParallelism();
  console.log(`${threads} threads; ${rounds} interleaved rounds; ratio = ours / peer: below 1 is faster`);
  try {
    for (const size of sizes.length > 0 ? sizes : ['92x1000', '92x100000', '200x20000', '500x50000', '1000x100000', '2000x20000']) {
      const [rows, features] = size.split('x').map(Number) as [number, number];
      const file = join(folder, 'x.npy');
      await writeNpy(file, [rows, features], 'f4', matrix(rows, features));
      const source = sourceOf(file, rows, features);
      if (alone) {
        for (const distance of ['correlation', 'euclidean'] as const) {
          const { seconds } = await ours(source, distance, join(folder, 'x.rdm'), threads);
          console.log(`${size.padEnd(13)} ${distance.padEnd(12)} ${seconds.toFixed(2)} s, peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB in all`);
        }
        continue;
      }
      await against(size, source, file, folder, threads);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Rounds before this has passed warm caches and compilers, and do not count. */
const warmMilliseconds = 500;

/** SciPy's pdist runs at about a billion terms a second. */
const longPdist = 20e9;

async function against(size: string, source: EmbeddingSource, file: string, folder: string, threads: number): Promise<void> {
  const child = spawn(python, ['-c', peer, file, join(folder, 'peer.npy')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => {
    const { value, done } = (await lines.next()) as { value: string; done?: boolean };
    if (done) throw new Error(`${python} ended; it needs NumPy and SciPy (--python names another).`);
    return value;
  };
  await answer();
  const ask = async (name: string, where: string): Promise<{ seconds: number; some: number[] }> => {
    child.stdin.write(`${name} ${where}\n`);
    const [seconds, ...some] = (await answer()).split(' ').map(Number);
    return { seconds: seconds!, some };
  };
  const slow = (source.rows ** 2 * source.features) / 2 > longPdist;
  const contests: [Distance, string][] = [['correlation', 'corrcoef'], ...(slow ? [] : ([['correlation', 'correlation'], ['euclidean', 'euclidean']] as [Distance, string][]))];
  for (const [distance, name, where] of contests.flatMap(([distance, name]) => ['file', 'memory'].map((where) => [distance, name, where] as const))) {
    const ratios: number[] = [];
    const times: [number, number][] = [];
    let worst = 0;
    const start = performance.now();
    for (let warm = false; ratios.length < rounds; warm ||= performance.now() - start > warmMilliseconds) {
      const mine = await ours(source, distance, join(folder, 'x.rdm'), threads);
      const theirs = await ask(name, where);
      for (const [i, value] of theirs.some.entries()) worst = Math.max(worst, Math.abs(mine.some[i]! - value) / Math.abs(value));
      if (!warm) continue;
      ratios.push(mine.seconds / theirs.seconds);
      times.push([mine.seconds, theirs.seconds]);
    }
    const label = `${name === 'corrcoef' ? 'numpy corrcoef' : `pdist ${name}`}, ${where}`;
    const [a, b] = [median(times.map(([t]) => t)), median(times.map(([, t]) => t))];
    console.log(
      `${size.padEnd(13)} ${label.padEnd(26)} ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})  ${(a * 1000).toFixed(0)} against ${(b * 1000).toFixed(0)} ms, apart by ${worst.toExponential(0)}`,
    );
  }
  child.stdin.end();
}

async function ours(source: EmbeddingSource, distance: Distance, file: string, threads: number): Promise<{ seconds: number; some: number[] }> {
  const start = performance.now();
  const fault = await computeRdm({ source, distance, file, budget: 1e9, threads }, new AbortController().signal, () => undefined);
  const seconds = (performance.now() - start) / 1000;
  if (fault) throw new Error(fault.kind);
  const pairs = (source.rows * (source.rows - 1)) / 2;
  const stored = (await openRdm(file))!;
  const some = await stored.readSome(Array.from({ length: 7 }, (_, i) => Math.trunc((i * (pairs - 1)) / 6)));
  return { seconds, some: [...some] };
}

function sourceOf(file: string, rows: number, features: number): EmbeddingSource {
  const header = 128; // of a small .npy
  const blocks = Array.from({ length: rows }, (_, row) => ({ file: 0, offset: header + row * features * 4, columns: 1, picks: [0, row] }));
  return { rows, features, files: [file], blocks };
}

/** Rectified noise about patterns that some rows share. */
function* matrix(rows: number, features: number): Generator<Float32Array> {
  const uniform = seeded(1);
  for (let row = 0; row < rows; row++)
    yield Float32Array.from({ length: features }, (_, f) => Math.max(0, uniform() - 0.5 + 0.3 * Math.sin((row % 7) * f)));
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

void main();
