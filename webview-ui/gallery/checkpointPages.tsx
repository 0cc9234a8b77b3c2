import type { VNode } from 'preact';
import type { TensorSlice } from '../../src/protocol/checkpoint';
import type {
  CheckpointCompareHostContract,
  CheckpointCompareViewContract,
  CheckpointHostContract,
  CheckpointJoinHostContract,
  CheckpointJoinViewContract,
  CheckpointViewContract,
  SliceContract,
} from '../../src/protocol/checkpointViews';
import { UnitscopeError } from '../../src/protocol/errors';
import type { Contract, Handlers } from '../../src/protocol/method';
import { connect } from '../../src/rpc/connection';
import { CheckpointPanel } from '../panels/checkpoint/panel';
import { CheckpointView } from '../panels/checkpoint/view';
import { ComparePanel } from '../panels/checkpointCompare/panel';
import { CompareView } from '../panels/checkpointCompare/view';
import { JoinPanel } from '../panels/checkpointJoin/panel';
import { JoinView } from '../panels/checkpointJoin/view';
import type { Place } from '../shared/place';
import { checkpointCompareStates, checkpointJoinStates, checkpointStates, type CheckpointScenario } from './checkpointStates';
import { statisticsOf, weights } from './fixtures/checkpoints';
import type { Asked } from './fakeSession';
import { memoryTransports } from './memoryTransport';

/** A page about checkpoints with a fake extension behind it; undefined: there is no such page or state. */
export function checkpointPage(panel: string | null, state: string): VNode | undefined {
  const pick = (states: Record<string, () => CheckpointScenario>): CheckpointScenario | undefined => states[state]?.();
  if (panel === 'checkpoint') {
    const scenario = pick(checkpointStates);
    if (scenario) return <CheckpointPanel view={new CheckpointView(place<CheckpointHostContract, never, CheckpointViewContract>(scenario, (asked) => editorHost(scenario, asked)))} />;
  } else if (panel === 'checkpointCompare') {
    const scenario = pick(checkpointCompareStates);
    if (scenario) return <ComparePanel view={new CompareView(place<CheckpointCompareHostContract, never, CheckpointCompareViewContract>(scenario, (asked) => compareHost(scenario, asked)))} />;
  } else if (panel === 'checkpointJoin') {
    const scenario = pick(checkpointJoinStates);
    if (scenario) return <JoinPanel view={new JoinView(place<CheckpointJoinHostContract, never, CheckpointJoinViewContract>(scenario, (asked) => joinHost(scenario, asked)))} />;
  }
  return undefined;
}

/** Where a page runs in the gallery, with a fake extension behind it. */
export function place<Host extends Contract<Host>, State, View extends Contract<View>>(scenario: { kept: Record<string, unknown> }, fake: (asked: Asked) => Handlers<Host>): Place<Host, State, View> {
  const [ours, theirs] = memoryTransports();
  const asked: Asked = [];
  const storage = `unitscope ${location.search}`;
  const kept = (): unknown => JSON.parse(sessionStorage.getItem(storage) ?? JSON.stringify(scenario.kept));
  return {
    connect(handlers) {
      const fault = (error: unknown): void => console.error(error);
      const host = connect<View, Host>(theirs, fake(asked), fault);
      window.gallery = { asked, kept, select: () => undefined, tell: (method, params) => host.notify(method as never, params) };
      return connect<Host, View>(ours, handlers, fault);
    },
    readState: () => kept() as Partial<State>,
    writeState: (state) => sessionStorage.setItem(storage, JSON.stringify(state)),
  };
}

export function note(asked: Asked, method: string): (params: unknown) => null {
  return (params) => {
    asked.push([method, params]);
    return null;
  };
}

export function never(asked: Asked, method: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      asked.push([`${method} cancelled`, null]);
      reject(new UnitscopeError('cancelled', 'Cancelled.'));
    });
  });
}

