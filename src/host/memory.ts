import * as vscode from 'vscode';
import * as z from 'zod';
import { joinedOfSchema } from '../protocol/checkpointViews';
import { datasetSourceSchema, type DatasetSource } from '../protocol/dataset';
import { preprocessSchema } from '../protocol/preprocess';
import { deviceChoices, type DeviceChoice } from '../protocol/scan';
import { unitOrders } from '../protocol/patches';
import { rdmSettingsSchema } from '../protocol/rdmViews';
import { tableAddressSchema, type TableAddress } from '../protocol/retrieval';
import { pastQuerySchema, retrievalSettingsSchema, retrievalShowSchema } from '../protocol/retrievalViews';

const patchesSettingsSchema = z.object({
  order: z.enum(unitOrders).default('unit'),
  descending: z.boolean().default(false),
  labels: z.array(z.string()).default([]),
  top: z.number().int().min(1).max(50).default(9),
  size: z.number().min(16).max(256).default(56),
});

const modelMemorySchema = z.object({
  dataset: datasetSourceSchema.optional(),
  preprocess: preprocessSchema.optional(),
  selectedLayer: z.string().optional(),
  /** Of a model in the cache that was joined from a graph and a checkpoint. */
  joined: joinedOfSchema.optional(),
  /** Model whose units are shown beside this one's. */
  comparedWith: z.string().optional(),
  unitAxes: z.record(z.string(), z.number().int()).default({}),
  patches: patchesSettingsSchema.prefault({}),
  rdm: rdmSettingsSchema.prefault({}),
  /** What the RDM panel shows when it is opened next. */
  rdmView: z.object({ view: z.enum(['rdm', 'layers', 'compare']), layer: z.string().nullable() }).optional(),
  retrieval: retrievalSettingsSchema.prefault({}),
  /** What the retrieval panel shows when it is opened next. */
  retrievalView: retrievalShowSchema.optional(),
  /** The last first. */
  retrievalQueries: z.array(pastQuerySchema).default([]),
});
export type ModelMemory = z.infer<typeof modelMemorySchema>;

const recentSchema = z.array(datasetSourceSchema);
const maxRecent = 8;

/** What is remembered in a workspace: the choices made for each model, the datasets used lately, the device. */
export class Memory implements vscode.Disposable {
  private readonly deviceChanged = new vscode.EventEmitter<void>();
  readonly onDidChangeDevice = this.deviceChanged.event;

  constructor(private readonly state: vscode.Memento) {}

  model(uri: vscode.Uri): ModelMemory {
    return modelMemorySchema.safeParse(this.state.get(key(uri), {})).data ?? modelMemorySchema.parse({});
  }

  async rememberModel(uri: vscode.Uri, change: Partial<ModelMemory>): Promise<void> {
    await this.state.update(key(uri), { ...this.model(uri), ...change });
  }

  /** Lately used first. */
  recentDatasets(): DatasetSource[] {
    return recentSchema.safeParse(this.state.get('datasets')).data ?? [];
  }

  async rememberDataset(source: DatasetSource): Promise<void> {
    const others = this.recentDatasets().filter((known) => known.path !== source.path);
    await this.state.update('datasets', [source, ...others].slice(0, maxRecent));
  }

  /** Tables of published embeddings, lately used first. */
  tables(): TableAddress[] {
    return z.array(tableAddressSchema).safeParse(this.state.get('tables')).data ?? [];
  }

  async rememberTable(address: TableAddress): Promise<void> {
    const others = this.tables().filter(({ uri, table }) => uri !== address.uri || table !== address.table);
    await this.state.update('tables', [address, ...others].slice(0, maxRecent));
  }

  device(): DeviceChoice | undefined {
    return z.enum(deviceChoices).safeParse(this.state.get('device')).data;
  }

  async rememberDevice(choice: DeviceChoice): Promise<void> {
    await this.state.update('device', choice);
    this.deviceChanged.fire();
  }

  dispose(): void {
    this.deviceChanged.dispose();
  }
}

function key(uri: vscode.Uri): string {
  return `model:${uri.toString()}`;
}
