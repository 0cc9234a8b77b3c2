import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Engine } from '../../../src/engine/engine';
import type { SpawnWorker } from '../../../src/engine/runtime/pool';
import { deviceOf } from '../../../src/engine/study/device';
import type { OpenStudy } from '../../../src/engine/study/openStudy';
import type { StudyServices } from '../../../src/engine/study/services';
import { Studies } from '../../../src/engine/study/studies';
import type { UnitTable } from '../../../src/protocol/patches';
import type { DeviceInUse, Study } from '../../../src/protocol/scan';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { pretendedGpu } from '../../fixtures/pretendedGpu';
import { smallNet } from '../../fixtures/smallNet';

const spawn = workerSpawner(() => undefined, { script: resolve('dist/worker.js') });
const fast = pretendedGpu(spawn, (sample) => (sample.milliseconds = 0));
const slow = pretendedGpu(spawn, (sample) => (sample.milliseconds = 1e9));

describe('the device of a study', function () {
  this.timeout(60_000);
  const at = temporaryFolder();
  const context = { signal: new AbortController().signal, report: () => undefined };
  let study: Study;
  let services: StudyServices;
  let caches = 0;
  before(async () => {
    smallNet().write(at('net.onnx'));
    await writeImages(at('images'), ['a', 'b'], 6);
    study = { model: at('net.onnx'), dataset: { path: at('images') }, device: 'auto', unitAxes: {} };
  });
  beforeEach(() => {
    services = { cache: at(`cache${caches++}`), spawn: fast, maxWorkers: 2, log: () => undefined };
  });

  const with_ = async <T>(change: Partial<StudyServices>, work: (open: OpenStudy, services: StudyServices) => Promise<T>): Promise<T> => {
    const now = { ...services, ...change };
    const studies = new Studies(now);
    try {
      return await studies.use(study, {}, (open) => work(open, now));
    } finally {
      studies.dispose();
    }
  };
  const open = async (change: Partial<StudyServices> = {}, adjust: (open: OpenStudy) => void = () => undefined): Promise<DeviceInUse> =>
    await with_(change, async (opened, now) => {
      adjust(opened);
      return (await deviceOf(opened, [opened.tap('relu')], now)).inUse;
    });

  it('stays the one that auto came to, whatever layer is asked for first after a reload', async () => {
    const start = (spawnWorker: SpawnWorker): Engine => new Engine({ cache: services.cache, workers: 1 }, spawnWorker, () => undefined);
    const table = async (engine: Engine): Promise<UnitTable> =>
      await engine.handlers['patches.table'](
        { study, query: { layer: 'relu', order: 'unit', descending: false, labels: [], top: 1, offset: 0, count: 1 } },
        context,
      );
    const before = start(fast);
    assert.equal((await before.handlers['study.scan']({ study }, context)).device?.name, 'webgpu');
    before.dispose();
    const after = start(slow);
    await after.handlers['patches.activation']({ study, layer: 'relu', unit: 0, index: 0 }, context);
    assert.equal((await table(after)).scanned, 12);
    after.dispose();
  });

  it('is compared by all primary layers, also when one is asked for', async () => {
    const asked: string[] = [];
    const watched = pretendedGpu(spawn, (sample, taps) => {
      sample.milliseconds = 0;
      asked.push(...taps.map(({ name }) => name));
    });
    await open({ spawn: watched });
    assert.deepEqual(asked, ['relu', 'mix', 'pool', 'logits']);
  });

  it('that was chosen by name is not taken for what auto came to', async () => {
    study = { ...study, device: 'cpu' };
    await open();
    study = { ...study, device: 'auto' };
    assert.equal((await open()).name, 'webgpu');
    const remembered = Object.values(JSON.parse(await readFile(join(services.cache, 'devices.json'), 'utf8')) as object);
    assert.deepEqual(remembered, [{ name: 'webgpu' }]);
  });

  it('is used also where it cannot be remembered', async () => {
    const warnings: string[] = [];
    await mkdir(join(services.cache, 'devices.json', 'in the way'), { recursive: true });
    const { name } = await open({ log: (_, message) => warnings.push(message) });
    assert.equal(name, 'webgpu');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /is not remembered/);
  });

  it('is given as many workers as memory allows, with the weights that lie beside the model', async () => {
    study = { ...study, device: 'cpu' };
    const { workers } = await open({}, ({ parts }) => parts.summary = { ...parts.summary, externalData: [{ file: 'weights.bin', size: 1e15 }, { file: 'gone', size: null }] });
    assert.equal(workers, 1);
    study = { ...study, device: 'auto' };
  });

  it('opens for those that still wait when the one that asked first cancels', async () => {
    await with_({}, async (opened, now) => {
      const abort = new AbortController();
      const taps = [opened.tap('relu')];
      const [first, second] = [deviceOf(opened, taps, now, abort.signal), deviceOf(opened, taps, now)];
      abort.abort();
      await assert.rejects(first, { code: 'cancelled' });
      assert.equal((await second).inUse.name, 'webgpu');
    });
  });
});
