import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { UnitscopeError } from '../../protocol/errors';
import { hashFile } from '../io/hashFile';

/** Files remembered at most, the most recently used ones: about 200 bytes each. */
const mostEntries = 500_000;

/** A file changed less than this before it was hashed may change again within the clock's resolution. */
const racyMs = 2000;

const headerSchema = z.object({
  format: z.literal('unitscope file identities'),
  version: z.literal(1),
  root: z.string(),
});
const entrySchema = z.tuple([z.string(), z.number(), z.number(), z.string().regex(/^[0-9a-f]{32}$/)]);

interface Entry {
  size: number;
  mtimeMs: number;
  identity: string;
}

/**
 * Content identities of files, for caches: what was hashed once is remembered by path, size and modification time,
 * in one JSON-lines file per root in the cache folder. A missing, damaged or foreign file is ignored and rebuilt.
 */
export class FileIdentities {
  private entries = new Map<string, Entry>();
  private changed = false;

  private constructor(
    private readonly file: string,
    private readonly root: string,
  ) {}

  /** Opens the identities of the files under `root`, remembered in the folder `cache`. */
  static async open(cache: string, root: string): Promise<FileIdentities> {
    const name = createHash('sha256').update(root).digest('hex').slice(0, 32);
    const identities = new FileIdentities(join(cache, `${name}.jsonl`), root);
    await identities.read();
    return identities;
  }

  /**
   * The identity of a file's content. Reads the file only when it is new or has changed. Throws `image.unreadable`
   * when it cannot be read, and `cancelled`.
   */
  async identify(file: string, signal?: AbortSignal): Promise<string> {
    try {
      const status = await stat(file);
      if (!status.isFile()) throw new UnitscopeError('image.unreadable', `${file} is not a file.`);
      const { size, mtimeMs } = status;
      const known = this.entries.get(file);
      if (known?.size === size && known.mtimeMs === mtimeMs) {
        this.remember(file, known);
        return known.identity;
      }
      const started = Date.now();
      const identity = await hashFile(file, signal);
      if (started - mtimeMs > racyMs) {
        this.remember(file, { size, mtimeMs, identity });
        this.changed = true;
      }
      return identity;
    } catch (error) {
      if (error instanceof UnitscopeError) throw error;
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new UnitscopeError('image.unreadable', `${file} cannot be read (${code}).`, { cause: error });
    }
  }

  /** Writes what was learnt, in one step: a reader sees the old file or the new one. Does nothing when nothing is new. */
  async save(): Promise<void> {
    if (!this.changed) return;
    this.changed = false;
    const header = JSON.stringify({ format: 'unitscope file identities', version: 1, root: this.root });
    const lines = Array.from(this.entries, ([path, e]) => JSON.stringify([path, e.size, e.mtimeMs, e.identity]));
    const temporary = `${this.file}.${process.pid}.${Date.now()}.tmp`;
    try {
      await mkdir(join(this.file, '..'), { recursive: true });
      await writeFile(temporary, `${[header, ...lines].join('\n')}\n`);
      await rename(temporary, this.file);
    } catch (error) {
      this.changed = true;
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /** Puts an entry last, which keeps it longest. */
  private remember(file: string, entry: Entry): void {
    this.entries.delete(file);
    this.entries.set(file, entry);
    if (this.entries.size > mostEntries) this.entries.delete(this.entries.keys().next().value!);
  }

  private async read(): Promise<void> {
    const text = await readFile(this.file, 'utf8').catch(() => '');
    try {
      const [header, ...lines] = text.split('\n');
      if (headerSchema.parse(JSON.parse(header!)).root !== this.root) return;
      for (const line of lines) {
        if (line === '') continue;
        const [path, size, mtimeMs, identity] = entrySchema.parse(JSON.parse(line));
        this.remember(path, { size, mtimeMs, identity });
      }
    } catch {
      this.entries = new Map(); // a cache: what cannot be read is hashed again
    }
  }
}
