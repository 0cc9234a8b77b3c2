// Retrieval over photographs in a trained network, against brute force in float64 over the embeddings that are exported.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import sharp from 'sharp';
import type { Engine } from '../../../src/engine/engine';
import type { EmbeddingInput, Metric } from '../../../src/protocol/retrieval';
import type { Study } from '../../../src/protocol/scan';
import { temporaryFolder } from '../../fixtures/imageFolder';
import { testEngine } from '../../fixtures/testEngine';

const data = resolve('../shared/data');
const quiet = { signal: new AbortController().signal, report: () => undefined };
/** Relative, of distances: both are float64, the order of summation differs. */
const tolerance = 1e-9;

describe('photographs in SqueezeNet', function () {
  this.timeout(600_000);
  const at = temporaryFolder();
  let engine: Engine | undefined;

  before(function () {
    if (!existsSync(resolve(data, 'squeezenet.onnx'))) {
      console.warn('Skipped: ../shared/data is not there.');
      this.skip();
    }
    engine = testEngine(at('cache'));
  });
  after(() => engine?.dispose());

  const open = async (set: string, limit: number): Promise<Study> => {
    const preprocess = {
      do_resize: true, size: { height: 224, width: 224 }, resample: 1, do_center_crop: false, do_rescale: false,
      do_normalize: true, image_mean: [104, 117, 123], image_std: [1, 1, 1], channel_order: 'BGR',
    };
    const config = await engine!.handlers['preprocess.parse']({ text: JSON.stringify(preprocess), origin: 'preprocess.json' }, quiet);
    return { model: resolve(data, 'squeezenet.onnx'), dataset: { path: resolve(data, set), limit }, preprocess: config, device: 'cpu', unitAxes: {} };
  };
  /** Makes embeddings of the last layer that is not the softmax. */
  const prepare = async (study: Study): Promise<EmbeddingInput> => {
    const { layers } = await engine!.handlers['model.open']({ path: study.model }, quiet);
    const layer = layers.filter(({ primary }) => primary).at(-2)!.name;
    await engine!.handlers['retrieval.prepare']({ study, embeddings: { layers: [layer], pool: 'mean' } }, quiet);
    return { layer, pool: 'mean' };
  };

  for (const [set, limit] of [['imagenet200', 200], ['cifar10', 2000]] as const)
    it(`${set}: every ranking is that of brute force in float64`, async () => {
      const study = await open(set, limit);
      const embedding = await prepare(study);
      const files = await engine!.handlers['retrieval.export']({ study, embedding, file: at(`${set}.npy`) }, quiet);
      const rows = await readRows(files.file, files.rows, files.features);
      assert.equal(rows.length, limit);
      for (const metric of ['cosine', 'euclidean'] as const)
        for (let index = 0; index < limit; index += Math.floor(limit / 20)) {
          const request = { query: { kind: 'images' as const, terms: [{ image: { index } }] }, embedding, metric, count: limit };
          const { results, exact } = await engine!.handlers['retrieval.query']({ study, request }, quiet);
          const expected = bruteForce(rows, index, metric);
          assert.equal(exact, true);
          assert.deepEqual(results.map((one) => one.index), expected.map((one) => one.index), `${metric} ${index}`);
          results.forEach(({ distance }, place) => {
            const wanted = expected[place]!.distance;
            assert.ok(Math.abs(distance - wanted) <= tolerance * Math.max(1, wanted), `${metric} ${index}: ${distance} is not ${wanted}`);
          });
        }
    });

  it('imagenet200: a box finds its object’s kin, among one image a class', async () => {
    const study = await open('imagenet200', 200);
    const embedding = await prepare(study);
    const indices = Array.from({ length: 200 }, (_, i) => i);
    const stimuli = await engine!.handlers['dataset.stimuli']({ source: study.dataset, indices }, quiet);
    const kin = stimuli.map(({ label }) => Object.keys(kinds).find((kind) => kinds[kind]!.some(([from, to]) => label! >= from && label! <= `${to}_~`)));
    for (const kind of Object.keys(kinds)) {
      const members = stimuli.filter((_, i) => kin[i] === kind);
      let [first, five, ten] = [0, 0, 0];
      for (const { index, path } of members) {
        const { width, height } = await sharp(resolve(data, 'imagenet200', path)).metadata();
        const box: [number, number, number, number] = [width * 0.15, height * 0.15, width * 0.7, height * 0.7];
        const query = { kind: 'images' as const, terms: [{ image: { index, box } }] };
        const { results } = await engine!.handlers['retrieval.query']({ study, request: { query, embedding, count: 10 } }, quiet);
        const hits = results.map((one) => Number(kin[one.index!] === kind));
        const share = (n: number): number => hits.slice(0, n).reduce((sum, hit) => sum + hit, 0) / n / members.length;
        [first, five, ten] = [first + share(1), five + share(5), ten + share(10)];
      }
      const chance = (members.length - 1) / 199;
      const said = [first, five, ten].map((share) => share.toFixed(2)).join(', ');
      assert.ok(five >= 4 * chance, `${kind}: ${said} of the nearest 1, 5, 10, by chance ${chance.toFixed(2)}`);
    }
  });
});

/** Kinds of animals by the numbers of their synsets, which WordNet 3.0 has side by side. */
const kinds: Record<string, [string, string][]> = {
  dogs: [['n02085620', 'n02113978']],
  birds: [['n01514668', 'n01622779'], ['n01795545', 'n01860187'], ['n02002556', 'n02058221']],
  reptiles: [['n01664065', 'n01756291']],
  insects: [['n02165105', 'n02281787']],
};

async function readRows(file: string, rows: number, features: number): Promise<Float32Array[]> {
  const bytes = await readFile(file);
  const start = 10 + bytes.readUInt16LE(8);
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
  assert.equal(values.length, rows * features);
  return Array.from({ length: rows }, (_, row) => values.subarray(row * features, (row + 1) * features));
}

/** Every other row by its distance, the lower index first where distances are equal. */
function bruteForce(rows: readonly Float32Array[], query: number, metric: Metric): { index: number; distance: number }[] {
  const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const of = rows[query]!;
  const distance = (row: Float32Array): number =>
    metric === 'cosine' ? 1 - dot(of, row) / (Math.sqrt(dot(of, of)) * Math.sqrt(dot(row, row))) : Math.sqrt(row.reduce((sum, value, i) => sum + (value - of[i]!) ** 2, 0));
  return rows
    .map((row, index) => ({ index, distance: distance(row) }))
    .filter(({ index }) => index !== query)
    .sort((a, b) => a.distance - b.distance || a.index - b.index);
}
