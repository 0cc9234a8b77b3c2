import type { ImageInput } from '../../protocol/model';
import type { PreprocessConfig } from '../../protocol/preprocess';
import type { DeviceName } from '../../protocol/scan';
import type { Tap } from './tap';

/** What a worker needs to know to run a model on images. Plain data: it travels to the worker with every request. */
export interface Job {
  model: string;
  input: ImageInput;
  preprocess: PreprocessConfig;
  /** Height and width of the model's input. */
  inputSize: [number, number];
  device: DeviceName;
  /** Images a run; what the model's fixed batch or its layers allow. */
  batch: number;
}

/** Which question a session answers; names its probe. */
export type Question =
  | { kind: 'scores'; taps: Tap[] }
  | { kind: 'positions'; taps: Tap[] }
  | { kind: 'nonZeros'; taps: Tap[] }
  | { kind: 'map'; tap: Tap }
  | { kind: 'activations'; taps: Tap[] }
  | { kind: 'raw'; values: string[] };

export interface ImageFile {
  /** Dataset index. */
  index: number;
  path: string;
  /** Content identity. */
  identity: string;
}
