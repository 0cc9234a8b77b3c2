import assert from 'node:assert/strict';
import 'vscode-jsonrpc/node';
import { connect } from '../../../src/rpc/connection';
import type { Method, NoMethods } from '../../../src/protocol/method';
import { cancelled, UnitscopeError } from '../../../src/protocol/errors';
import type { Connection, Transport } from '../../../src/rpc/transport';

interface Server {
  double: Method<{ values: Float32Array }, Float32Array>;
  count: Method<{ to: number }, string, number>;
  fail: Method<{ how: 'known' | 'unknown' }, null>;
  wait: Method<null, null>;
}

function pair(): [Transport, Transport] {
  const listeners: ((message: unknown) => void)[] = [];
  const end = (mine: number): Transport => ({
    send: (message) => setImmediate(() => listeners[1 - mine]?.(structuredClone(message))),
    listen: (receive) => void (listeners[mine] = receive),
  });
  return [end(0), end(1)];
}

describe('connect', () => {
  const faults: unknown[] = [];
  let client: Connection<Server>;
  let server: Connection<NoMethods>;
  let waiting = 0;

  beforeEach(() => {
    faults.length = 0;
    waiting = 0;
    const [a, b] = pair();
    client = connect<Server, NoMethods>(a, {}, (error) => faults.push(error));
    server = connect<NoMethods, Server>(
      b,
      {
        double: ({ values }) => values.map((value) => 2 * value),
        count: async ({ to }, { report }) => {
          for (let i = 1; i <= to; i++) report(i);
          return await Promise.resolve('done');
        },
        fail: ({ how }) => {
          if (how === 'known') throw new UnitscopeError('dataset.empty', 'No images in x.');
          throw new TypeError('a defect');
        },
        wait: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            waiting++;
            signal.addEventListener('abort', () => reject(cancelled()));
          }),
      },
      (error) => faults.push(error),
    );
  });

  it('carries typed arrays', async () => {
    assert.deepEqual(await client.call('double', { values: Float32Array.of(1, 2.5) }), Float32Array.of(2, 5));
  });

  it('reports progress in order', async () => {
    const seen: number[] = [];
    assert.equal(await client.call('count', { to: 3 }, { onProgress: (n) => seen.push(n) }), 'done');
    assert.deepEqual(seen, [1, 2, 3]);
  });

  it('keeps the code and the sentence of a known error, and logs the stack of an unknown one', async () => {
    await assert.rejects(client.call('fail', { how: 'known' }), { code: 'dataset.empty', message: 'No images in x.' });
    assert.equal(faults.length, 0);
    await assert.rejects(client.call('fail', { how: 'unknown' }), { code: 'internal', message: 'a defect' });
    assert.ok(faults[0] instanceof TypeError);
  });

  it('cancels', async () => {
    const abort = new AbortController();
    const call = client.call('wait', null, { signal: abort.signal });
    setTimeout(() => abort.abort(), 20);
    await assert.rejects(call, { code: 'cancelled' });
    assert.equal(waiting, 1);
    await assert.rejects(client.call('wait', null, { signal: abort.signal }), { code: 'cancelled' });
    assert.equal(waiting, 1);
  });

  it('cancels what has not been begun', async () => {
    const abort = new AbortController();
    const call = client.call('wait', null, { signal: abort.signal });
    abort.abort();
    await assert.rejects(call, { code: 'cancelled' });
    assert.equal(waiting, 0);
  });

  it('rejects all that is pending, and all that comes later, when it is closed', async () => {
    const call = client.call('wait', null);
    setTimeout(() => client.close('The engine stopped.'), 20);
    await assert.rejects(call, { code: 'engine.stopped', message: 'The engine stopped.' });
    await assert.rejects(client.call('wait', null), { code: 'engine.stopped' });
    server.close('bye');
  });
});
