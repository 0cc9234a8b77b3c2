import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { ListOptions } from './folder';

export interface Manifest {
  /** Relative to the folder of the images (`imageRoot`), with "/", in the order of the rows. */
  paths: string[];
  /** Columns other than the path, in order of first appearance. */
  columns: string[];
  /** One row a path; null where it has no value in that column. */
  rows: (string | null)[][];
}

const pathColumns = ['path', 'file', 'filename', 'image'];

/** A manifest is untrusted input, and a line of it may be as long as the file. */
const mostBytes = 2 ** 28;

const unreadable = (message: string, cause?: unknown) => new UnitscopeError('dataset.unreadable', message, { cause });

/** One row: its values by column and the line it is on, for messages. */
interface Row {
  line: number;
  values: Map<string, string | null>;
}

/**
 * Reads a manifest: `.csv` with a header row, or `.jsonl` with one object a line. The path is in the column `path`,
 * `file`, `filename` or `image` (any case), relative to the manifest's folder, which it may not leave; "\" counts as
 * "/". Stops after `limit` rows. Throws `dataset.unreadable` naming the line, and `cancelled`.
 */
export async function readManifest(
  file: string,
  { signal, report }: ListOptions = {},
  limit = Infinity,
): Promise<Manifest> {
  const { size } = await stat(file).catch((error: unknown) => {
    throw readFailure(file, error);
  });
  if (size > mostBytes) throw unreadable(`${file} is larger than 256 MiB; split it into several manifests.`);
  const manifest: Manifest = { paths: [], columns: [], rows: [] };
  const positions = new Map<string, number>();
  let pathColumn: string | undefined;
  for await (const { line, values } of file.toLowerCase().endsWith('.csv') ? csvRows(file) : jsonRows(file)) {
    if (signal?.aborted) throw cancelled();
    pathColumn ??= pathColumns
      .flatMap((wanted) => [...values.keys()].filter((name) => name.toLowerCase() === wanted))
      .at(0);
    if (pathColumn === undefined) {
      throw unreadable(
        `${file} has no column "path"; it has ${[...values.keys()].map((name) => `"${name}"`).join(', ') || 'none'}. Name the column of image paths "path".`,
      );
    }
    manifest.paths.push(safePath(values.get(pathColumn), pathColumn, `${file}, line ${line}`));
    const row: (string | null)[] = Array.from({ length: positions.size }, () => null);
    for (const [name, value] of values) {
      if (name === pathColumn) continue;
      if (!positions.has(name)) positions.set(name, positions.size);
      row[positions.get(name)!] = value;
    }
    manifest.rows.push(row);
    if (manifest.paths.length === limit) break;
    if (manifest.paths.length % 1000 === 0) report?.({ found: manifest.paths.length });
  }
  report?.({ found: manifest.paths.length });
  manifest.columns = [...positions.keys()];
  return manifest;
}

/** Images that are looked for in a subfolder before it is taken for the one with the images. */
const probedImages = 10;

/**
 * The folder that a manifest's paths are relative to: its own, or where the first image is not there, the one direct
 * subfolder that has the first 10 images (a `labels.csv` beside `images/`). Where none or several have them, its own.
 */
export async function imageRoot(file: string, paths: string[]): Promise<string> {
  const folder = dirname(file);
  if (paths.length === 0 || (await exists(join(folder, paths[0]!)))) return folder;
  const fitting: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(`The folder of ${file} cannot be listed (${(error as NodeJS.ErrnoException).code}); check its permissions.`, error);
  });
  for (const entry of entries) {
    // A link may lead out of the folder.
    if (entry.isDirectory() && (await hasAll(join(folder, entry.name), paths))) fitting.push(entry.name);
  }
  return fitting.length === 1 ? join(folder, fitting[0]!) : folder;
}

