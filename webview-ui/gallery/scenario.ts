import type { ErrorCode } from '../../src/protocol/errors';
import type { ModelGraph } from '../../src/protocol/graph';
import type { ModelSummary } from '../../src/protocol/model';
import type { ScanOutcome, ScanProgress } from '../../src/protocol/scan';
import type { PatchesSettings, SessionState } from '../../src/protocol/views';
import { Dataset } from './fixtures/dataset';
import { resnet } from './fixtures/models';

/** One state of a panel: what the fake extension tells and answers, and what the panel had kept. */
export interface Scenario {
  model: ModelSummary;
  dataset: Dataset | null;
  session: SessionState;
  settings: PatchesSettings;
  /** What `getState` gives. */
  kept: Record<string, unknown>;
  /** Stimuli that have scores. */
  scanned: number;
  failures: Record<string, string>;
  /** Patches of these units cannot be cut. */
  broken: number[];
  /** Records at this many images a second. */
  live: number | null;
  /** Of the model editor: its graph, or why there is none. Absent: a chain of the layers. */
  graph?: (() => ModelGraph) | 'waiting' | 'damaged';
  /** Of its page of weights: fits that never come, or are refused. */
  fits?: 'waiting' | 'refused';
  /** What recording the other model comes to: it is recorded, or never is, or this sentence. */
  otherRecording: 'done' | 'never' | { refuses: string };
}

export const pictures = new Dataset('imagenet200', 2000, 200);
export const shapes = new Dataset('shapes', 480, 8);

export const progress: ScanProgress = {
  phase: 'scanning',
  done: 1240,
  total: 2000,
  cached: 0,
  skipped: 0,
  imagesPerSecond: 161.4,
  secondsLeft: 4.7,
  device: { name: 'webgpu', workers: 1 },
};

export function outcome(model: ModelSummary, total: number, more: Partial<ScanOutcome> = {}): ScanOutcome {
  return {
    layers: model.layers.filter(({ primary }) => primary).map(({ name }) => name),
    done: total,
    total,
    cached: 0,
    skipped: [],
    failedLayers: [],
    device: { name: 'webgpu', workers: 1 },
    seconds: 12.4,
    ...more,
  };
}

/** ResNet-18 and 2,000 pictures, recorded; everything else is said as a difference from it. */
export function scenario(
  change: Partial<Omit<Scenario, 'session'>> & { session?: Partial<SessionState> } = {},
): Scenario {
  const model = change.model ?? resnet();
  const dataset = change.dataset === undefined ? pictures : change.dataset;
  const name = model.path.replace(/^\/models\//, '');
  const first =
    model.layers.find((layer) => layer.name === '/layer2/0/relu/Relu_output_0') ??
    model.layers.find(({ primary }) => primary);
  return {
    settings: { order: 'unit', descending: false, labels: [], top: 9, size: 56 },
    kept: {},
    failures: {},
    broken: [],
    live: null,
    otherRecording: 'done',
    scanned: dataset?.count ?? 0,
    ...change,
    model,
    dataset,
    session: {
      modelUri: `file:///models/${name}`,
      modelName: name,
      modelRevision: 1,
      model: { state: 'ready', value: null },
      trusted: true,
      dataset: dataset ? { state: 'ready', value: dataset.summary } : { state: 'none' },
      preprocess: {
        state: 'ready',
        value: {
          config: {
            do_resize: true,
            size: { shortest_edge: 256 },
            resample: 2,
            do_center_crop: true,
            crop_size: { height: 224, width: 224 },
            do_rescale: true,
            rescale_factor: 1 / 255,
            do_normalize: true,
            image_mean: [0.485, 0.456, 0.406],
            image_std: [0.229, 0.224, 0.225],
            channel_order: 'RGB',
          },
          source: 'guess',
          note: 'Nothing beside the model says how images become inputs: guessed from its input of 3 × 224 × 224.',
          inputSize: [224, 224],
        },
      },
      device: { choice: 'auto', inUse: { name: 'webgpu', workers: 1 } },
      scan: dataset ? { state: 'done', outcome: outcome(model, dataset.count) } : { state: 'idle' },
      engine: { state: 'running' },
      selectedLayer: first?.name ?? null,
      askedUnit: null,
      fileChange: null,
      other: null,
      resultsRevision: 1,
      studyRevision: 1,
      ...change.session,
    },
  };
}

export function failed(code: ErrorCode, message: string): { state: 'error'; code: ErrorCode; message: string } {
  return { state: 'error', code, message };
}
