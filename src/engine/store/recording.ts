import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { writing } from './cacheFolder';
import { Segment } from './segment';

/** What a process writes aside takes no longer than this; what is older was left behind by one that was killed. */
const abandonedMs = 3_600_000;

export interface Row {
  segment: Segment;
  column: number;
}

/**
 * What has been recorded of one model with one preprocessing on one kind of device: a folder of segments.
 * Rows are found by the content of the image, so a dataset that was moved, renamed or extended keeps its results.
 */
export class Recording {
  private segments: Segment[] = [];
  private readonly known = new Set<string>();
  private readonly rows = new Map<string, Row[]>();
  /** Another number: segments are gone, and what was made of them is to be made anew. */
  generation = 0;

  private constructor(readonly folder: string) {}

  /** @param about written beside the results, for the person who wonders what the folder is */
  static async open(folder: string, about: object): Promise<Recording> {
    const recording = new Recording(folder);
    await writing(folder, async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, 'about.json'), JSON.stringify(about, null, 2));
    });
    await recording.refresh();
    return recording;
  }

  /** Sees what other processes did since: takes in segments that they wrote, forgets those that they deleted; removes what is damaged. */
  async refresh(): Promise<void> {
    const folder = join(this.folder, 'segments');
    const before = [...this.known];
    const names = await writing(folder, async () => {
      await mkdir(folder, { recursive: true });
      return (await readdir(folder)).sort();
    });
    const present = new Set(names.map((name) => join(folder, name)));
    this.forget(new Set(before.filter((path) => !present.has(path))));
    for (const path of present) {
      if (path.endsWith('.tmp')) await removeAbandoned(path);
      else if (path.endsWith('.seg') && !this.known.has(path) && !(await this.add(path))) await rm(path, { force: true });
    }
  }

  private forget(gone: ReadonlySet<string>): void {
    if (gone.size === 0) return;
    const kept = this.segments.filter(({ path }) => !gone.has(path));
    this.segments = [];
    this.known.clear();
    this.rows.clear();
    this.generation++;
    for (const segment of kept) this.take(segment);
  }

  /** Takes in a segment. False where it is damaged or gone. */
  async add(path: string): Promise<boolean> {
    const segment = await Segment.open(path);
    if (segment && !this.known.has(path)) this.take(segment);
    return segment !== null;
  }

  private take(segment: Segment): void {
    this.known.add(segment.path);
    this.segments.push(segment);
    segment.header.images.forEach((image, column) => {
      const row = { segment, column };
      const rows = this.rows.get(image);
      if (rows) rows.push(row);
      else this.rows.set(image, [row]);
    });
  }

  newSegmentPath(): string {
    return join(this.folder, 'segments', `${randomBytes(12).toString('hex')}.seg`);
  }

  has(key: string, image: string): boolean {
    return this.rows.get(image)?.some(({ segment }) => segment.has(key)) ?? false;
  }

  /** One recorded number, or null where there is none. */
  async value(key: string, image: string, unit: number): Promise<number | null> {
    const row = this.column(key, image);
    if (!row) return null;
    const values = await row.segment.read(key, unit, unit + 1);
    return values?.[row.column] ?? null;
  }

  /** Where a layer's numbers of an image are: a column of a segment. */
  column(key: string, image: string): Row | undefined {
    return this.rows.get(image)?.find(({ segment }) => segment.has(key));
  }

  /** Segments in the order they were taken in, which never changes within a generation: a reader may remember how many it has read. */
  segmentsFrom(start: number): readonly Segment[] {
    return this.segments.slice(start);
  }
}

async function removeAbandoned(path: string): Promise<void> {
  const status = await stat(path).catch(() => null); // it has been renamed meanwhile
  if (status && Date.now() - status.mtimeMs > abandonedMs) await rm(path, { force: true });
}
