import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import os from 'node:os';
import { join, resolve } from 'node:path';
import { openDataset } from '../src/engine/dataset/dataset';
import { FileIdentities } from '../src/engine/dataset/identity';
import { parsePreprocess, resolvePreprocess } from '../src/engine/dataset/preprocess';
import { openModel } from '../src/engine/model/summary';
import { locate } from '../src/engine/analyses/patches/locate';
import type { ImageFile, Job } from '../src/engine/runtime/job';
import { WorkerPool } from '../src/engine/runtime/pool';
import { scan, type Sink } from '../src/engine/runtime/scan';
import { tapOf } from '../src/engine/runtime/tap';
import { Recording } from '../src/engine/store/recording';
import { identifyAll } from '../src/engine/study/identifyAll';
import { workerSpawner } from '../src/workerProcess/spawn';
import type { Client } from '../src/protocol/method';
import type { BenchContract } from './worker';

/**
 * A full scan with every primary layer probed, against plain decoding and inference of the same images in the same
 * processes, in turn. Prints the median of the ratios. Everything of a scan counts: listing and hashing the files,
 * decoding, inference, probes, segments written to disk.
 *
 *   npm run bench:patches -- [MODEL IMAGES [PREPROCESS.json]] [--rounds N]
 */
const words = process.argv.slice(2);
const at = words.indexOf('--rounds');
const rounds = at >= 0 ? Number(words.splice(at, 2)[1]) : 7;
const shared = '../shared/data';
const squeezenet = {
  model: join(shared, 'squeezenet.onnx'),
  images: join(shared, 'imagenet200'),
  preprocess: JSON.stringify({
    size: { height: 224, width: 224 },
    resample: 1,
    do_rescale: false,
    image_mean: [104, 117, 123],
    image_std: [1, 1, 1],
    channel_order: 'BGR',
  }),
};
const sample = { model: 'samples/scopenet/scopenet.onnx', images: 'samples/images', preprocess: undefined };

async function main(): Promise<void> {
  const chosen = words.length >= 2 ? { model: words[0]!, images: words[1]!, preprocess: words[2] } : existsSync(shared) ? squeezenet : sample;
  const { summary } = openModel(resolve(chosen.model));
  if (!('input' in summary.image)) throw new Error(summary.image.problem);
  const preprocess = await resolvePreprocess(summary, chosen.preprocess ? parsePreprocess(chosen.preprocess, 'bench') : undefined);
  const source = { path: resolve(chosen.images) };
  const taps = summary.layers.filter((layer) => layer.primary).map((layer) => tapOf(layer));
  const outputs = summary.outputs.map((output) => output.name);
  const units = taps.reduce((sum, tap) => sum + tap.units, 0);
  const workers = os.availableParallelism();
  const pool = new WorkerPool(workerSpawner((message) => console.error(message), { script: resolve('dist-test/bench/worker.js') }), workers, 2);
  const client = pool as unknown as Client<BenchContract> & { call: (m: string, p: unknown, o: unknown) => Promise<unknown> };
  const job: Job = { model: summary.path, input: summary.image.input, preprocess: preprocess.config, inputSize: preprocess.inputSize!, device: 'cpu', batch: 8 };
  const signal = new AbortController().signal;
  const temporary = await mkdtemp(join(os.tmpdir(), 'unitscope-bench-'));

  const list = async (): Promise<ImageFile[]> =>
    (await openDataset(source)).stimuli.map(({ index }, i, all) => ({ index, path: join(source.path, all[i]!.path), identity: `${index}` }));
  const plain = async (): Promise<void> => {
    const images = await list();
    let next = 0;
    const lane = async (worker: number): Promise<void> => {
      while (next < images.length) {
        const chunk = images.slice(next, (next += 32));
        await client.call('plain', { job, outputs, images: chunk }, { worker });
      }
    };
    await Promise.all(Array.from({ length: 2 * workers }, (_, i) => lane(i % workers)));
  };
  let round = 0;
  const full = async (): Promise<void> => {
    const dataset = await openDataset(source);
    const folder = join(temporary, String(round++));
    const identities = await identifyAll(dataset, await FileIdentities.open(join(folder, 'identities'), source.path), signal, () => undefined);
    const images = dataset.stimuli.map(({ index }) => ({ index, path: dataset.file(index), identity: identities[index]! }));
    const recording = await Recording.open(folder, {});
    const sink: Sink = {
      newPath: () => recording.newSegmentPath(),
      record: (some, segment, options) => pool.call('scan', { job, taps, images: some, segment }, options),
      add: (path) => recording.add(path),
    };
    await scan(pool, job, images, sink, signal, () => undefined);
  };
  const localise = async (): Promise<void> => {
    const device = { inUse: { name: 'cpu' as const, workers }, pool, job, prepared: new Map() };
    await locate(device, taps, await list(), signal, () => undefined);
  };

  try {
    const { length } = await list();
    console.log(`${chosen.model}: ${taps.length} layers, ${units} units; ${length} images; ${workers} processes; ${rounds} rounds`);
    await plain();
    await full();
    await localise();
    const times = { plain: [] as number[], full: [] as number[], localise: [] as number[] };
    for (let i = 0; i < rounds; i++) {
      times.plain.push(await timed(plain));
      times.full.push(await timed(full));
      times.localise.push(await timed(localise));
    }
    const ratio = (name: 'full' | 'localise'): number[] => times[name].map((time, i) => time / times.plain[i]!);
    console.log(`plain decoding and inference   ${perSecond(length, times.plain)}`);
    console.log(`full scan                      ${perSecond(length, times.full)}   ratio ${spread(ratio('full'))}   (target 1.15)`);
    console.log(`localising all winners after   ${perSecond(length, times.localise)}   ratio ${spread(ratio('localise'))}`);
  } finally {
    pool.dispose();
    await rm(temporary, { recursive: true });
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function perSecond(images: number, times: number[]): string {
  return `${((1000 * images) / median(times)).toFixed(1).padStart(7)} images/s`;
}

function spread(ratios: number[]): string {
  return `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)})`;
}

void main();
