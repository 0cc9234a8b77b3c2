import type { Method } from './method';
import type {
  CheckpointComparison,
  CheckpointProgress,
  CheckpointSummary,
  Dequantization,
  JoinPlan,
  JoinRequest,
  SliceRequest,
  TensorPlace,
  TensorSlice,
  TensorStatistics,
  TreePage,
  TreeRequest,
} from './checkpoint';
import type { DatasetSource, DatasetSummary, Stimulus } from './dataset';
import type { GaborFit, LayerSparsity, ModelComparison, ModelGraph, NodeDetail } from './graph';
import type { ModelSummary } from './model';
import type {
  ActivationMap,
  Patch,
  PatchRequest,
  StimulusPicture,
  UnitDetail,
  UnitPair,
  UnitTable,
  UnitTableQuery,
  Box,
} from './patches';
import type { PreprocessConfig, ResolvedPreprocess } from './preprocess';
import type {
  LayoutMethod,
  RdmArrangement,
  RdmComparison,
  RdmEstimate,
  RdmExportFiles,
  RdmFormat,
  RdmImage,
  RdmLayout,
  RdmOrder,
  RdmOutcome,
  RdmRequest,
  RdmSet,
  Reference,
  ReferenceEntry,
  RsaProgress,
  RsaResult,
} from './rdm';
import type { RetrievalContract } from './retrieval';
import type { LayerFailure, ScanOutcome, ScanProgress, Study } from './scan';

/** What the engine process answers. What runs models or goes through many files may be cancelled; the rest is soon done. */
export interface EngineContract extends RetrievalContract {
  hello: Method<Record<string, never>, EngineHello>;

  /** Reads a model's graph; runs nothing. */
  'model.open': Method<{ path: string }, ModelSummary>;
  /** The same, with shapes that the file and our own inference leave open asked of ONNX Runtime. Runs the model. */
  'model.complete': Method<{ path: string; preprocess?: PreprocessConfig }, ModelSummary>;

  /**
   * A model's graph with shapes and costs: at the shapes that are given for inputs by name, else for one image as it is preprocessed.
   * Runs nothing and reads no weights.
   */
  'model.graph': Method<{ path: string; preprocess?: PreprocessConfig; inputs?: Record<string, number[]> }, ModelGraph>;
  /** Everything about one node of that graph, by its place there; asked with what the graph was asked with, so that it is not described once more. */
  'model.node': Method<{ path: string; preprocess?: PreprocessConfig; inputs?: Record<string, number[]>; node: number }, NodeDetail>;
  /** For the layers that have been recorded: the share of activations that are 0, measured on some of the stimuli. */
  'model.sparsity': Method<{ study: Study }, LayerSparsity[]>;

  /** Gabor functions fitted to the filters of a first convolution (O, 1 to 4, kH, kW). */
  'model.gabor': Method<{ path: string; tensor: string; dequantize?: Dequantization }, GaborFit[], { done: number; total: number }>;

  /** Two models node by node, with the change of every weight; progress in bytes of weights. */
  'model.compare': Method<{ paths: [string, string] }, ModelComparison, CheckpointProgress>;

  'dataset.open': Method<DatasetSource, DatasetSummary, { found: number }>;
  'dataset.stimuli': Method<{ source: DatasetSource; indices: number[] }, Stimulus[]>;
  /** The stimulus whose file this is; null: none. */
  'dataset.find': Method<{ source: DatasetSource; path: string }, Stimulus | null>;
  /** Values of a manifest column, one a stimulus. */
  'dataset.column': Method<{ source: DatasetSource; column: string }, (string | null)[]>;
  /** A stimulus whole, or a box of it, no side longer than `size` pixels. */
  'dataset.picture': Method<{ source: DatasetSource; index: number; box?: Box; size: number }, StimulusPicture>;

  /** Reads the text of a `preprocessor_config.json`; `origin` names it in errors. */
  'preprocess.parse': Method<{ text: string; origin: string }, PreprocessConfig>;
  'preprocess.resolve': Method<{ model: string; preprocess?: PreprocessConfig }, ResolvedPreprocess>;

  /** Fills the store with the unit scores of the layers (default: all primary ones) over the dataset. */
  'study.scan': Method<{ study: Study; layers?: string[] }, ScanOutcome, ScanProgress>;

