import * as z from 'zod';

/** A folder of images (class folders are labels) or a manifest file (.csv, .jsonl) with a `path` column. */
export const datasetSourceSchema = z.object({
  path: z.string().min(1),
  /** Manifest column that holds the label; default `label`, `class` or `category`, the first there is. */
  labelColumn: z.string().optional(),
  /** Only the first n stimuli in dataset order. */
  limit: z.number().int().positive().optional(),
});
export type DatasetSource = z.infer<typeof datasetSourceSchema>;

export interface DatasetSummary {
  /** What was asked for: the folder or the manifest. */
  path: string;
  kind: 'folder' | 'manifest';
  /** Folder that stimulus paths are relative to. */
  root: string;
  count: number;
  /** In dataset order of first appearance; empty when nothing is labelled. */
  labels: { name: string; count: number }[];
  /** Manifest columns other than the path. */
  columns: string[];
  /** The one of them that labels come from; null: none does. */
  labelColumn: string | null;
  /** Files passed over because their name says they are no image. */
  otherFiles: number;
  /** Subfolders that could not be listed, relative to the root, with "/"; their images are missing. */
  unreadableFolders: string[];
}

/** How often values occur, most frequent first. */
export type ValueCounts = { name: string; count: number }[];

export function countValues(values: readonly (string | null)[]): ValueCounts {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count);
}

export interface Stimulus {
  index: number;
  /** Relative to the dataset's root, with "/". */
  path: string;
  label: string | null;
}

/** An image that could not be used, and the reason in a sentence. */
export interface SkippedImage {
  index: number;
  path: string;
  reason: string;
}
