import assert from 'node:assert/strict';
import { dirname, resolve } from 'node:path';
import { resolvePreprocess } from '../../../src/engine/dataset/preprocess';
import { openModel } from '../../../src/engine/model/summary';
import { openDevice, prepare } from '../../../src/engine/runtime/devices';
import type { Job } from '../../../src/engine/runtime/job';
import type { SpawnWorker } from '../../../src/engine/runtime/pool';
import { tapOf, type Tap } from '../../../src/engine/runtime/tap';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
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
    const wrong: SpawnWorker = (options) => {
      const worker = spawn(options);
      return {
        ...worker,
        call: async (method, params, rest) => {
          // Runs on the CPU what was meant for the GPU, and spoils one number of the last layer.
          const here = 'job' in params ? { ...params, job: { ...params.job, device: 'cpu' as const } } : params;
          const result = await worker.call(method, here, rest);
          if (method === 'prepare' && 'job' in params && params.job.device === 'webgpu' && 'sample' in result) {
            const { scores } = result.sample as { scores: Float32Array };
            scores[scores.length - 1]! += 5;
          }
          return result;
        },
      };
    };
    const { inUse, pool } = await openDevice('auto', job, taps, wrong, 1);
    pool.dispose();
    assert.equal(inUse.name, 'cpu');
    assert.match(inUse.fallback!, /^WebGPU gives other numbers than the CPU at layer logits \(off by \S+ %\)\. Running on the CPU\.$/);
    await assert.rejects(openDevice('webgpu', job, taps, wrong, 1), { code: 'device.unavailable', message: /at layer logits/ });
  });
});
