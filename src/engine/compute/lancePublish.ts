import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { cancelled, UnitscopeError } from '../../protocol/errors';
import { EmbeddingFile, hashOf } from '../store/embeddingFile';
import { asked, connectLance, type Arrow, type Table } from './lanceModule';
import { featuresOf, metadataOf, metadataPrefix, ownColumns, rowsOfTable } from './lanceTable';
import type { LancePublishTask } from './searchContract';

/** Bytes of vectors that are sent at once, and paths in one deletion. */
const [batchBytes, pathsAtOnce] = [32e6, 500];

interface Published {
  rows: number;
  added: number;
  changed: number;
  deleted: number;
  version: number;
}

/**
 * Brings a Lance table up to date with a file of embeddings: rows are known by their path; those whose content, label, index,
 * column values or transform are others are replaced, those that are gone are deleted, and nothing is written where nothing has
 * changed. Where the columns have other names, or whitening was fitted anew, the whole table is written anew, as another version.
 * @throws reference.unreadable where the table holds something else, cancelled
 */
export async function publishLance(task: LancePublishTask, signal: AbortSignal, report: (progress: { share: number }) => void): Promise<Published> {
  const file = EmbeddingFile.open(task.file);
  if (!file) throw new UnitscopeError('embedding.missing', 'The embeddings were deleted while they were published; publish again.');
  try {
    const { connection, arrow } = await connectLance(task);
    const { features, content, whitening } = file.header;
    const identities = file.identities();
    const made = task.paths.map((_path, i) =>
      hashOf(identities[i]!, whitening ? content : '', task.labels[i] ?? '\0', String(task.indices[i]), ...task.columns.map(({ values }) => values[i] ?? '\0')),
    );
    const names = await asked(task.uri, () => connection.tableNames());
    let table = names.includes(task.table) ? await asked(task.uri, () => connection.openTable(task.table)) : null;
    const old = table ? await check(table, task, features) : null;
    const batches = new Batches(arrow, { ...task, metadata: { ...task.metadata, id: randomUUID() } }, file, identities, made);
    const before = table && old ? await asked(task.uri, () => rowsOfTable(table!)) : new Map<string, string>();
    const fresh = task.paths.flatMap((path, row) => (before.get(path) === made[row] ? [] : [row]));
    const now = new Set(task.paths);
    const gone = [...before.keys()].filter((path) => !now.has(path));
    const step = Math.max(1, Math.floor(batchBytes / (4 * features)));
    for (let from = 0; from < fresh.length; from += step) {
      const data = batches.of(fresh.slice(from, from + step));
      if (!table || !old)
        if (from === 0) table = await asked(task.uri, () => connection.createTable(task.table, data, { mode: names.includes(task.table) ? 'overwrite' : 'create' }));
        else await asked(task.uri, () => table!.add(data));
      else await asked(task.uri, () => table!.mergeInsert('path').whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(data));
      report({ share: from / fresh.length });
      await setImmediate();
      if (signal.aborted) throw cancelled();
    }
    for (let from = 0; from < gone.length; from += pathsAtOnce) {
      const paths = gone.slice(from, from + pathsAtOnce).map((path) => `'${path.replaceAll("'", "''")}'`);
      await asked(task.uri, () => table!.delete(`path IN (${paths.join(', ')})`));
      if (signal.aborted) throw cancelled();
    }
    const changed = fresh.filter((row) => before.has(task.paths[row]!)).length;
    const version = await asked(task.uri, () => table!.version());
    return { rows: task.paths.length, added: fresh.length - changed, changed, deleted: gone.length, version };
  } finally {
    file.close();
  }
}

/** Null where the table has to be written anew. @throws reference.unreadable where it is of something else */
async function check(table: Table, task: LancePublishTask, features: number): Promise<Table | null> {
  const schema = await asked(task.uri, () => table.schema());
  const known = metadataOf(schema);
  const wrong = Object.keys(task.metadata).find((key) => key !== 'columns' && key !== 'transform' && known[key] !== task.metadata[key]);
  if (wrong !== undefined)
    throw new UnitscopeError(
      'reference.unreadable',
      `The table ${task.table} at ${task.uri} holds other embeddings (${wrong} is ${known[wrong] ?? 'not known'}); choose another name for these.`,
    );
  const same = known.columns === task.metadata.columns && known.transform === task.metadata.transform;
  return same && featuresOf(schema) === features ? table : null;
}

/** Builds record batches. */
class Batches {
  private readonly fields: { type: unknown }[];
  private readonly schema: unknown;

  constructor(
    private readonly arrow: Arrow,
    private readonly task: LancePublishTask,
    private readonly file: EmbeddingFile,
    private readonly identities: string[],
    private readonly made: string[],
  ) {
    const { Field, FixedSizeList, Float32, Int32, Utf8, Schema } = arrow;
    const { features } = file.header;
    const text = (name: string, nullable: boolean): { type: unknown } => new Field(name, new Utf8(), nullable);
    const columns = JSON.parse(task.metadata.columns ?? '[]') as { as: string }[];
    this.fields = [
      new Field('vector', new FixedSizeList(features, new Field('item', new Float32(), true)), true),
      text('path', false),
      text('label', true),
      new Field('index', new Int32(), false),
      text('identity', false),
      text('made', false),
      ...columns.map(({ as }) => text(as, true)),
    ];
    this.schema = new Schema(this.fields, new Map(Object.entries(task.metadata).map(([key, value]) => [metadataPrefix + key, value])));
  }

  of(rows: number[]): unknown {
    const { arrow, task, file, fields, schema } = this;
    const { features } = file.header;
    const values = new Float32Array(rows.length * features);
    rows.forEach((row, i) => file.read(row, values.subarray(i * features, (i + 1) * features)));
    const text = (all: readonly (string | null)[]): unknown => arrow.vectorFromArray(rows.map((row) => all[row] ?? null), new arrow.Utf8()).data[0];
    const child = arrow.makeData({ type: new arrow.Float32(), data: values });
    const children = [
      arrow.makeData({ type: fields[0]!.type, length: rows.length, child }),
      text(task.paths),
      text(task.labels),
      arrow.makeData({ type: new arrow.Int32(), data: Int32Array.from(rows, (row) => task.indices[row]!) }),
      text(this.identities),
      text(this.made),
      ...task.columns.map((column) => text(column.values)),
    ];
    const batch = new arrow.RecordBatch(schema, arrow.makeData({ type: new arrow.Struct(fields), length: rows.length, children }));
    return new arrow.Table(schema, [batch]);
  }
}

/** What manifest columns are called in the table: letters, digits and "_", and not as our own. */
export function columnNames(names: readonly string[]): { name: string; as: string }[] {
  const taken = new Set<string>(ownColumns);
  return names.map((name) => {
    const plain = name.replace(/[^A-Za-z0-9_]/g, '_') || '_';
    let as = plain;
    for (let n = 2; taken.has(as.toLowerCase()); n++) as = `${plain}_${n}`;
    taken.add(as.toLowerCase());
    return { name, as };
  });
}
