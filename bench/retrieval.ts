import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Searches } from '../src/engine/compute/search';
import { buildIndex } from '../src/engine/compute/searchApproximate';
import type { SearchTask } from '../src/engine/compute/searchContract';
import { SearchMatrix, withMatrix } from '../src/engine/compute/searchMatrix';
import { transformEmbeddings } from '../src/engine/compute/searchPack';
import { PreparedQuery, rank, RowLengths } from '../src/engine/compute/searchRank';
import { writeNpy } from '../src/engine/io/npy';
import { seeded } from '../src/engine/numerics/random';
import { EmbeddingWriter } from '../src/engine/store/embeddingFile';
import type { Metric } from '../src/protocol/retrieval';

/**
 * Exact search against faiss's IndexFlat on the same float32 matrix in one run, in turn; both have it in memory. Ours is exact
 * in float64, faiss in float32. Prints medians of the ratios, whether the same rows were found, how long a search takes whose rows
 * are not kept in memory and how much that grows meanwhile, whitening, and the approximate index's recall.
 *
 *   npm run bench:retrieval -- [--rounds N] [--python PYTHON] [--no-index] [--alone] [ROWSxFEATURES ...]
 *
 * PYTHON needs numpy and faiss-cpu; `--alone` leaves it out.
 */
const words = process.argv.slice(2);
const option = (name: string, otherwise: string): string => {
  const at = words.indexOf(name);
  return at >= 0 ? words.splice(at, 2)[1]! : otherwise;
};
const rounds = Number(option('--rounds', '9'));
const python = option('--python', 'python3');
const alone = words.includes('--alone');
const withIndex = !words.includes('--no-index');
const sizes = words.filter((word) => /^\d+x\d+$/.test(word));
const { signal } = new AbortController();
const threads = os.availableParallelism();
const neighbours = 10;

/** Reads requests "METRIC QUERIES" from standard input; answers "SECONDS ROW…": the rows of the last query. */
const peer = `
import sys, time
import numpy as np, faiss
x = np.load(sys.argv[1])
faiss.omp_set_num_threads(int(sys.argv[2]))
unit = x / np.linalg.norm(x, axis=1, keepdims=True)
flat = {"cosine": (faiss.IndexFlatIP(x.shape[1]), unit), "euclidean": (faiss.IndexFlatL2(x.shape[1]), x)}
for index, rows in flat.values(): index.add(rows)
print("ready", flush=True)
for line in sys.stdin:
    metric, queries = line.split()
    index, rows = flat[metric]
    q = np.ascontiguousarray(rows[: int(queries)])
    start = time.perf_counter()
    _, found = index.search(q, ${neighbours})
    print(time.perf_counter() - start, *found[-1], flush=True)
`;

