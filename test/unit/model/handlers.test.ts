import assert from 'node:assert/strict';
import { temporaryFolder } from '../../fixtures/imageFolder';
import { smallNet } from '../../fixtures/smallNet';
import { testEngine } from '../../fixtures/testEngine';

describe('what the engine says of a model', () => {
  const at = temporaryFolder();

  it('is its graph and its nodes, at the sizes of inputs that are asked for', async () => {
    const path = smallNet().write(at('net.onnx'));
    const context = { signal: new AbortController().signal, report: () => undefined };
    const engine = testEngine(at('cache'));
    try {
      const macs = async (inputs?: Record<string, number[]>): Promise<number[]> =>
        (await engine.handlers['model.graph']({ path, inputs }, context)).nodes.slice(0, 2).map(({ cost }) => cost.macs);
      const conv = 8 * 3 * 7 * 7;
      assert.deepEqual(await macs(), [24 * 24 * conv, 0]);
      const image = [2, 3, 10, 10];
      assert.deepEqual(await macs({ image }), [2 * 10 * 10 * conv, 0]);
      const node = await engine.handlers['model.node']({ path, node: 1 }, context);
      assert.equal(node.documentation?.op, 'Relu');
      assert.deepEqual(await engine.handlers['model.node']({ path, inputs: { image }, node: 1 }, context), node);
    } finally {
      engine.dispose();
    }
  });
});
