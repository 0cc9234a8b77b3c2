import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import type { DatasetSource, DatasetSummary, Stimulus } from '../../protocol/dataset';
import { formatNames } from './decode';
import { listFolder, type ListOptions } from './folder';
import { imageRoot, readManifest } from './manifest';

/** The stimuli of a folder or a manifest. Their index is their place in `stimuli`, everywhere. */
export class Dataset {
  private byFile?: Map<string, Stimulus>;

  constructor(
    readonly summary: DatasetSummary,
    readonly stimuli: Stimulus[],
    /** Manifest columns other than the path, in order: one value a stimulus, null where it has none. */
    readonly columns: ReadonlyMap<string, (string | null)[]> = new Map(),
  ) {}

  /** Values of a manifest column, one a stimulus. Throws `usage`, naming the columns that there are. */
  column(name: string): (string | null)[] {
    const values = this.columns.get(name);
    if (values) return values;
    throw new UnitscopeError('usage', `${this.summary.path} has no column "${name}"; it has ${namesOf(this.columns.keys())}.`);
  }

  /** Absolute path of a stimulus. */
  file(index: number): string {
    return resolve(this.summary.root, this.stimulus(index).path);
  }

  /** The stimulus whose file this is; null: none. @param path absolute */
  find(path: string): Stimulus | null {
    this.byFile ??= new Map(this.stimuli.map((stimulus) => [this.file(stimulus.index), stimulus]));
    return this.byFile.get(resolve(path)) ?? null;
  }

  private stimulus(index: number): Stimulus {
    const stimulus = this.stimuli[index];
    if (stimulus) return stimulus;
    throw new UnitscopeError('usage', `${this.summary.path} has no image ${index}; it has ${this.stimuli.length}.`);
  }
}

/**
 * Lists the images of a folder (in the byte order of their path relative to it; the label is the parent folder's
 * name, null directly in the root) or of a manifest `.csv` or `.jsonl` (in the order of its rows;
 * its root is its folder, or the one subfolder in which its images are). No image is opened. Throws `dataset.unreadable`, `dataset.empty` and `cancelled`.
 */
export async function openDataset(source: DatasetSource, options: ListOptions = {}): Promise<Dataset> {
  const path = resolve(source.path);
  const status = await stat(path).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new UnitscopeError('dataset.unreadable', `${path} ${reason}; choose a folder of images or a manifest.`, {
      cause: error,
    });
  });
  if (status.isDirectory()) return openFolder(path, source, options);
  if (status.isFile() && /\.(csv|jsonl)$/i.test(path)) return openManifest(path, source, options);
  throw new UnitscopeError(
    'dataset.unreadable',
    `${path} is neither a folder nor a manifest (.csv, .jsonl); choose the folder that holds the images.`,
  );
}

async function openFolder(root: string, { limit }: DatasetSource, options: ListOptions): Promise<Dataset> {
  const { paths, otherFiles, unreadable: unreadableFolders } = await listFolder(root, options);
  if (paths.length === 0) {
    const others = otherFiles === 0 ? 'it holds no files' : `it holds ${count(otherFiles, 'other file')}`;
    throw new UnitscopeError('dataset.empty', `No images in ${root}: ${others}; Unitscope reads ${formatNames}.`);
  }
  const stimuli = paths.slice(0, limit).map((path, index) => ({ index, path, label: path.split('/').at(-2) ?? null }));
  const summary = { path: root, kind: 'folder' as const, root, columns: [], labelColumn: null, otherFiles, unreadableFolders };
  return new Dataset({ ...summary, count: stimuli.length, labels: labelsOf(stimuli) }, stimuli);
}

async function openManifest(path: string, source: DatasetSource, options: ListOptions): Promise<Dataset> {
  const manifest = await readManifest(path, options, source.limit);
  if (manifest.paths.length === 0) {
    throw new UnitscopeError(
      'dataset.empty',
      `No images in ${path}: it has no rows; give one image a row, with its path.`,
    );
  }
  const column = labelColumn(path, manifest.columns, source.labelColumn);
  const stimuli = manifest.paths.map((image, index) => ({
    index,
    path: image,
    label: (manifest.rows[index]?.[column] ?? '') || null,
  }));
  const root = await imageRoot(path, manifest.paths);
  const { columns } = manifest;
  const summary = { path, kind: 'manifest' as const, root, columns, labelColumn: columns[column] ?? null, otherFiles: 0, unreadableFolders: [] };
  const values = columns.map((name, i) => [name, manifest.rows.map((row) => (row[i] ?? '') || null)] as const);
  return new Dataset({ ...summary, count: stimuli.length, labels: labelsOf(stimuli) }, stimuli, new Map(values));
}

/** Columns taken for labels where none is asked for, the first one found. */
const labelColumns = ['label', 'class', 'category'];

/** Position of the column with labels; -1 when there is none. */
function labelColumn(path: string, columns: string[], wanted: string | undefined): number {
  const find = (name: string) => columns.findIndex((column) => column.toLowerCase() === name.toLowerCase());
  if (wanted === undefined) return labelColumns.map(find).find((position) => position >= 0) ?? -1;
  const exact = columns.indexOf(wanted);
  const position = exact >= 0 ? exact : find(wanted);
  if (position >= 0) return position;
  throw new UnitscopeError(
    'dataset.unreadable',
    `${path} has no column "${wanted}" for labels; it has ${namesOf(columns)}.`,
  );
}

function namesOf(columns: Iterable<string>): string {
  return Array.from(columns, (column) => `"${column}"`).join(', ') || 'no other';
}

function labelsOf(stimuli: Stimulus[]): DatasetSummary['labels'] {
  const counts = new Map<string, number>();
  for (const { label } of stimuli) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Array.from(counts, ([name, n]) => ({ name, count: n }));
}

const count = (n: number, noun: string): string => `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
