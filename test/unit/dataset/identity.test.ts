import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileIdentities } from '../../../src/engine/dataset/identity';
import { hashFile } from '../../../src/engine/io/hashFile';
import { refuses, temporaryFolder } from './fixtures';

describe('FileIdentities', () => {
  const folder = temporaryFolder();
  const open = () => FileIdentities.open(join(folder(), 'cache'), folder());
  const old = new Date('2024-05-06T07:08:09.123Z');
  const put = async (content: string, time = old): Promise<string> => {
    const file = join(folder(), 'image.jpg');
    await writeFile(file, content);
    await utimes(file, time, time);
    return file;
  };
  const expected = (content: string) => createHash('sha256').update(content).digest('hex').slice(0, 32);

  it('is the start of the SHA-256', async () => {
    const content = 'x'.repeat(3_000_000);
    assert.equal(await (await open()).identify(await put(content)), expected(content));
    assert.equal(await hashFile(await put('')), expected(''));
  });

  it('remembers across openings, by size and time', async () => {
    const file = await put('one');
    const first = await open();
    await first.identify(file);
    await first.save();
    // Same size and time: taken as unchanged. This is how we see that it was not read.
    await put('two');
    assert.equal(await (await open()).identify(file), expected('one'));
    await put('two', new Date(old.getTime() + 5));
    assert.equal(await (await open()).identify(file), expected('two'));
    await put('three', old);
    assert.equal(await (await open()).identify(file), expected('three'));
  });

  it('does not trust a time that is only just over', async () => {
    const file = await put('one', new Date()); // its time is kept when it is overwritten below
    const identities = await open();
    await identities.identify(file);
    await put('two', (await stat(file)).mtime);
    assert.equal(await identities.identify(file), expected('two'));
  });

  it('ignores and rebuilds a damaged, foreign or older index', async () => {
    const file = await put('one');
    const identities = await open();
    await identities.identify(file);
    await identities.save();
    const index = join(folder(), 'cache', (await readdir(join(folder(), 'cache')))[0]!);
    const good = await readFile(index, 'utf8');
    const wrong = '0'.repeat(32);
    for (const bad of [
      '',
      '{',
      good.slice(0, -9),
      good.replace('"version":1', '"version":0').replace(expected('one'), wrong),
      good.replace(expected('one'), 'zz'),
      `${good}junk\n`,
    ]) {
      await writeFile(index, bad);
      assert.equal(await (await open()).identify(file), expected('one'), bad);
    }
  });

  it('writes in one step, only when something is new, and leaves nothing behind', async () => {
    const file = await put('one');
    const identities = await open();
    await identities.save();
    await assert.rejects(readdir(join(folder(), 'cache')));
    await identities.identify(file);
    await Promise.all([identities.save(), identities.save()]);
    assert.equal((await readdir(join(folder(), 'cache'))).length, 1);
    const other = await FileIdentities.open(join(folder(), 'cache'), join(folder(), 'elsewhere'));
    await other.identify(file);
    await other.save();
    assert.equal((await readdir(join(folder(), 'cache'))).length, 2);
  });

  it('says which file cannot be read, and can be cancelled', async () => {
    const identities = await open();
    await refuses(
      identities.identify(join(folder(), 'none.jpg')),
      'image.unreadable',
      /none\.jpg cannot be read \(ENOENT\)\.$/,
    );
    await refuses(identities.identify(await put('one'), AbortSignal.abort()), 'cancelled', /./);
  });
});
