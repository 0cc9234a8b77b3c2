import assert from 'node:assert/strict';
import { mkdir, readdir, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trimCache } from '../../../src/engine/store/trim';
import { temporaryFolder } from '../../fixtures/imageFolder';

describe('what can be made again', () => {
  const at = temporaryFolder();

  /** A file that says it is large, used so many hours ago. */
  async function file(path: string[], size: number, hours: number): Promise<void> {
    await mkdir(at(...path, '..'), { recursive: true });
    await writeFile(at(...path), '');
    await truncate(at(...path), size);
    const when = new Date(Date.now() - hours * 3_600_000);
    await utimes(at(...path), when, when);
  }

  it('is deleted beyond its limit, what was used longest ago first, and never what is in use', async () => {
    const [a, b] = [['recordings', 'a'], ['recordings', 'b']];
    await file([...a, 'activations', 'old.act'], 3e9, 30);
    await file([...a, 'activations', 'older.act'], 3e9, 40);
    await file([...b, 'activations', 'new.act'], 4e9, 20);
    await file([...b, 'rdms', 'one.rdm'], 3e9, 2);
    await file([...b, 'rdms', 'two.rdm'], 3e9, 3);
    await file([...b, 'rdms', 'now.rdm'], 3e9, 0.1);
    await file([...b, 'rdms', 'killed.rdm.tmp'], 1, 7);
    await file([...b, 'rdms', 'writing.rdm.tmp'], 1, 1);
    await file([...b, 'segments', 'kept.seg'], 9e9, 900);
    await file(['reweighed', 'x', 'net.onnx'], 3e9, 10);
    await file(['reweighed', 'y', 'net.onnx'], 3e9, 5);
    await trimCache(at());
    assert.deepEqual(await readdir(at('recordings', 'a', 'activations')), ['old.act']);
    assert.deepEqual(await readdir(at('recordings', 'b', 'activations')), ['new.act']);
    assert.deepEqual((await readdir(at('recordings', 'b', 'rdms'))).sort(), ['now.rdm', 'writing.rdm.tmp']);
    assert.deepEqual(await readdir(at('recordings', 'b', 'segments')), ['kept.seg']);
    assert.deepEqual(await readdir(join(at('reweighed'), 'x')), []);
    assert.deepEqual(await readdir(join(at('reweighed'), 'y')), ['net.onnx']);
  });

  it('may be nothing', async () => {
    await trimCache(at('nowhere'));
  });
});
