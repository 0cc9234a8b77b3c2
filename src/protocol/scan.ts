import * as z from 'zod';
import { datasetSourceSchema, type SkippedImage } from './dataset';
import { preprocessSchema } from './preprocess';

export const deviceNames = ['cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;
export type DeviceName = (typeof deviceNames)[number];
export const deviceChoices = ['auto', ...deviceNames] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** What is looked at: a model, a dataset, how images become inputs, and where it runs. */
export const studySchema = z.object({
  model: z.string().min(1),
  dataset: datasetSourceSchema,
  /** Set by the user; otherwise found as `product.md` says. */
  preprocess: preprocessSchema.optional(),
  device: z.enum(deviceChoices).default('auto'),
  /** Overrides of the inferred unit axis, by layer name. */
  unitAxes: z.record(z.string(), z.number().int()).default({}),
});
export type Study = z.infer<typeof studySchema>;

/** The device that runs, and why it is not the one wished for. */
export interface DeviceInUse {
  name: DeviceName;
  workers: number;
  /** A sentence, present when something better was tried and refused. */
  fallback?: string;
}

export interface ScanProgress {
  /** `computing`: the model has run; `done` and `total` count layers that something is computed of; `done` may be a fraction. */
  phase: 'preparing' | 'scanning' | 'computing';
  /** Images that have been recorded (cached ones included), and the number in the dataset. */
  done: number;
  total: number;
  /** Images answered from the cache. */
  cached: number;
  skipped: number;
  imagesPerSecond: number | null;
  secondsLeft: number | null;
  device: DeviceInUse | null;
}

export interface LayerFailure {
  layer: string;
  message: string;
}

export interface ScanOutcome {
  layers: string[];
  done: number;
  total: number;
  cached: number;
  skipped: SkippedImage[];
  failedLayers: LayerFailure[];
  device: DeviceInUse | null;
  seconds: number;
}
