import type { VNode } from 'preact';
import { UnitscopeError } from '../../src/protocol/errors';
import type { Handlers } from '../../src/protocol/method';
import type { ModelCompareHostContract, ModelCompareViewContract } from '../../src/protocol/modelCompareViews';
import { ModelComparePanel } from '../panels/modelCompare/panel';
import { ModelCompareView } from '../panels/modelCompare/view';
import { never, note, place } from './checkpointPages';
import { nodeDetail } from './fakeModelHost';
import type { Asked } from './fakeSession';
import { modelCompareStates, type ModelCompareScenario } from './modelCompareStates';

/** The page that compares two models with a fake extension behind it; undefined: there is no such state. */
export function modelComparePage(panel: string | null, state: string): VNode | undefined {
  const scenario = panel === 'modelCompare' ? (modelCompareStates as Record<string, () => ModelCompareScenario>)[state]?.() : undefined;
  return scenario && <ModelComparePanel view={new ModelCompareView(place<ModelCompareHostContract, never, ModelCompareViewContract>(scenario, (asked) => host(scenario, asked)))} />;
}

function host({ comparison, slow, refuses, details }: ModelCompareScenario, asked: Asked): Handlers<ModelCompareHostContract> {
  const names = ['resnet18.onnx', 'resnet18-finetuned.onnx'];
  return {
    ready: () => ({ names, uris: names.map((name) => `file:///models/${name}`) }),
    compare: (_, { signal, report }) => {
      asked.push(['compare', null]);
      if (refuses !== null) throw new UnitscopeError('model.unreadable', refuses);
      if (!slow) return comparison;
      report({ done: 31_000_000, total: 46_800_000 });
      return never(asked, 'compare', signal);
    },
    node: ({ file, node }, { signal }) => {
      asked.push(['node', { file, node }]);
      if (details === 'refused') throw new UnitscopeError('model.unreadable', `${names[file]!} does not exist or cannot be read: open it again.`);
      return details === 'slow' ? never(asked, 'node', signal) : nodeDetail(comparison.models[file], node);
    },
    open: note(asked, 'open'),
    swap: note(asked, 'swap'),
    'log.show': note(asked, 'log.show'),
  };
}