function slices(scenario: CheckpointScenario): Handlers<SliceContract> {
  const shapes = new Map(scenario.steps.flatMap(({ names, shapes: of }) => names.map((name, at) => [name, of[at]!] as const)));
  const { tensors } = scenario.summary;
  let first = 0;
  tensors.names.forEach((name, at) => {
    const shape = Array.from(tensors.dims.subarray(first, (first += tensors.ranks[at]!)));
    if (!shapes.has(name)) shapes.set(name, shape);
  });
  return {
    slice: ({ tensor, what, file }): TensorSlice => {
      const shape = shapes.get(tensor) ?? [];
      const cut = what.kind === 'filters' ? [Math.min(64, shape[0]!), Math.min(16, shape[1]!), shape[2]!, shape[3]!] : shape.length < 2 ? [1, shape[0] ?? 1] : [Math.min(256, shape[what.rows]!), Math.min(256, shape[what.columns]!)];
      const values = weights(`${tensor} ${file}`, cut.reduce((product, length) => product * length, 1));
      if (scenario.odd > 0) for (let i = 0; i < scenario.odd; i++) values[37 * (i + 3)] = i % 3 === 0 ? Infinity : NaN;
      return { shape: cut, values, range: [-0.18, 0.19] };
    },
  };
}

function editorHost(scenario: CheckpointScenario, asked: Asked): Handlers<CheckpointHostContract> {
  const { summary, state, slow, refuses, odd } = scenario;
  return {
    ...slices(scenario),
    ready: () => state,
    summary: () => summary,
    tree: ({ at, from, count }) => {
      asked.push(['tree', { at, from, count }]);
      const children = Array.from({ length: Math.min(count, 122 - from) }, (_, i) => ({ key: `${at.join('.')}.${from + i}`, kind: 'tensor', text: 'float32 [64]' }));
      return { children, size: 122 };
    },
    statistics: ({ tensor }, { signal }) => {
      asked.push(['statistics', { tensor }]);
      if (refuses !== null) throw new UnitscopeError('reference.unreadable', refuses);
      return slow ? never(asked, 'statistics', signal) : statisticsOf(tensor, 9408, odd);
    },
    'tensor.select': note(asked, 'tensor.select'),
    'tensor.export': note(asked, 'tensor.export'),
    'tensor.copyName': note(asked, 'tensor.copyName'),
    'tensor.copyPython': note(asked, 'tensor.copyPython'),
    compare: note(asked, 'compare'),
    visualize: note(asked, 'visualize'),
    reload: note(asked, 'reload'),
    'engine.restart': note(asked, 'engine.restart'),
    'log.show': note(asked, 'log.show'),
  };
}

function compareHost(scenario: CheckpointScenario, asked: Asked): Handlers<CheckpointCompareHostContract> {
  const { names, steps, slow, refuses } = scenario;
  return {
    ...slices(scenario),
    ready: () => ({ names, uris: names.map((name) => `file:///models/${name}`) }),
    compare: (_, { signal, report }) => {
      asked.push(['compare', null]);
      if (refuses !== null) throw new UnitscopeError('reference.unreadable', refuses);
      report({ done: 30, total: 100, step: 1, steps: steps.length });
      return slow ? never(asked, 'compare', signal) : steps;
    },
    units: ({ name }) => steps.map((_, step) => weights(`${name} ${step}`, 128)).map((values) => Float64Array.from(values, Math.abs)),
    open: note(asked, 'open'),
    swap: note(asked, 'swap'),
    'log.show': note(asked, 'log.show'),
  };
}

function joinHost({ plan, refuses, summary, state, slow }: CheckpointScenario, asked: Asked): Handlers<CheckpointJoinHostContract> {
  return {
    ready: () => ({ checkpoint: state.uri, model: 'file:///models/resnet18.onnx', names: { checkpoint: summary.path.replace(/^.*\//, ''), model: 'resnet18.onnx' } }),
    plan: () => {
      if (!plan) throw new UnitscopeError('model.unreadable', refuses ?? '');
      return plan;
    },
    'model.choose': note(asked, 'model.choose'),
    'original.choose': note(asked, 'original.choose'),
    'original.leave': note(asked, 'original.leave'),
    open: (_, { signal }) => (slow ? never(asked, 'open', signal) : note(asked, 'open')(null)),
    'log.show': note(asked, 'log.show'),
  };
}
