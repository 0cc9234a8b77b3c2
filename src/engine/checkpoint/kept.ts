import type { Checkpoint } from './checkpoint';
import { openCheckpoint } from './open';
import { asCheckpointError } from './problem';

interface Entry {
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
    const entry = known && (await isCurrent(known)) ? known : { checkpoint: openCheckpoint(path), users: 0 };
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

async function isCurrent({ checkpoint }: Entry): Promise<boolean> {
  return checkpoint.then(({ files }) => files.areCurrent(), () => false);
}
