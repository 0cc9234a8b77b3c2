import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Segment } from './segment';

interface Row {
  segment: Segment;
  column: number;
}

/**
 * What has been recorded of one model with one preprocessing on one kind of device: a folder of segments.
 * Rows are found by the content of the image, so a dataset that was moved, renamed or extended keeps its results.
 */
export class Recording {
  private readonly segments: Segment[] = [];
  private readonly known = new Set<string>();
  private readonly rows = new Map<string, Row[]>();

  private constructor(readonly folder: string) {}

  /** @param about written beside the results, for the person who wonders what the folder is */
  static async open(folder: string, about: object): Promise<Recording> {
    const recording = new Recording(folder);
    await mkdir(join(folder, 'segments'), { recursive: true });
    await writeFile(join(folder, 'about.json'), JSON.stringify(about, null, 2));
    await recording.refresh();
    return recording;
  }

  /** Takes in segments that other processes have written since; removes those that are damaged. */
  async refresh(): Promise<void> {
    const names = (await readdir(join(this.folder, 'segments'))).filter((name) => name.endsWith('.seg')).sort();
    for (const name of names) {
      const path = join(this.folder, 'segments', name);
      if (!this.known.has(path) && !(await this.add(path))) await rm(path, { force: true });
    }
  }

  /** Takes in a segment. False where it is damaged. */
  async add(path: string): Promise<boolean> {
    const segment = await Segment.open(path);
    if (!segment) return false;
    this.known.add(path);
    this.segments.push(segment);
    segment.header.images.forEach((image, column) => {
      const row = { segment, column };
      const rows = this.rows.get(image);
      if (rows) rows.push(row);
      else this.rows.set(image, [row]);
    });
    return true;
  }

  newSegmentPath(): string {
    return join(this.folder, 'segments', `${randomBytes(12).toString('hex')}.seg`);
  }

  has(key: string, image: string): boolean {
    return this.rows.get(image)?.some(({ segment }) => segment.has(key)) ?? false;
  }

  /** One recorded number, or null where there is none. */
  async value(key: string, image: string, unit: number): Promise<number | null> {
    const row = this.rows.get(image)?.find(({ segment }) => segment.has(key));
    if (!row) return null;
    const values = await row.segment.read(key, unit, unit + 1);
    return values?.[row.column] ?? null;
  }

  /** Segments in the order they were taken in, which never changes: a reader may remember how many it has read. */
  segmentsFrom(start: number): readonly Segment[] {
    return this.segments.slice(start);
  }
}
