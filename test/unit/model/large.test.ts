import * as assert from 'node:assert/strict';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RangedFile } from '../../../src/engine/io/rangedFile';
import { describeGraph } from '../../../src/engine/model/modelGraph';
import { readFrom } from '../../../src/engine/model/onnx';
import { openModel } from '../../../src/engine/model/summary';
import { externalWeights, manyNodes, weightsInside } from '../../fixtures/largeModels';
import { temporaryFolder } from './temporary';

/** Times and memory are figures of `npm run bench:model`; here it is what is read, which does not depend on the machine. */
describe('large models', function () {
  this.timeout(60_000);
  const file = temporaryFolder();
  const folder = (name: string): string => fs.mkdirSync(file(name), { recursive: true })!;

  it('of 500 MB in one file: the weights are skipped', () => {
    const model = weightsInside(folder('inside'));
    assert.ok(fs.statSync(model).size > 499e6);
    const source = RangedFile.open(model);
    try {
      assert.equal(readFrom(source, model).graph.initializers.size, 100);
      assert.ok(source.bytesRead < 400_000, `${source.bytesRead} bytes read`);
    } finally {
      source.close();
    }
    const { model: read, summary } = openModel(model);
    const { total } = describeGraph(read, summary).graph;
    assert.deepEqual([total.parameters, total.macs, total.unknown], [100 * 1118 ** 2, 100 * 1118 ** 2, 0]);
  });

  it('with 2 GB of external data: the graph alone is read', () => {
    const at = folder('external');
    const model = externalWeights(at);
    const weights = path.join(at, 'weights.bin');
    assert.ok(fs.statSync(weights).size > 1.97e9);
    const { model: read, summary } = openModel(model);
    const before = describeGraph(read, summary, { imageSize: [224, 224] }).graph.total;
    fs.rmSync(weights);
    const without = openModel(model);
    assert.deepEqual(without.summary.externalData, [{ file: 'weights.bin', size: null }]);
    assert.deepEqual(describeGraph(without.model, without.summary, { imageSize: [224, 224] }).graph.total, before);
    assert.equal(before.parameters, summary.parameters);
  });

  it('of many nodes are repeated blocks', () => {
    const { model, summary } = openModel(manyNodes(folder('many'), 250));
    const { nodes, scopes, total } = describeGraph(model, summary).graph;
    assert.equal(nodes.length, 2000);
    assert.equal(total.macs, 250 * (16 * 64 * 64 + 2 * 16 * 16 * 64));
    const blocks = scopes.filter(({ path: modules }) => modules.at(-1) === 'attention');
    assert.equal(blocks.length, 250);
    assert.equal(new Set(blocks.map(({ repeats }) => repeats)).size, 1);
    assert.notEqual(blocks[0]!.repeats, null);
  });
});
