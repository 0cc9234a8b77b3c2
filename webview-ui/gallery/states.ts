import type { Layer } from '../../src/protocol/model';
import { checkpointCompareStates, checkpointJoinStates, checkpointStates } from './checkpointStates';
import { Dataset } from './fixtures/dataset';
import { huge, longNames, noLayers, resnet, small, undrivable, wide } from './fixtures/models';
import { graphStates } from './graphStates';
import { modelCompareStates } from './modelCompareStates';
import { rdmStates } from './rdmStates';
import { retrievalStates } from './retrievalStates';
import { weightStates } from './weightStates';
import { failed, outcome, pictures, progress, scenario, shapes, type Scenario } from './scenario';

const model = resnet();
const byEnd = (end: string): Layer => model.layers.find(({ name }) => name.endsWith(end))!;
const failedLayer = byEnd('layer4/1/relu_1/Relu_output_0').name;
const nan =
  'Its activation is not a number for n01440764_tench/n01440764_10026.JPEG; the model may overflow in float16.';
const stopped = {
  state: 'stopped',
  message: 'It ran out of memory while recording. Fewer worker processes need less.',
} as const;

/** States of the model editor. */
export const modelStates = {
  typical: () => scenario(),
  loading: () => scenario({ session: { model: { state: 'loading' } } }),
  'no-dataset': () => scenario({ dataset: null, session: { device: { choice: 'auto', inUse: null } } }),
  idle: () => scenario({ scanned: 0, session: { scan: { state: 'idle' }, device: { choice: 'auto', inUse: null } } }),
  scanning: () => scenario({ scanned: progress.done, session: { scan: { state: 'running', progress } } }),
  cancelled: () => scenario({ scanned: progress.done, session: { scan: { state: 'cancelled', progress } } }),
  'scan-failed': () =>
    scenario({
      scanned: 0,
      session: {
        scan: {
          ...failed(
            'model.failed',
            'ONNX Runtime refuses the model: the node /layer1/0/add/Add has inputs of 56 × 56 and 55 × 55.',
          ),
          state: 'failed',
        },
      },
    }),
  skipped: () =>
    scenario({
      failures: { [failedLayer]: nan },
      session: {
        scan: {
          state: 'done',
          outcome: outcome(model, 1997, {
            skipped: [1, 2, 3].map((index) => ({
              index,
              path: pictures.stimulus(index).path,
              reason: 'It is no image.',
            })),
            failedLayers: [{ layer: failedLayer, message: nan }],
          }),
        },
        device: {
          choice: 'cuda',
          inUse: {
            name: 'cpu',
            workers: 8,
            fallback: 'CUDA is not installed: libcudnn.so.9 was not found. The CPU is used.',
          },
        },
      },
    }),
  corrupt: () =>
    scenario({
      session: {
        model: failed(
          'model.unreadable',
          'resnet18.onnx ends in the middle of a tensor, after 12,582,912 of 46,758,912 bytes. Copy it again.',
        ),
      },
    }),
  undrivable: () => scenario({ model: undrivable(), dataset: null }),
  restricted: () => scenario({ scanned: 0, session: { trusted: false, scan: { state: 'idle' } } }),
  stopped: () =>
    scenario({
      session: {
        engine: stopped,
        scan: { ...failed('engine.stopped', 'The recording ended with the engine.'), state: 'failed' },
      },
    }),
  'no-layers': () => scenario({ model: noLayers() }),
  small: () => scenario({ model: small(), dataset: shapes }),
  huge: () => scenario({ model: huge() }),
  'long-names': () =>
    scenario({
      model: longNames(),
      dataset: new Dataset('a_data_set_whose_folder_has_a_name_that_goes_on/and_on_and_on', 2000, 200),
    }),
  live: () => scenario({ dataset: shapes, scanned: 0, live: 60, session: { scan: { state: 'idle' } } }),
} satisfies Record<string, () => Scenario>;

const deep = byEnd('layer3/0/relu_1/Relu_output_0').name;

