import { stat } from 'node:fs/promises';
import type { Checkpoint } from './checkpoint';
import { openCheckpoint } from './open';
import { asCheckpointError } from './problem';

interface Entry {
  /** Size and time of each of its files when it was read. */
  version: Promise<string>;
  checkpoint: Promise<Checkpoint>;
  users: number;
}

/** The last few checkpoints, so that their headers are read once. Their files are closed while nobody uses them. */
export class KeptCheckpoints {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly most: number) {}

  /** Opens a checkpoint, or takes it as it is known where its file has not changed. Throws `reference.unreadable`. */
  async use<T>(path: string, work: (checkpoint: Checkpoint) => T | Promise<T>): Promise<T> {
    const known = this.entries.get(path);
    const entry = known && (await isCurrent(known)) ? known : opened(path);
    this.entries.delete(path);
    this.entries.set(path, entry);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.most) break;
      this.entries.delete(oldest);
    }
    entry.users++;
    try {
      return await work(await entry.checkpoint);
    } catch (error) {
      if (this.entries.get(path) === entry && (await entry.checkpoint.then(() => false, () => true))) this.entries.delete(path);
      throw asCheckpointError(error);
    } finally {
      if (--entry.users === 0) await entry.checkpoint.then(({ files }) => files.close(), () => undefined);
    }
  }
}

/** Reads the times of the files after their content: one that changes meanwhile is read again at the next use. */
function opened(path: string): Entry {
  const before = versionOf([path]);
  const checkpoint = openCheckpoint(path);
  const version = checkpoint.then(
    async ({ files }) => (files.paths.length === 1 ? await before : await versionOf(files.paths)),
    () => before,
  );
  return { version, checkpoint, users: 0 };
}

async function isCurrent({ checkpoint, version }: Entry): Promise<boolean> {
  const files = await checkpoint.then(({ files: of }) => of.paths, () => null);
  return files !== null && (await versionOf(files)) === (await version);
}

async function versionOf(paths: readonly string[]): Promise<string> {
  const versions = await Promise.all(paths.map((path) => stat(path).then(({ size, mtimeMs }) => `${size} ${mtimeMs}`, () => 'missing')));
  return versions.join();
}