interface Answer {
  seconds: number;
  rows: number[];
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(os.tmpdir(), 'unitscope-bench-'));
  console.log(`${threads} threads; ${rounds} interleaved rounds; ratio = ours / faiss: below 1 is faster`);
  try {
    for (const size of sizes.length > 0 ? sizes : ['10000x512', '100000x512']) {
      const [rows, features] = size.split('x').map(Number) as [number, number];
      const file = join(folder, `${size}.emb`);
      writeMatrix(file, rows, features);
      await exact(size, file, rows, features, folder);
      await beyondMemory(size, file);
      await whitening(size, file);
      if (withIndex) await approximate(size, file);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function exact(size: string, file: string, rows: number, features: number, folder: string): Promise<void> {
  const matrix = await SearchMatrix.open(file, 8e9, signal);
  const lengths = { cosine: new RowLengths('cosine', matrix.squares), euclidean: new RowLengths('euclidean', matrix.squares) };
  const ours = async (metric: Metric, queries: number): Promise<Answer> => {
    const { longest, shortest } = lengths[metric];
    const start = performance.now();
    const prepared = Array.from({ length: queries }, (_, row) => new PreparedQuery(metric, Float64Array.from(matrix.row(row)), longest, shortest));
    const found = await rank(matrix, lengths[metric], prepared, {}, neighbours, threads, signal);
    return { seconds: (performance.now() - start) / 1000, rows: found.at(-1)!.map(({ row }) => row) };
  };
  const theirs = alone ? null : await startPeer(folder, rows, features);
  for (const metric of ['cosine', 'euclidean'] as const)
    for (const queries of [1, 100]) {
      const times: [number, number][] = [];
      let agreed = 0;
      for (let round = 0; round <= rounds; round++) {
        const mine = await ours(metric, queries);
        const other = (await theirs?.ask(metric, queries)) ?? { seconds: NaN, rows: mine.rows };
        if (round === 0) continue; // warms caches
        times.push([mine.seconds, other.seconds]);
        agreed += mine.rows.filter((row) => other.rows.includes(row)).length / neighbours / rounds;
      }
      const label = `${size.padEnd(11)} ${metric.padEnd(9)} ${String(queries).padStart(3)} ${queries === 1 ? 'query  ' : 'queries'}`;
      const [a, b] = [median(times.map(([t]) => t)), median(times.map(([, t]) => t))];
      const ratios = times.map(([x, y]) => x / y);
      console.log(
        alone
          ? `${label} ${(a * 1000).toFixed(1)} ms`
          : `${label} ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})  ${(a * 1000).toFixed(1)} against ${(b * 1000).toFixed(1)} ms, same rows ${(100 * agreed).toFixed(0)} %`,
      );
    }
  theirs?.end();
  matrix.close();

  async function startPeer(where: string, count: number, width: number): Promise<{ ask: (metric: Metric, queries: number) => Promise<Answer>; end: () => void }> {
    const npy = join(where, 'x.npy');
    await writeNpy(npy, [count, width], 'f4', pieces(matrix));
    const child = spawn(python, ['-c', peer, npy, String(threads)], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const answer = async (): Promise<string> => {
      const { value, done } = (await lines.next()) as { value: string; done?: boolean };
      if (done) throw new Error(`${python} ended; it needs numpy and faiss-cpu (--python names another).`);
      return value;
    };
    await answer();
    return {
      ask: async (metric, queries) => {
        child.stdin.write(`${metric} ${queries}\n`);
        const [seconds, ...found] = (await answer()).split(' ').map(Number);
        return { seconds: seconds!, rows: found };
      },
      end: () => void child.stdin.end(),
    };
  }
}

async function* pieces(matrix: SearchMatrix): AsyncGenerator<Float32Array> {
  for await (const { values } of matrix.blocks(10_000, signal)) yield values;
}

/** Searches a file with no memory to keep its rows in: each search reads it (from the system's cache of files, where it has it). */
async function beyondMemory(size: string, file: string): Promise<void> {
  const searches = new Searches();
  const { rss: before } = process.memoryUsage();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const answer = await searches.rank(await taskOf(file, 0), signal);
    if (round > 0) times.push(answer.milliseconds);
  }
  clearInterval(watch);
  console.log(`${size.padEnd(11)} beyond memory, 1 query ${median(times).toFixed(0)} ms, memory grew by ${((most - before) / 1e6).toFixed(0)} MB at the most`);
}

async function whitening(size: string, file: string): Promise<void> {
  const whiten = 64;
  const start = performance.now();
  await transformEmbeddings({ from: file, whiten, l2: false, content: 'bench', file: `${file}.white`, threads }, signal, () => undefined);
  console.log(`${size.padEnd(11)} whitened to ${whiten} components in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

/** Its first row as the query. */
async function taskOf(file: string, budget: number): Promise<SearchTask> {
  const vector = await withMatrix(file, budget, signal, (matrix) => Promise.resolve(matrix.row(0)));
  return {
    file,
    metric: 'cosine',
    parts: [{ name: 'row 0', weight: 1, vector, transformed: true }],
    transform: null,
    l2: false,
    candidates: {},
    count: neighbours,
    budget,
    threads,
    approximate: null,
  };
}

async function approximate(size: string, file: string): Promise<void> {
  const index = `${file}.hnsw`;
  const start = performance.now();
  await withMatrix(file, 8e9, signal, (matrix) => buildIndex(matrix, 'cosine', index, threads, signal, () => undefined));
  const built = (performance.now() - start) / 1000;
  const searches = new Searches();
  const task = { ...(await taskOf(file, 8e9)), approximate: { file: index } };
  const times: number[] = [];
  let recall = 0;
  for (let round = 0; round <= rounds; round++) {
    const answer = await searches.rank(task, signal);
    if (round > 0) times.push(answer.milliseconds);
    ({ recall } = answer.recall!);
  }
  console.log(`${size.padEnd(11)} approximate, 1 query   ${median(times).toFixed(2)} ms, recall@${neighbours} ${recall.toFixed(3)}, built in ${built.toFixed(0)} s`);
}

/** Points about a thousand centres, as embeddings of classes are: noise alone has no neighbours. */
function writeMatrix(file: string, rows: number, features: number): void {
  const random = seeded(1);
  const centres = Array.from({ length: 1000 }, () => Float32Array.from({ length: features }, () => Math.max(0, random() - 0.4)));
  const identities = Array.from({ length: rows }, (_, row) => row.toString(16).padStart(32, '0'));
  const writer = new EmbeddingWriter(file, { rows, features, content: 'bench', whitening: null, l2: false }, identities);
  for (let row = 0; row < rows; row++) {
    const centre = centres[Math.floor(random() * centres.length)]!;
    writer.append(centre.map((value) => Math.max(0, value + (random() - 0.5) * 0.5)));
  }
  writer.finish();
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

void main();
