import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import type { LanceTable } from './searchContract';

/** What we use of `@lancedb/lancedb` and `apache-arrow`, which are installed on demand (docs/decisions/0013). */
export interface Lance {
  connect(uri: string): Promise<Connection>;
}
export interface Connection {
  tableNames(): Promise<string[]>;
  openTable(name: string): Promise<Table>;
  createTable(name: string, data: unknown, options?: { mode?: 'create' | 'overwrite' }): Promise<Table>;
}
export interface Table {
  version(): Promise<number>;
  countRows(): Promise<number>;
  schema(): Promise<ArrowSchema>;
  listIndices(): Promise<{ columns: string[] }[]>;
  query(): Query;
  vectorSearch(vector: Float32Array): VectorQuery;
  add(data: unknown): Promise<unknown>;
  delete(predicate: string): Promise<unknown>;
  mergeInsert(on: string): MergeInsert;
  checkout(version: number): Promise<void>;
}
export interface Query extends AsyncIterable<ArrowBatch> {
  select(columns: string[]): this;
}
export interface VectorQuery extends Query {
  distanceType(type: 'cosine' | 'l2'): this;
  limit(count: number): this;
  refineFactor(factor: number): this;
}
interface MergeInsert {
  whenMatchedUpdateAll(): this;
  whenNotMatchedInsertAll(): this;
  execute(data: unknown): Promise<unknown>;
}
export interface ArrowSchema {
  metadata: Map<string, string>;
  fields: { name: string; type: { listSize?: number } }[];
}
export interface ArrowBatch {
  numRows: number;
  getChild(name: string): Iterable<unknown> & { data: { offset: number; children: { values: Float32Array }[] }[] };
}

/** The constructors that build a record batch. */
export interface Arrow {
  Schema: new (fields: unknown[], metadata: Map<string, string>) => unknown;
  Field: new (name: string, type: unknown, nullable: boolean) => { type: unknown };
  FixedSizeList: new (size: number, item: unknown) => unknown;
  Struct: new (fields: unknown[]) => unknown;
  Float32: new () => unknown;
  Int32: new () => unknown;
  Utf8: new () => unknown;
  RecordBatch: new (schema: unknown, data: unknown) => unknown;
  Table: new (schema: unknown, batches: unknown[]) => unknown;
  makeData(of: { type: unknown; length?: number; data?: unknown; child?: unknown; children?: unknown[] }): unknown;
  vectorFromArray(values: readonly (string | null)[], type: unknown): { data: unknown[] };
}

/** @throws usage where it cannot be loaded on this machine */
export function loadLance(module: string): { lance: Lance; arrow: Arrow } {
  const require = createRequire(join(module, 'package.json'));
  try {
    return { lance: require('@lancedb/lancedb') as Lance, arrow: require('apache-arrow') as Arrow };
  } catch (error) {
    throw new UnitscopeError('usage', `LanceDB in ${module} cannot be loaded on ${process.platform}-${process.arch}; delete that folder, so that it is installed again.`, { cause: error });
  }
}

export async function connectLance({ module, uri }: Pick<LanceTable, 'module' | 'uri'>): Promise<{ connection: Connection; arrow: Arrow }> {
  const { lance, arrow } = loadLance(module);
  return { connection: await asked(uri, () => lance.connect(uri)), arrow };
}

/** Names of the tables at an address. @throws reference.unreadable */
export async function lanceTables(at: Pick<LanceTable, 'module' | 'uri'>): Promise<string[]> {
  const { connection } = await connectLance(at);
  return await asked(at.uri, () => connection.tableNames());
}

/** @throws reference.unreadable */
export async function openLance(of: LanceTable): Promise<Table> {
  const { connection } = await connectLance(of);
  const names = await asked(of.uri, () => connection.tableNames());
  if (!names.includes(of.table))
    throw new UnitscopeError('reference.unreadable', `${of.uri} has no table named ${of.table}; it has ${names.join(', ') || 'none'}. Publish embeddings to it first.`);
  return await asked(of.uri, () => connection.openTable(of.table));
}

/** What LanceDB refuses, as a sentence with its reason. @throws reference.unreadable */
export async function asked<T>(uri: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnitscopeError) throw error;
    const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 300);
    throw new UnitscopeError('reference.unreadable', `The vector store ${uri} cannot be used: ${reason.replace(/\.?\s*$/, '.')} Check its address and your rights to it.`, { cause: error });
  }
}
