import assert from 'node:assert/strict';
import { inTurn } from '../../src/commands/inTurn';
import { byNearness, globsOf, withoutShards } from '../../src/commands/nearOrder';
import { trainingOrder, wholeTop } from '../../src/commands/trainingOrder';
import { withCheckpoint } from '../../src/engine/checkpoint/open';
import { summarize } from '../../src/engine/checkpoint/summary';
import { jsonItem, treeOf, treePage } from '../../src/engine/checkpoint/tree';
import type { TreeNode } from '../../src/protocol/checkpoint';
import manifest from '../../package.json';

const files = (...paths: string[]): { path: string }[] => paths.map((path) => ({ path }));
const pathsOf = (all: readonly { path: string }[]): string[] => all.map(({ path }) => path);

describe('picking a file near another', () => {
  it('has files of the same folder first, of these such that end alike, and numbers in the order of a run', () => {
    const found = files('/w/other/a.pt', '/w/run/step10.pt', '/w/run/best.pt', '/w/run/weights.bin', '/w/run/step9.pt', '/w/run/final.safetensors', '/w/run/eval/step1.pt', '/elsewhere/x.pt');
    assert.deepEqual(pathsOf(byNearness(found, { path: '/w/run/step1.pt' })), [
      '/w/run/eval/step1.pt',
      '/w/run/step9.pt',
      '/w/run/step10.pt',
      '/w/run/best.pt',
      '/w/run/final.safetensors',
      '/w/run/weights.bin',
      '/w/other/a.pt',
      '/elsewhere/x.pt',
    ]);
    assert.deepEqual(byNearness([], { path: '' }), []);
  });

  it('names a checkpoint in several files once, by its index', () => {
    const parts = files('/w/a/model-00001-of-00002.safetensors', '/w/a/model-00002-of-00002.safetensors', '/w/b/model-00001-of-00002.safetensors', '/w/a/model.safetensors.index.json');
    assert.deepEqual(pathsOf(withoutShards(parts)), ['/w/b/model-00001-of-00002.safetensors', '/w/a/model.safetensors.index.json']);
    const others = files('/w/a/model-00001-of-00002.safetensors', '/w/a/ema-00001-of-00002.safetensors', '/w/a/model-00001-of-00002.bin', '/w/a/model.safetensors.index.json');
    assert.deepEqual(pathsOf(withoutShards(others)), ['/w/a/ema-00001-of-00002.safetensors', '/w/a/model-00001-of-00002.bin', '/w/a/model.safetensors.index.json']);
  });

  it('searches for endings in any case, and apart for those that say little', () => {
    assert.deepEqual(globsOf(['onnx']), ['**/*.{[oO][nN][nN][xX]}']);
    assert.deepEqual(globsOf(['pt', 'h5', 'bin', 'bin.index.json']), ['**/*.{[pP][tT],[bB][iI][nN].[iI][nN][dD][eE][xX].[jJ][sS][oO][nN]}', '**/*.{[hH]5,[bB][iI][nN]}']);
  });
});

describe('the order of checkpoints of a run', () => {
  const order = async (...names: string[]): Promise<number[] | null> =>
    trainingOrder(await Promise.all(names.map((name) => withCheckpoint(`samples/scopenet/checkpoints/${name}`, (checkpoint) => summarize(checkpoint).tree))));
  const holding = (entries: Record<string, string>): TreeNode => ({ key: '', kind: 'dict', text: '', children: Object.entries(entries).map(([key, text]) => ({ key, kind: 'number', text })) });

  it('is that of the epochs that they hold, whatever they are called', async () => {
    assert.deepEqual(await order('final.pt', 'init.pt', 'midway.pt'), [1, 2, 0]);
    assert.deepEqual(await order('final.safetensors', 'init.pt', 'midway.safetensors'), [1, 2, 0]);
  });

  it('is found behind as many tensors as there may be', async () => {
    const flat = (step: number, tensors: number) => jsonItem(new Map<string, unknown>([...Array.from({ length: tensors }, (_, at): [string, unknown] => [`layer${at}.weight`, { shape: [1] }]), ['step', step]]));
    for (const tensors of [160, 2500]) {
      const runs = [flat(200, tensors), flat(100, tensors)];
      assert.equal(trainingOrder(runs.map((root) => treeOf(root))), null);
      const tops = await Promise.all(runs.map((root) => wholeTop(treeOf(root), (from, count) => Promise.resolve(treePage(root, [], from, count)!))));
      assert.equal(tops[0]!.children!.length, tensors + 1);
      assert.deepEqual(trainingOrder(tops), [1, 0]);
    }
  });

  it('is by the finest counter that tells all apart, and not known otherwise', () => {
    assert.deepEqual(trainingOrder([holding({ epoch: '1', step: '200' }), holding({ epoch: '1', step: '100' })]), [1, 0]);
    assert.equal(trainingOrder([holding({ epoch: '1' }), holding({ epoch: '1' })]), null);
    assert.equal(trainingOrder([holding({ epoch: '1' }), holding({})]), null);
  });
});

describe('reading several files', () => {
  it('takes a few at a time, in order, and tells how many are done', async () => {
    let [now, most] = [0, 0];
    const done: number[] = [];
    const work = async (one: number): Promise<number> => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, one % 3));
      now--;
      return 10 * one;
    };
    assert.deepEqual(await inTurn([5, 4, 3, 2, 1], work, new AbortController().signal, (progress) => done.push(progress.done), 2), [50, 40, 30, 20, 10]);
    assert.equal(most, 2);
    assert.deepEqual(done, [1, 2, 3, 4, 5]);
  });

  it('begins nothing more once it is cancelled', async () => {
    const abort = new AbortController();
    const begun: number[] = [];
    const work = (one: number): Promise<void> => {
      begun.push(one);
      if (one === 2) abort.abort();
      return Promise.resolve();
    };
    await inTurn([1, 2, 3, 4], work, abort.signal, () => undefined, 1);
    assert.deepEqual(begun, [1, 2]);
  });
});

describe('commands in titles', () => {
  const icons = new Map(manifest.contributes.commands.map(({ command, ...rest }) => [command, 'icon' in rest ? rest.icon : undefined]));

  it('have icons that can be told apart, in every editor and view', () => {
    for (const menu of ['editor/title', 'view/title'] as const) {
      const places = new Map<string, string[]>();
      for (const { command, when, group } of manifest.contributes.menus[menu]) {
        if (!group.startsWith('navigation')) continue;
        const icon = icons.get(command);
        assert.ok(icon, `${command} has no icon`);
        const place = when.replace(/ && !?unitscope\.\w+/g, '');
        places.set(place, [...(places.get(place) ?? []), icon]);
      }
      for (const [place, shown] of places) assert.equal(new Set(shown).size, shown.length, `${place}: ${shown.join(' ')}`);
    }
  });

  it('have the same icon for the same thing everywhere', () => {
    const same = [['compareModels', 'compareCheckpoints', 'compareCheckpointWith'], ['computeRdm', 'showRdms'], ['visualizeLayer', 'showPatches'], ['findSimilarImages', 'showRetrieval', 'findSimilarToFile']];
    for (const commands of same) assert.equal(new Set(commands.map((command) => icons.get(`unitscope.${command}`))).size, 1, commands.join(', '));
  });
});
