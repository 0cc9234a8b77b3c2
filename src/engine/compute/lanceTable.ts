import { cancelled, UnitscopeError } from '../../protocol/errors';
import type { Metric } from '../../protocol/retrieval';
import { EmbeddingWriter, hashOf } from '../store/embeddingFile';
import { asked, openLance, type ArrowBatch, type ArrowSchema, type Table } from './lanceModule';
import type { ApproximateIndex } from './searchApproximate';
import type { LanceCatalogue, LanceTable, TableVersion } from './searchContract';
import type { SearchMatrix } from './searchMatrix';

/** Columns that every table of ours has besides those of the manifest. */
export const ownColumns = ['vector', 'path', 'label', 'index', 'identity', 'made'] as const;
/** Our metadata of a table, in its schema. */
export const metadataPrefix = 'unitscope.';

/**
 * Rows of the table: what they are, by ascending index, then path. Vectors are not read. Null: its version is the one that is known.
 * @throws reference.unreadable
 */
export async function lanceCatalogue(of: LanceTable, signal: AbortSignal): Promise<LanceCatalogue>;
export async function lanceCatalogue(of: LanceTable, signal: AbortSignal, known: TableVersion | null): Promise<LanceCatalogue | null>;
export async function lanceCatalogue(of: LanceTable, signal: AbortSignal, known: TableVersion | null = null): Promise<LanceCatalogue | null> {
  const table = await openLance(of);
  return await asked(of.uri, async () => {
    const [version, schema] = [await table.version(), await table.schema()];
    if (known?.version === version && known.id === idOf(schema)) return null;
    const names = new Set(schema.fields.map(({ name }) => name));
    for (const name of ownColumns)
      if (!names.has(name)) throw new UnitscopeError('reference.unreadable', `The table ${of.table} at ${of.uri} has no column ${name}, so it was not published by Unitscope; choose another.`);
    const metadata = metadataOf(schema);
    const manifest = JSON.parse(metadata.columns ?? '[]') as { name: string; as: string }[];
    const rows: { path: string; index: number; label: string | null; identity: string; values: (string | null)[] }[] = [];
    for await (const batch of table.query().select(['path', 'index', 'label', 'identity', ...manifest.map(({ as }) => as)])) {
      const [paths, indices, labels, identities] = ['path', 'index', 'label', 'identity'].map((name) => [...batch.getChild(name)]);
      const values = manifest.map(({ as }) => [...batch.getChild(as)] as (string | null)[]);
      if (signal.aborted) throw cancelled();
      for (let i = 0; i < batch.numRows; i++)
        rows.push({
          path: paths![i] as string,
          index: indices![i] as number,
          label: labels![i] as string | null,
          identity: identities![i] as string,
          values: values.map((column) => column[i] ?? null),
        });
    }
    rows.sort(inOrder);
    return {
      version,
      id: idOf(schema),
      rows: rows.length,
      features: featuresOf(schema),
      paths: rows.map(({ path }) => path),
      labels: rows.map(({ label }) => label),
      identities: rows.map(({ identity }) => identity),
      columns: manifest.map(({ name }, c) => ({ name, values: rows.map(({ values }) => values[c] ?? null) })),
      metadata,
      indexed: (await table.listIndices()).some(({ columns }) => columns.includes('vector')),
    };
  });
}

/** Copies the vectors of a version into a file of embeddings, block by block, in the order of the catalogue. */
export async function fetchLance(of: LanceTable, { version, id }: TableVersion, file: string, signal: AbortSignal, report: (progress: { share: number }) => void): Promise<void> {
  const catalogue = await lanceCatalogue(of, signal);
  if (catalogue.version !== version || catalogue.id !== id) throw new UnitscopeError('reference.unreadable', `The table ${of.table} at ${of.uri} was changed while it was read; search again.`);
  const { rows, features } = catalogue;
  const place = new Map(catalogue.paths.map((path, row) => [path, row]));
  const table = await openLance(of);
  await asked(of.uri, () => table.checkout(version));
  const header = { rows, features, content: hashOf(of.uri, of.table, id, String(version)), whitening: null, l2: false };
  const writer = new EmbeddingWriter(file, header, catalogue.identities);
  try {
    let done = 0;
    await asked(of.uri, async () => {
      for await (const batch of table.query().select(['path', 'vector'])) {
        const vectors = vectorsOf(batch, features);
        let i = 0;
        for (const path of batch.getChild('path') as Iterable<string>) {
          writer.put(place.get(path)!, vectors.subarray(i * features, (i + 1) * features));
          i++;
        }
        report({ share: (done += batch.numRows) / rows });
        if (signal.aborted) throw cancelled();
      }
    });
    writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
}

/** The table's own index of vectors, over the rows of its catalogue. */
export async function tableIndex(of: LanceTable, matrix: SearchMatrix, metric: Metric, signal: AbortSignal): Promise<ApproximateIndex> {
  const { paths } = await lanceCatalogue(of, signal);
  const place = new Map(paths.map((path, row) => [path, row]));
  const table = await openLance(of);
  return {
    search: (query, count) =>
      asked(of.uri, async () => {
        const rows: number[] = [];
        const near = table.vectorSearch(query).distanceType(metric === 'cosine' ? 'cosine' : 'l2').refineFactor(4).limit(count);
        for await (const batch of near.select(['path', '_distance'])) for (const path of batch.getChild('path') as Iterable<string>) rows.push(place.get(path) ?? -1);
        return rows.filter((row) => row >= 0 && row < matrix.rows);
      }),
    vector: (row) => Promise.resolve(matrix.row(row)),
  };
}

/** Path and what each row was made of. */
export async function rowsOfTable(table: Table): Promise<Map<string, string>> {
  const rows = new Map<string, string>();
  for await (const batch of table.query().select(['path', 'made'])) {
    const made = [...batch.getChild('made')] as string[];
    let i = 0;
    for (const path of batch.getChild('path') as Iterable<string>) rows.set(path, made[i++]!);
  }
  return rows;
}

export function metadataOf(schema: ArrowSchema): Record<string, string> {
  const own = [...schema.metadata].filter(([key]) => key.startsWith(metadataPrefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(metadataPrefix.length), value]));
}

/** Which table of this name: one that was deleted and made anew counts its versions anew. */
export function idOf(schema: ArrowSchema): string {
  return metadataOf(schema).id ?? '';
}

export function featuresOf(schema: ArrowSchema): number {
  return schema.fields.find(({ name }) => name === 'vector')?.type.listSize ?? 0;
}

/** A batch's vectors, one after another. A batch may be a slice of a larger one. */
function vectorsOf(batch: ArrowBatch, features: number): Float32Array {
  const parts = batch.getChild('vector').data.map(({ offset, children }) => children[0]!.values.subarray(offset * features));
  if (parts.length === 1) return parts[0]!.subarray(0, batch.numRows * features);
  throw new RangeError('A record batch in several parts.');
}

function inOrder(a: { path: string; index: number }, b: { path: string; index: number }): number {
  return a.index - b.index || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0);
}