async function hasAll(folder: string, paths: string[]): Promise<boolean> {
  for (const path of paths.slice(0, probedImages)) if (!(await exists(join(folder, path)))) return false;
  return true;
}

/** Whether something can be reached there; what cannot be is reported when it is read as an image. */
const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** A path from a manifest, normalised, if it stays below the manifest's folder. */
function safePath(value: string | null | undefined, column: string, place: string): string {
  if (!value) throw unreadable(`${place}: "${column}" is empty; give the path of an image.`);
  const path = posix.normalize(value.replaceAll('\\', '/'));
  if (path.includes('\0')) throw unreadable(`${place}: the path contains a NUL character.`);
  if (path.startsWith('/') || /^[a-z]:/i.test(path)) {
    throw unreadable(`${place}: the path "${value}" is absolute; give it relative to the manifest's folder.`);
  }
  if (path === '..' || path.startsWith('../')) {
    throw unreadable(`${place}: the path "${value}" leaves the manifest's folder; move the manifest above its images.`);
  }
  return path;
}

async function* csvRows(file: string): AsyncGenerator<Row> {
  const parser = parse({ bom: true, skip_empty_lines: true, info: true });
  // Closes the file when the loop below ends early, and hands it what goes wrong with the file.
  const records = pipeline(createReadStream(file), parser, () => undefined);
  let header: string[] | undefined;
  try {
    for await (const { record, info } of records as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (!header) {
        header = record.map((name) => name.trim());
        const twice = header.find((name, i) => header!.indexOf(name) < i);
        if (twice !== undefined) throw unreadable(`${file} has two columns "${twice}"; rename one.`);
        if (!header.some((name) => pathColumns.includes(name.toLowerCase()))) yield headerOnly(header);
      } else {
        yield { line: info.lines, values: new Map(header.map((name, i) => [name, record[i]!])) };
      }
    }
  } catch (error) {
    if (error instanceof CsvError) {
      const line = typeof error.lines === 'number' ? `, line ${error.lines}` : '';
      throw unreadable(`${file}${line}: ${reasonOf(error)}.`, error);
    }
    throw readFailure(file, error);
  }
}

/** A row without values, so that a header without a path column is reported as such even when no rows follow. */
const headerOnly = (header: string[]): Row => ({ line: 1, values: new Map(header.map((name) => [name, null])) });

function reasonOf(error: CsvError): string {
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
    case 'CSV_RECORD_INCONSISTENT_COLUMNS':
      return 'this row has another number of values than the header';
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quotation mark is not closed';
    default:
      return error.message.replace(/\.$/, '');
  }
}

async function* jsonRows(file: string): AsyncGenerator<Row> {
  const stream = createReadStream(file, 'utf8');
  const lines = createInterface({ input: stream, crlfDelay: Infinity });
  // The interface swallows errors of its input.
  const failed = new Promise<never>((_, reject) => stream.once('error', reject));
  failed.catch(() => undefined);
  const iterator = lines[Symbol.asyncIterator]();
  try {
    for (let line = 1; ; line++) {
      const next = await Promise.race([iterator.next(), failed]);
      if (next.done) return;
      const text = line === 1 ? next.value.replace(/^\uFEFF/, '') : next.value;
      if (text.trim() !== '') yield { line, values: jsonValues(text, `${file}, line ${line}`) };
    }
  } catch (error) {
    throw readFailure(file, error);
  } finally {
    lines.close();
    stream.destroy();
  }
}

function jsonValues(text: string, place: string): Row['values'] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw unreadable(`${place} is not valid JSON; write one object a line.`, error);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw unreadable(`${place} is not a JSON object; write one object a line.`);
  }
  return new Map(Object.entries(value).map(([name, part]) => [name, textOf(part)]));
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readFailure(file: string, error: unknown): UnitscopeError {
  if (error instanceof UnitscopeError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  return unreadable(`The manifest ${basename(file)} cannot be read (${code}): ${file}; check its permissions.`, error);
}