  'patches.table': Method<{ study: Study; query: UnitTableQuery }, UnitTable>;
  /** Locates and cuts out patches; those of one layer, in the order asked for, each reported as it is ready. */
  'patches.cut': Method<
    { study: Study; layer: string; requests: PatchRequest[]; size: number },
    null,
    { at: number; patch: Patch | { problem: string } }
  >;
  'patches.unit': Method<{ study: Study; layer: string; unit: number; top: number }, UnitDetail>;
  /** The same unit in another model of the same architecture, from what has been recorded of both. */
  'patches.compareUnit': Method<{ study: Study; other: string; layer: string; unit: number; top: number }, UnitPair>;
  'patches.activation': Method<{ study: Study; layer: string; unit: number; index: number }, ActivationMap>;
  /** Writes `patches.json` as the command line does. */
  'patches.export': Method<
    { study: Study; layers?: string[]; top: number; file: string },
    { units: number; failed: LayerFailure[] },
    { done: number; total: number }
  >;
  /** Writes a PNG contact sheet of units of one layer. */
  'patches.sheet': Method<
    { study: Study; query: UnitTableQuery; size: number; file: string },
    { width: number; height: number },
    { done: number; total: number }
  >;

  'rdm.estimate': Method<{ study: Study; request: RdmRequest }, RdmEstimate>;
  /** Fills the store with the RDMs of the layers, running the model where that is needed. */
  'rdm.compute': Method<{ study: Study; request: RdmRequest }, RdmOutcome, ScanProgress>;
  /** What has been computed of a request. The following fail with `rdm.missing` where their RDM has not. */
  'rdm.set': Method<{ study: Study; request: RdmRequest }, RdmSet>;
  'rdm.arrange': Method<{ study: Study; request: RdmRequest; layer: string; order: RdmOrder }, RdmArrangement>;
  'rdm.image': Method<
    { study: Study; request: RdmRequest; layer: string; rows: Int32Array; region: Box; size: number },
    RdmImage
  >;
  'rdm.pairs': Method<{ study: Study; request: RdmRequest; layers: string[]; pairs: [number, number][] }, Float32Array[]>;
  'rdm.compare': Method<
    { study: Study; request: RdmRequest; comparison: RdmComparison; references: Reference[] },
    RsaResult,
    RsaProgress
  >;
  'rdm.layout': Method<
    { study: Study; request: RdmRequest; layer: string; method: LayoutMethod },
    RdmLayout,
    { done: number; total: number }
  >;
  /** Values of a manifest column, one a row of the set. */
  'rdm.column': Method<{ study: Study; request: RdmRequest; column: string }, (string | null)[]>;
  /** RDMs in a file. */
  'rdm.entries': Method<{ path: string }, ReferenceEntry[]>;
  /** Writes `rdm.json` with the comparison, and each layer's RDM, as the command line does. */
  'rdm.export': Method<
    {
      study: Study;
      request: RdmRequest;
      comparison: RdmComparison;
      references: Reference[];
      folder: string;
      formats: RdmFormat[];
    },
    RdmExportFiles,
    { done: number; total: number }
  >;

  /** Reads what a file of weights holds, without its numbers; runs nothing of it. */
  'checkpoint.open': Method<{ path: string }, CheckpointSummary>;
  /** More of the tree. */
  'checkpoint.tree': Method<TreeRequest, TreePage>;
  'checkpoint.statistics': Method<TensorPlace, TensorStatistics, { done: number; total: number }>;
  'checkpoint.slice': Method<SliceRequest, TensorSlice>;
  /** Writes one tensor as `.npy`; tells the element type that was written. */
  'checkpoint.exportTensor': Method<TensorPlace & { file: string }, { dtype: string }>;
  /** Two checkpoints, or the steps of a series. */
  'checkpoint.compare': Method<{ paths: string[] }, CheckpointComparison, CheckpointProgress & { step: number; steps: number }>;
  /** Which weights of a model a checkpoint gives; `original`: the checkpoint that the model was exported from. */
  'checkpoint.join': Method<JoinRequest, JoinPlan>;
  /** Makes a model with the weights of a checkpoint, as a file in the cache; runs nothing. Known ones are there at once. */
  'checkpoint.openJoined': Method<JoinRequest, { path: string }>;

  'cache.clear': Method<Record<string, never>, { bytes: number }>;
}

/** What the engine tells its host unasked. */
export interface EngineHostContract {
  log: Method<{ level: 'debug' | 'info' | 'warn' | 'error'; message: string }, null>;
}

/** Given to the engine process as its one argument, in JSON. */
export interface EngineOptions {
  /** Folder for results, made when missing; default: the user's cache folder, which the command line uses too. */
  cache?: string;
  /** Upper bound of worker processes; default: by cores and memory. */
  workers?: number;
  /** Bytes that computing RDMs may take, about; default: 1 GB. */
  memory?: number;
}

export interface EngineHello {
  pid: number;
  node: string;
  onnxruntime: string;
  /** Resident memory in bytes. */
  memory: number;
}
