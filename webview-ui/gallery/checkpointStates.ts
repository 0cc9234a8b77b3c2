import type { CheckpointSummary, JoinPlan } from '../../src/protocol/checkpoint';
import type { CheckpointState, ShownStep } from '../../src/protocol/checkpointViews';
import { checkpointSummary, finetuned, manyTensors, resnetTensors, trainingTree } from './fixtures/checkpoints';
import { failed } from './scenario';

/** One state of a page about checkpoints. */
export interface CheckpointScenario {
  summary: CheckpointSummary;
  state: CheckpointState;
  kept: Record<string, unknown>;
  /** NaN elements of every tensor. */
  odd: number;
  /** Statistics and comparisons never come, or end with this sentence. */
  slow: boolean;
  refuses: string | null;
  steps: ShownStep[];
  names: string[];
  plan: JoinPlan | null;
}

function one(change: Omit<Partial<CheckpointScenario>, 'state'> & { state?: Partial<CheckpointState> } = {}): CheckpointScenario {
  const summary = change.summary ?? checkpointSummary(resnetTensors());
  const name = summary.path.replace(/^.*\//, '');
  return {
    kept: {},
    odd: 0,
    slow: false,
    refuses: null,
    steps: [],
    names: [],
    plan: null,
    ...change,
    summary,
    state: { uri: `file://${summary.path}`, name, revision: 1, file: { state: 'ready', value: null }, engine: { state: 'running' }, ...change.state },
  };
}

const code = {
  kind: 'code' as const,
  text: 'Loading this file in Python would use posix.system, builtins.eval and 3 more, which could run code. Unitscope has not run it.',
  globals: ['posix.system', 'builtins.eval', '__main__.Net', 'collections.OrderedDict', 'torch._utils._rebuild_tensor_v2'],
};
const long = 'encoder.a_module_with_a_name_that_goes_on_and_on.and_another_inside_of_it.yet_another_projection_of_the_attention.weight';
const views = (): CheckpointSummary => {
  const made = checkpointSummary([['embed.weight', [32_000, 512], 'float16'], ['head.weight', [32_000, 512], 'float16'], [long, [768, 768]], ['sparse.weight', [0], 'sparse']]);
  const view = { strides: [512, 1], offset: 0, storage: '0', storageBytes: 32_768_000, sharedBy: 2 };
  made.tensors.views.push([0, view], [1, view]);
  made.tensors.problems.push([3, 'sparse tensors are not read']);
  return made;
};

/** States of the editor of checkpoints. */
export const checkpointStates = {
  typical: () => one(),
  selected: () => one({ kept: { selected: 'conv1.weight' } }),
  gone: () => one({ kept: { selected: 'layer9.conv1.weight' } }),
  deep: () => one({ kept: { selected: 'layer2.0.conv1.weight' } }),
  odd: () => one({ kept: { selected: 'fc.weight' }, odd: 12 }),
  reading: () => one({ kept: { selected: 'conv1.weight' }, slow: true }),
  refused: () => one({ kept: { selected: 'conv1.weight' }, refuses: 'resnet18.pth ends in the middle of conv1.weight; copy or download it again.' }),
  contents: () => one({ summary: checkpointSummary(resnetTensors('state_dict.'), { tree: trainingTree, path: '/runs/epoch37.ckpt' }), kept: { tab: 'contents' } }),
  dangerous: () => one({ summary: checkpointSummary(resnetTensors(), { warnings: [code] }) }),
  views: () => one({ summary: views(), kept: { selected: 'head.weight' } }),
  'long-names': () => one({ summary: views(), kept: { selected: long } }),
  huge: () => one({ summary: checkpointSummary(manyTensors(50_000), { path: '/models/model.safetensors.index.json', format: 'safetensors in 48 files' }) }),
  empty: () => one({ summary: checkpointSummary([]) }),
  loading: () => one({ state: { file: { state: 'loading' }, revision: 0 } }),
  broken: () => one({ state: { file: failed('reference.unreadable', 'resnet18.pth is damaged: its directory lies behind its end; copy or download it again.') } }),
  stopped: () => one({ state: { engine: { state: 'stopped', message: 'The Unitscope engine stopped unexpectedly (code 1). Restart it to go on; all results so far are kept.' } } }),
} satisfies Record<string, () => CheckpointScenario>;

const two = (change: Parameters<typeof one>[0] = {}): CheckpointScenario => one({ names: ['resnet18.pth', 'finetuned.pth'], steps: [finetuned(resnetTensors(), 30, 0.08)], ...change });

/** States of the comparison. */
export const checkpointCompareStates = {
  typical: () => two(),
  selected: () => two({ kept: { selected: 'layer2.0.conv1.weight', order: 'relative' } }),
  filters: () => two({ steps: [finetuned(resnetTensors(), 0, 0.08)], kept: { selected: 'conv1.weight' } }),
  series: () =>
    two({
      names: ['epoch10.ckpt', 'epoch20.ckpt', 'epoch30.ckpt', 'epoch40.ckpt'],
      steps: [0.4, 0.1, 0.02].map((scale) => finetuned(resnetTensors(), 6, scale)),
      kept: { selected: 'layer3.0.conv1.weight', step: 1 },
    }),
  running: () => two({ slow: true }),
  refused: () => two({ refuses: 'finetuned.pth is empty; copy or download it again.' }),
} satisfies Record<string, () => CheckpointScenario>;

const names = resnetTensors().filter(([name]) => !name.includes('num_batches'));
const planned = (unmatched: JoinPlan['unmatched']): JoinPlan => ({
  matched: names.slice(0, 40).map(([initializer, shape], at) => ({
    initializer: at % 5 === 0 ? `onnx::Conv_${193 + at}` : initializer,
    shape,
    tensors: at % 5 === 0 ? [initializer, initializer.replace('conv', 'bn')] : [initializer],
    how: at % 5 === 0 ? 'folded' : 'name',
    note: 'the BatchNorm that follows was folded into the convolution',
    ...(at % 5 === 0 && { eps: 1e-5 }),
  })),
  unmatched,
  unused: resnetTensors().filter(([name]) => name.includes('num_batches')).map(([name]) => name),
  prefix: 'module.',
});

/** States of the plan for a graph. */
export const checkpointJoinStates = {
  complete: () => one({ plan: planned([]) }),
  opening: () => one({ plan: planned([]), slow: true }),
  incomplete: () => one({ plan: planned([{ initializer: 'fc.weight', shape: [10, 512], why: 'fc.weight is 1000 × 512 in the checkpoint' }]) }),
  refused: () => one({ refuses: 'resnet18.onnx is no ONNX model; choose another file.' }),
} satisfies Record<string, () => CheckpointScenario>;
