import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { inspectFile } from '../../../src/cli/inspect';
import { workerSpawner } from '../../../src/workerProcess/spawn';
import { fixture, sample } from './fixtures';

describe('unitscope inspect of a checkpoint', () => {
  async function printed(file: string, json = false): Promise<string> {
    const lines: string[] = [];
    const { log } = console;
    console.log = (line: string) => lines.push(line);
    try {
      await inspectFile(file, json, workerSpawner(() => undefined, { script: resolve('dist/worker.js') }));
    } finally {
      console.log = log;
    }
    return lines.join('\n');
  }

  it('prints tensors, totals, warnings and what else is in it', async () => {
    const text = await printed(fixture('evil.pt'));
    assert.match(text, /PyTorch, 802 bytes\n1 tensors, 2 numbers, 8 bytes \(float32 2\)\nWARNING: Loading this file in Python would use posix\.system/);
    assert.match(text, /^weight {2}float32 {2}\[2\]/m);
    assert.match(text, /^hook: posix\.system/m);
    assert.match(await printed(fixture('views.pt')), /^steps .* view of storage 0, shared by 4$/m);
  });

  it('opens HDF5 files in a process of their own', async function () {
    this.timeout(30_000);
    assert.match(await printed(fixture('data.h5')), /^HDF5, [\d,]+ bytes$/m);
    assert.match(await printed(fixture('model.keras')), /^Keras/m);
  });

  it('prints the same as JSON, and models as before', async () => {
    const { format, tensors, totals } = JSON.parse(await printed(sample('checkpoints/midway.safetensors'), true)) as { format: string; tensors: { name: string; shape: number[] }[]; totals: { tensors: number } };
    assert.equal(format, 'safetensors');
    assert.equal(tensors.length, totals.tensors);
    assert.deepEqual(tensors.find(({ name }) => name === 'stem.conv.weight')!.shape, [24, 3, 7, 7]);
    assert.match(await printed(sample('scopenet.onnx')), /nodes, .* parameters/);
  });
});