/** A unit beside itself in a checkpoint of the run. */
const compared = (change: Parameters<typeof scenario>[0] = {}): Scenario =>
  scenario({
    kept: { unit: 3 },
    ...change,
    session: {
      selectedLayer: byEnd('layer2/1/relu_1/Relu_output_0').name,
      other: { uri: 'file:///cache/reweighed/1/resnet18 with epoch37.ckpt.onnx', own: 'resnet18.onnx', name: 'epoch37.ckpt' },
      ...change.session,
    },
  });

/** States of the patches panel. */
export const patchesStates = {
  typical: () => scenario({ session: { selectedLayer: byEnd('layer2/0/relu_1/Relu_output_0').name } }),
  early: () => scenario({ session: { selectedLayer: byEnd('/relu/Relu_output_0').name } }),
  selectivity: () =>
    scenario({
      settings: { order: 'selectivity', descending: true, labels: [], top: 9, size: 72 },
      session: { selectedLayer: deep },
    }),
  detail: () =>
    scenario({ kept: { unit: 3 }, session: { selectedLayer: byEnd('layer2/1/relu_1/Relu_output_0').name } }),
  comparison: () => compared(),
  'comparison-recording': () => compared({ otherRecording: 'never' }),
  'comparison-refused': () => compared({ otherRecording: { refuses: '/runs/resnet34.onnx has no layer /layer2/1/relu_1/Relu_output_0; choose a model of the same architecture.' } }),
  'comparison-waiting': () => compared({ session: { scan: { state: 'running', progress } } }),
  'comparison-long': () => compared({ session: { other: { uri: 'file:///x.onnx', own: 'resnet18.onnx', name: 'a_checkpoint_of_a_run_with_a_very_long_name_that_says_it_all_epoch_000117_loss_0.0213.safetensors' } } }),
  dense: () => scenario({ kept: { unit: 2 }, session: { selectedLayer: byEnd('fc/Gemm_output_0').name } }),
  loading: () => scenario({ session: { model: { state: 'loading' } } }),
  'no-dataset': () => scenario({ dataset: null }),
  'empty-dataset': () =>
    scenario({ dataset: new Dataset('holiday', 0, 1), scanned: 0, session: { scan: { state: 'idle' } } }),
  idle: () => scenario({ scanned: 0, session: { scan: { state: 'idle' } } }),
  preparing: () =>
    scenario({
      scanned: 0,
      session: {
        scan: {
          state: 'running',
          progress: { ...progress, phase: 'preparing', done: 0, imagesPerSecond: null, secondsLeft: null },
        },
      },
    }),
  scanning: () => scenario({ scanned: progress.done, session: { scan: { state: 'running', progress } } }),
  cancelled: () =>
    scenario({ scanned: 640, session: { scan: { state: 'cancelled', progress: { ...progress, done: 640 } } } }),
  'failed-layer': () => scenario({ failures: { [failedLayer]: nan }, session: { selectedLayer: failedLayer } }),
  restricted: () => scenario({ scanned: 0, session: { trusted: false, scan: { state: 'idle' } } }),
  stopped: () => scenario({ session: { engine: stopped } }),
  filtered: () =>
    scenario({ settings: { order: 'unit', descending: false, labels: pictures.labels.slice(0, 3), top: 9, size: 56 } }),
  'empty-filter': () =>
    scenario({
      scanned: 20,
      settings: { order: 'unit', descending: false, labels: [pictures.labels[120]!], top: 9, size: 56 },
    }),
  broken: () => scenario({ broken: [1, 4], session: { selectedLayer: byEnd('layer2/0/relu_1/Relu_output_0').name } }),
  wide: () =>
    scenario({
      model: wide(),
      session: { selectedLayer: wide().layers.findLast(({ name }) => name.includes('layer3'))!.name },
    }),
  'long-names': () => scenario({ model: longNames() }),
  live: () => scenario({ dataset: shapes, scanned: 0, live: 60, session: { scan: { state: 'idle' } } }),
} satisfies Record<string, () => Scenario>;

export const panels = { model: { ...modelStates, ...graphStates, ...weightStates }, patches: patchesStates, rdm: rdmStates, retrieval: retrievalStates, checkpoint: checkpointStates, checkpointCompare: checkpointCompareStates, checkpointJoin: checkpointJoinStates, modelCompare: modelCompareStates };
