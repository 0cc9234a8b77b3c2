import assert from 'node:assert/strict';
import { dirname, resolve } from 'node:path';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { openModel } from '../../../src/engine/model/summary';
import { openDevice, prepare } from '../../../src/engine/runtime/devices';
import type { Job } from '../../../src/engine/runtime/job';
import { WorkerPool, type SpawnWorker, type WorkerHandle } from '../../../src/engine/runtime/pool';
import { tapOf, type Tap } from '../../../src/engine/runtime/tap';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { pretendedGpu } from '../../fixtures/pretendedGpu';
import { smallNet } from '../../fixtures/smallNet';

const spawn = workerSpawner(() => undefined, { script: resolve('dist/worker.js') });

/** Starts workers that find a software Vulkan driver, or none at all. */
function withVulkan(driver: string | undefined): SpawnWorker {
  return (options) => {
    const before = { ...process.env };
    process.env.VK_ICD_FILENAMES = driver ?? '/nonexistent.json';
    process.env.VK_DRIVER_FILES = driver ?? '/nonexistent.json';
    // Chromium brings the Vulkan loader beside its driver; Debian has it in a package of its own.
    if (driver) process.env.LD_LIBRARY_PATH = [dirname(driver), before.LD_LIBRARY_PATH].filter(Boolean).join(':');
    try {
      return spawn(options);
    } finally {
      process.env = before;
    }
  };
}

/** Starts workers that run on the CPU only. */
const refusing: SpawnWorker = (options) => {
  const worker = spawn(options);
  const call: WorkerHandle['call'] = (method, params, rest) => {
    if ('job' in params) assert.equal(params.job.device, 'cpu');
    return worker.call(method, params, rest);
  };
  return { ...worker, call };
};

