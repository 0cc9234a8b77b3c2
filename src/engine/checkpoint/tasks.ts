import type { TensorPlace, TreePage, TreeRequest } from '../../protocol/checkpoint';
import { UnitscopeError } from '../../protocol/errors';
import type { Handlers } from '../../protocol/method';
import type { Checkpoint } from './checkpoint';
import { compareCheckpoints, comparePairs } from './compare';
import type { CheckpointTasks } from './contract';
import { exportTensor } from './exportTensor';
import { KeptCheckpoints } from './kept';
import { joinPlan, reweigh } from './reweigh';
import { sampleTensors } from './samples';
import { tensorSlice } from './slice';
import { tensorStatistics } from './statistics';
import { summarize } from './summary';
import type { CheckpointTensor } from './tensor';
import { treePage } from './tree';

const kept = new KeptCheckpoints(4);

/** What a worker process answers about checkpoints. */
export const checkpointTasks: Handlers<CheckpointTasks> = {
  'checkpoint.open': ({ path }) => kept.use(path, summarize),
  'checkpoint.tree': (request) => pageOf(kept, request),
  'checkpoint.join': ({ checkpoint, model, original }) => joinPlan(model, checkpoint, original),
  'checkpoint.reweigh': ({ checkpoint, model, cache, original }) => reweigh(model, checkpoint, cache, original),
  'checkpoint.statistics': (place, { signal, report }) =>
    withTensor(place, (tensor) => tensorStatistics(tensor, signal, (done, total) => report({ done, total }))),
  'checkpoint.slice': ({ path, tensor, what }) => kept.use(path, (checkpoint) => tensorSlice(findTensor(checkpoint, tensor), what, (name) => findTensor(checkpoint, name))),
  'checkpoint.export': ({ file, ...place }, { signal }) => withTensor(place, (tensor) => exportTensor(tensor, file, signal)),
  'checkpoint.samples': ({ path }, { signal }) => kept.use(path, (checkpoint) => sampleTensors(checkpoint, signal)),
  'checkpoint.pairs': ({ before, after, pairs }, { signal, report }) =>
    kept.use(before, (one) => kept.use(after, (other) => comparePairs(pairs.map(([a, b]) => [findTensor(one, a), findTensor(other, b)]), signal, report))),
  'checkpoint.step': ({ before, after }, { signal, report }) =>
    kept.use(before, (one) => kept.use(after, (other) => compareCheckpoints(one, other, signal, report))),
};

/** Part of a checkpoint's tree. Throws `usage` where it no longer has that entry. */
export function pageOf(checkpoints: KeptCheckpoints, { path, at, from, count }: TreeRequest): Promise<TreePage> {
  return checkpoints.use(path, ({ tree }) => {
    const page = treePage(tree, at, from, count);
    if (!page) throw new UnitscopeError('usage', `${path} has changed, and no longer has this entry; open it again.`);
    return page;
  });
}

function withTensor<T>({ path, tensor: name }: TensorPlace, use: (tensor: CheckpointTensor) => T | Promise<T>): Promise<T> {
  return kept.use(path, (checkpoint) => use(findTensor(checkpoint, name)));
}

function findTensor({ path, tensors }: Checkpoint, name: string): CheckpointTensor {
  const tensor = tensors.find((one) => one.name === name);
  if (!tensor) throw new UnitscopeError('usage', `${path} has no tensor ${name}; choose one of those it has.`);
  return tensor;
}
