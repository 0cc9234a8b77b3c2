/** The contracts between the extension and its webviews. */
import type { DatasetSummary, Stimulus } from './dataset';
import type { ErrorCode } from './errors';
import type { Method } from './method';
import type { Layer, ModelSummary } from './model';
import type {
  ActivationMap,
  Box,
  Patch,
  PatchRequest,
  StimulusPicture,
  UnitDetail,
  UnitOrder,
  UnitPair,
  UnitTable,
  UnitTableQuery,
} from './patches';
import type { ResolvedPreprocess } from './preprocess';
import type { DeviceChoice, DeviceInUse, ScanOutcome, ScanProgress } from './scan';

/** Something that is fetched: it knows whether it is there, on its way, or why not. */
export type Resource<T> =
  | { state: 'none' }
  | { state: 'loading' }
  | { state: 'ready'; value: T }
  | { state: 'error'; code: ErrorCode; message: string };

export type ScanState =
  | { state: 'idle' }
  | { state: 'running'; progress: ScanProgress }
  | { state: 'cancelled'; progress: ScanProgress }
  | { state: 'failed'; code: ErrorCode; message: string }
  | { state: 'done'; outcome: ScanOutcome };

/** What became of the file since it was read first. `reloaded`: this is it; `outdated`: what it was joined from is; else what was read before is shown. */
export interface FileChange {
  kind: 'reloaded' | 'damaged' | 'gone' | 'outdated';
  message: string;
}

/** What editor and panels show of one model's session; sent whole at every change (it is small). */
export interface SessionState {
  /** Views keep it in their persisted state as `modelUri`: by it they are restored when the window is reloaded. */
  modelUri: string;
  modelName: string;
  /** Grows when the model was read again: fetch the summary anew. */
  modelRevision: number;
  model: Resource<null>;
  /** False in Restricted Mode: the model may be looked at, not run. */
  trusted: boolean;
  dataset: Resource<DatasetSummary>;
  preprocess: Resource<ResolvedPreprocess>;
  device: { choice: DeviceChoice; inUse: DeviceInUse | null };
  scan: ScanState;
  /** The engine process; `stopped` carries the sentence to show. */
  engine: { state: 'running' } | { state: 'stopped'; message: string };
  selectedLayer: string | null;
  /** A unit that was asked for; views of units open it when `turn` grows. */
  askedUnit: { layer: string; unit: number; turn: number } | null;
  fileChange: FileChange | null;
  /** With which other model units are compared; null: with none. */
  other: OtherModel | null;
  /** Grows whenever there may be new results: ask again for what is on screen. */
  resultsRevision: number;
  /** Grows when what was computed before is of another study: other images, preprocessing, unit axes, device. */
  studyRevision: number;
}

/** What every view of a session may ask of the extension. */
export interface SessionHostContract {
  ready: Method<null, SessionState>;
  summary: Method<null, ModelSummary>;
  'layer.select': Method<{ layer: string }, null>;
  'layer.visualize': Method<{ layer: string }, null>;
  'dataset.choose': Method<null, null>;
  'device.choose': Method<null, null>;
  'preprocess.choose': Method<null, null>;
  'scan.start': Method<null, null>;
  'scan.cancel': Method<null, null>;
  'scan.showSkipped': Method<null, null>;
  'engine.restart': Method<null, null>;
  'trust.manage': Method<null, null>;
  'log.show': Method<null, null>;
  'model.reload': Method<null, null>;
  /** The user has taken note of `fileChange`. */
  'model.changeSeen': Method<null, null>;
  /** Opens the sample model with its images: the way on for someone who has none at hand. */
  'sample.open': Method<null, null>;
}

/** What the extension tells a view. */
export interface SessionViewContract {
  'session.changed': Method<SessionState, null>;
}

export interface PatchesSettings {
  order: UnitOrder;
  descending: boolean;
  labels: string[];
  /** Patches a unit (K). */
  top: number;
  /** Side of a patch on screen, in CSS pixels. */
  size: number;
}

/** A model whose units are shown beside those of the session's model. */
export interface OtherModel {
  uri: string;
  /** Short: of a joined model, its checkpoint's name. */
  name: string;
  /** Likewise, what the session's own model is called beside it. */
  own: string;
}

export interface PatchesHostContract extends SessionHostContract {
  settings: Method<null, PatchesSettings>;
  'settings.changed': Method<PatchesSettings, null>;
  table: Method<UnitTableQuery, UnitTable>;
  cut: Method<
    { layer: string; requests: PatchRequest[]; size: number },
    null,
    { at: number; patch: Patch | { problem: string } }
  >;
  unit: Method<{ layer: string; unit: number; top: number }, UnitDetail>;
  activation: Method<{ layer: string; unit: number; index: number }, ActivationMap>;
  picture: Method<{ index: number; box?: Box; size: number }, StimulusPicture>;
  stimuli: Method<{ indices: number[] }, Stimulus[]>;
  'stimulus.open': Method<{ index: number }, null>;
  /** The unit that was asked for is open. */
  'unit.taken': Method<null, null>;
  'other.choose': Method<null, null>;
  'other.leave': Method<null, null>;
  /** Records a layer of the other model over the same images; what is known is there at once. */
  'other.record': Method<{ layer: string }, null, ScanProgress>;
  'other.unit': Method<{ layer: string; unit: number; top: number }, UnitPair>;
  'other.activation': Method<{ layer: string; unit: number; index: number }, ActivationMap>;
  'export.json': Method<null, null>;
  'export.sheet': Method<{ layer: string }, null>;
  'export.command': Method<{ layer: string }, null>;
}

/** A layer's context in the webview's own menu, for the commands of `webview/context`. */
export interface LayerMenuContext {
  webviewSection: 'layer';
  /** URI of the model and value name of the layer. */
  unitscopeModel: string;
  unitscopeLayer: string;
  /** All that are marked, where this one is among several. */
  unitscopeLayers?: string[];
  preventDefaultContextMenuItems: true;
}

/** The layers of a summary as a tree of groups, for lists and tree views. */
export interface LayerGroup {
  /** Path of the group, outermost first; empty for the root. */
  path: string[];
  /** In the order of the graph; a group stands where its first layer does. */
  children: ({ group: LayerGroup } | { layer: Layer })[];
}

export function groupLayers(layers: readonly Layer[]): LayerGroup {
  const root: LayerGroup = { path: [], children: [] };
  const known = new Map<string, LayerGroup>([['[]', root]]);
  const find = (path: string[]): LayerGroup => {
    const key = JSON.stringify(path);
    let group = known.get(key);
    if (!group) {
      group = { path, children: [] };
      known.set(key, group);
      find(path.slice(0, -1)).children.push({ group });
    }
    return group;
  };
  for (const layer of layers) find(layer.group).children.push({ layer });
  return root;
}