describe('devices', function () {
  this.timeout(120_000);
  const at = temporaryFolder();
  let job: Omit<Job, 'device'>;
  let taps: Tap[];
  before(async () => {
    smallNet().write(at('net.onnx'));
    await writeImages(at('images'), ['a'], 6);
    const { summary } = openModel(at('net.onnx'));
    assert.ok('input' in summary.image);
    const preprocess = await resolvePreprocess(summary);
    job = { model: at('net.onnx'), input: summary.image.input, preprocess: preprocess.config, inputSize: preprocess.inputSize!, batch: 4 };
    taps = summary.layers.filter((layer) => layer.primary).map((layer) => tapOf(layer));
  });

  it('auto falls back to the CPU where there is no adapter, and says why', async () => {
    const { inUse, pool } = await openDevice('auto', job, taps, withVulkan(undefined), 1);
    pool.dispose();
    assert.equal(inUse.name, 'cpu');
    assert.match(inUse.fallback!, /^WebGPU is not available: Failed to get a WebGPU adapter.*\. Running on the CPU\.$/);
  });

  it('a device that was asked for by name is refused, not replaced', async () => {
    await assert.rejects(openDevice('webgpu', job, taps, withVulkan(undefined), 1), {
      code: 'device.unavailable',
      message: /^WebGPU is not available: .* Choose another device, or auto\.$/,
    });
    await assert.rejects(openDevice('dml', job, taps, spawn, 1), { code: 'device.unavailable', message: /^DirectML is not available/ });
  });

  describe('on WebGPU through software Vulkan', () => {
    let driver: string | undefined;
    before(async function () {
      const browser = resolve('test/host/browser.mjs'); // not bundled: it finds its own place
      driver = ((await import(browser)) as typeof import('../../host/browser.mjs')).swiftShaderDriver();
      if (!driver) this.skip(); // no Chromium with SwiftShader on this machine
    });

    it('gives the scores and positions of the CPU', async () => {
      const gpu = await openDevice('webgpu', job, taps, withVulkan(driver), 1);
      const cpu = await openDevice('cpu', job, taps, spawn, 1);
      try {
        assert.equal(gpu.inUse.name, 'webgpu');
        const [a, b] = [await prepare(gpu, taps), await prepare(cpu, taps)];
        assert.deepEqual(a.failures, []);
        a.sample.scores.forEach((score, i) => assert.ok(Math.abs(score - b.sample.scores[i]!) <= 1e-5 * Math.max(1, Math.abs(score))));
        const images = [0, 1, 2, 3, 4, 5].map((index) => ({ index, path: at('images', 'a', `00${index}.png`), identity: `${index}` }));
        const [there, here] = await Promise.all([gpu, cpu].map((device) => device.pool.call('locate', { job: device.job, taps, images })));
        assert.deepEqual(there, here);
      } finally {
        gpu.pool.dispose();
        cpu.pool.dispose();
      }
    });

    it('auto does not take a device that is slower than the CPU', async () => {
      const { inUse, pool } = await openDevice('auto', job, taps, withVulkan(driver), 1);
      pool.dispose();
      assert.equal(inUse.name, 'cpu');
      assert.match(inUse.fallback!, /^WebGPU is slower than the CPU here \(\S+ against \S+ ms a batch\)\. Running on the CPU\.$/);
    });
  });

  it('a device that gives other numbers than the CPU is not trusted, and the layer is named', async () => {
    const wrong = pretendedGpu(spawn, ({ scores }) => (scores[scores.length - 1]! += 5));
    const { inUse, pool } = await openDevice('auto', job, taps, wrong, 1);
    pool.dispose();
    assert.equal(inUse.name, 'cpu');
    assert.match(inUse.fallback!, /^WebGPU gives other numbers than the CPU at layer logits \(off by \S+ %\)\. Running on the CPU\.$/);
    await assert.rejects(openDevice('webgpu', job, taps, wrong, 1), { code: 'device.unavailable', message: /at layer logits/ });
  });

  it('auto takes the device that it came to before without asking how fast it is, and where that is gone, says so', async () => {
    const slow = pretendedGpu(spawn, (sample) => (sample.milliseconds = 1e9));
    const before = await openDevice('auto', job, taps, slow, 1, { remembered: { name: 'webgpu' } });
    before.pool.dispose();
    assert.deepEqual(before.inUse, { name: 'webgpu', workers: 1, fallback: undefined });
    const gone = await openDevice('auto', job, taps, withVulkan(undefined), 1, { remembered: { name: 'webgpu' } });
    gone.pool.dispose();
    assert.equal(gone.inUse.name, 'cpu');
    assert.match(gone.inUse.fallback!, /^WebGPU is not available: /);
    const fallback = 'WebGPU is slower than the CPU here. Running on the CPU.';
    const cpu = await openDevice('auto', job, taps, refusing, 1, { remembered: { name: 'cpu', fallback } });
    cpu.pool.dispose();
    assert.deepEqual(cpu.inUse, { name: 'cpu', workers: 1, fallback });
  });

  it('layers that the device was not opened with are compared with the CPU when they are asked for', async () => {
    const conv = tapOf(openModel(at('net.onnx')).summary.layers.find(({ name }) => name === 'conv')!);
    const spoilt = (wrongAt: string): SpawnWorker =>
      pretendedGpu(spawn, ({ scores }, asked) => {
        if (asked.at(-1)?.name === wrongAt) scores[scores.length - 1]! += 5;
      });
    const wrong = await openDevice('webgpu', job, taps, spoilt('conv'), 1);
    const { taps: good, failures } = await prepare(wrong, [conv, taps[0]!].reverse());
    wrong.pool.dispose();
    assert.deepEqual(good.map(({ name }) => name), ['relu']);
    assert.deepEqual(failures.map(({ layer }) => layer), ['conv']);
    assert.match(failures[0]!.message, /^WebGPU gives other numbers than the CPU at layer conv \(off by \S+ %\); choose another device for it\.$/);
    const right = await openDevice('webgpu', job, taps, spoilt('none'), 1);
    assert.deepEqual((await prepare(right, [conv])).failures, []);
    right.pool.dispose();
  });

  it('stops at once when it is cancelled while a device opens, and leaves no process behind', async () => {
    const workers: WorkerHandle[] = [];
    const abort = new AbortController();
    const hanging: SpawnWorker = (options) => {
      const worker = spawn(options);
      workers.push(worker);
      const call: WorkerHandle['call'] = async (method, params, rest) => {
        if (!('job' in params) || params.job.device === 'cpu') return await worker.call(method, params, rest);
        setTimeout(() => abort.abort(), 50);
        return await new Promise(() => undefined);
      };
      return { ...worker, call };
    };
    await assert.rejects(openDevice('webgpu', job, taps, hanging, 1, { signal: abort.signal }), { code: 'cancelled' });
    assert.equal(workers.length, 2);
    await Promise.all(workers.map(({ ended }) => ended));
    await assert.rejects(openDevice('webgpu', job, taps, hanging, 1, { signal: abort.signal }), { code: 'cancelled' });
    await Promise.all(workers.map(({ ended }) => ended));
  });

  it('a worker that dies is not taken for a dead engine; one that was to die is a cancellation', async () => {
    const pool = new WorkerPool((options) => {
      const worker = spawn(options);
      setTimeout(() => worker.kill(), 20);
      return worker;
    }, 1, 1);
    const ask = (signal?: AbortSignal): Promise<unknown> => pool.call('prepare', { job: { ...job, device: 'cpu' }, taps }, { signal });
    await assert.rejects(ask(), { code: 'worker.stopped', message: /^The process that ran .*net\.onnx ended unexpectedly; the machine may be short of memory/ });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 5);
    await assert.rejects(ask(abort.signal), { code: 'cancelled' });
    const disposed = ask();
    pool.dispose();
    await assert.rejects(disposed, { code: 'cancelled' });
    await assert.rejects(ask(), { code: 'cancelled' });
  });
});
