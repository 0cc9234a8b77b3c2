import type { Method } from '../../protocol/method';
import type { Dim } from '../../protocol/model';
import type { Baseline } from '../../protocol/rdm';
import type { LayerFailure } from '../../protocol/scan';
import type { CheckpointTasks } from '../checkpoint/contract';
import type { ComputeContract } from '../compute/contract';
import type { ImageFile, Job } from './job';
import type { Tap } from './tap';

export interface ScanChunk {
  job: Job;
  taps: Tap[];
  images: ImageFile[];
  /** Where to write the segment; it is not written when no image could be used. */
  segment: string;
}

/** Images whose activations are to be kept whole. */
export interface ActivationChunk {
  job: Job;
  what: { kind: 'layers'; taps: Tap[] } | { kind: 'baselines'; baselines: Baseline[] };
  images: ImageFile[];
  /** Where to write them; likewise. */
  file: string;
}

export interface ScanChunkResult {
  /** Images that are in the file. */
  done: number;
  skipped: { index: number; reason: string }[];
  /** Not looked at, because the scan was cancelled. */
  left: number;
}

export interface Preparation {
  /** Taps that run; the others are in `failures`, each with its sentence. */
  taps: Tap[];
  failures: LayerFailure[];
  /** Images a run that the model was seen to accept. */
  batch: number;
  /** Scores of one batch of fixed test input, and how long its second run took: to compare devices. */
  sample: { scores: Float32Array; milliseconds: number };
}

/** What a worker process answers. It decodes, infers and writes segments; the numbers it returns are small. */
export interface WorkerContract extends ComputeContract, CheckpointTasks {
  /** Opens the score session and tries it; finds out what of it does not run. */
  prepare: Method<{ job: Job; taps: Tap[] }, Preparation>;
  scan: Method<ScanChunk, ScanChunkResult, { done: number }>;
  activations: Method<ActivationChunk, ScanChunkResult, { done: number }>;
  /** Row-major position of every unit's maximum: one row [sum of units] an image; null where it cannot be read. */
  locate: Method<{ job: Job; taps: Tap[]; images: ImageFile[] }, (Int32Array | null)[]>;
  /** Share of activations that are exactly 0: one row [taps] an image; likewise. */
  sparsity: Method<{ job: Job; taps: Tap[]; images: ImageFile[] }, (Float32Array | null)[]>;
  /** One unit's activation over the layer's grid. */
  map: Method<{ job: Job; tap: Tap; unit: number; image: ImageFile }, Float32Array>;
  /** Shapes that values have when the model runs on one image. */
  shapes: Method<{ job: Job; values: string[] }, Record<string, { dims: Dim[]; dtype: string }>>;
}
