import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { elementType } from '../../../src/engine/checkpoint/elements';
import { openCheckpoint, withCheckpoint } from '../../../src/engine/checkpoint/open';
import { summarize, tensorRows } from '../../../src/engine/checkpoint/summary';
import { readBigInts, readFloat32 } from '../../../src/engine/checkpoint/tensor';
import { treePage } from '../../../src/engine/checkpoint/tree';
import { refuses, temporaryFolder } from '../dataset/fixtures';
import { expected, fixture, sample, tensorOf, valuesOf } from './fixtures';

describe('Checkpoints are read as their writers wrote them', () => {
  for (const { file, writer, format, tensors, code = [], subset } of expected) {
    it(`${file} (${writer})`, async () => {
      await withCheckpoint(fixture(file), (checkpoint) => {
        if (format !== undefined) assert.equal(checkpoint.format, format);
        if (!subset) assert.deepEqual(new Set(checkpoint.tensors.map(({ name }) => name)), new Set(tensors.map(({ name }) => name)));
        for (const { name, shape, dtype, sum, ordered } of tensors) {
          const tensor = tensorOf(checkpoint, name);
          assert.deepEqual(tensor.shape, shape, name);
          assert.equal(tensor.dtype, dtype, name);
          if (tensor.problem !== null) {
            assert.match(tensor.problem, /only Q8_0 and Q4_0 are read/, name);
            continue;
          }
          const values = valuesOf(tensor);
          const close = (a: number, b: number) => assert.ok(Math.abs(a - b) <= 1e-9 * Math.max(1, ...values.map(Math.abs)) * Math.max(1, values.length), `${name}: ${a} for ${b}`);
          close(values.reduce((all, value) => all + value, 0), sum);
          close(values.reduce((all, value, i) => all + value * Math.cos(i), 0), ordered);
        }
        const warned = checkpoint.warnings.flatMap(({ globals = [] }) => globals);
        assert.deepEqual(warned, code);
      });
    });
  }

  it('8-bit floats, every pattern, as ml_dtypes has them', async () => {
    const values = JSON.parse(readFileSync(fixture('float8.json'), 'utf8')) as Record<string, string[]>;
    for (const [name, texts] of Object.entries(values))
      assert.deepEqual(Array.from(elementType(name).decode(Uint8Array.from({ length: 256 }, (_, i) => i).buffer)), texts.map((text) => Number(text.replace('inf', 'Infinity').replace('nan', 'NaN'))), name);
    await withCheckpoint(fixture('float8.safetensors'), (checkpoint) => {
      assert.equal(tensorOf(checkpoint, 'e5m2').dtype, 'float8e5m2');
      assert.deepEqual(valuesOf(tensorOf(checkpoint, 'e4m3')), values.float8e4m3fn!.map((text) => Number(text.replace('nan', 'NaN'))));
    });
  });

  it('64-bit integers exactly', async () => {
    for (const file of ['types.pt', 'types.safetensors'])
      await withCheckpoint(fixture(file), (checkpoint) => assert.deepEqual([...readBigInts(tensorOf(checkpoint, 'int64'))], [-(2n ** 62n), 2n ** 53n + 1n, -1n, 0n, 7n]));
  });

  it('the sample checkpoints: .pt and .safetensors hold the same', async () => {
    for (const name of ['init', 'midway', 'final'])
      await withCheckpoint(sample(`checkpoints/${name}.pt`), (pickle) =>
        withCheckpoint(sample(`checkpoints/${name}.safetensors`), (flat) => {
          for (const tensor of flat.tensors) assert.deepEqual(readFloat32(tensorOf(pickle, `model_state.${tensor.name}`)), readFloat32(tensor), tensor.name);
        }),
      );
  });

  it('says which tensors are views, and of what', async () => {
    for (const file of ['views.pt', 'views-legacy.pt'])
      await withCheckpoint(fixture(file), (checkpoint) => {
        assert.equal(tensorOf(checkpoint, 'scalar').view, null);
        const { strides, offset, storageBytes, sharedBy } = tensorOf(checkpoint, 'steps').view!;
        assert.deepEqual({ strides, offset, storageBytes, sharedBy }, { strides: [12, 2], offset: 1, storageBytes: 96, sharedBy: 4 });
        assert.deepEqual(tensorOf(checkpoint, 'expanded').view!.strides, [0, 0]);
        assert.equal(tensorOf(checkpoint, 'expanded').bytes, 48);
      });
  });

  it('reads any stretch of a view as the whole has it', async () => {
    await withCheckpoint(fixture('views.pt'), ({ tensors }) => {
      for (const tensor of tensors) {
        const whole = Buffer.from(tensor.read(0, tensor.count));
        for (let first = 0; first <= tensor.count; first++)
          for (let count = 0; first + count <= tensor.count; count += 5)
            assert.deepEqual(Buffer.from(tensor.read(first, count)), whole.subarray(first * 4, (first + count) * 4), `${tensor.name} ${first} ${count}`);
      }
    });
  });

  it('what is no tensor is a tree of plain data', async () => {
    const { tree, tensors, totals } = await withCheckpoint(fixture('training.ckpt'), summarize);
    const at = (...keys: string[]) => keys.reduce((node, key) => node.children!.find((child) => child.key === key)!, tree);
    assert.equal(at('epoch').text, '12');
    assert.equal(at('model_state').kind, 'tensors');
    assert.equal(at('best').text, '0.75');
    assert.equal(at('name').text, 'a net');
    assert.equal(at('history').text, '(1.0, 0.5, 0.25)');
    assert.equal(at('config', 'widths').text, '(4, 5)');
    assert.equal(at('config', 'pretrained').text, 'False');
    assert.equal(at('config', 'notes').text, 'None');
    assert.equal(at('optimizer', 'param_groups', '0', 'lr').text, '0.1');
    assert.equal(at('rng').text, 'uint32 [624]');
    assert.equal(totals.tensors, tensors.names.length);
    assert.equal([...tensorRows(tensors)].reduce((sum, { bytes }) => sum + bytes, 0), totals.bytes);
    await withCheckpoint(fixture('training.ckpt'), (checkpoint) => {
      const place = tree.children!.findIndex(({ key }) => key === 'config');
      assert.deepEqual(treePage(checkpoint.tree, [place], 1, 2)!.children.map(({ key }) => key), ['lr', 'pretrained']);
      assert.equal(treePage(checkpoint.tree, [place, 99], 0, 1), null);
    });
    const metadata = async (file: string) => (await withCheckpoint(fixture(file), summarize)).tree.children!.map(({ key, text }) => `${key}: ${text}`);
    assert.deepEqual(await metadata('types.safetensors').then((lines) => lines.toSorted()), ['epoch: 3', 'made by: a test']);
    assert.deepEqual((await metadata('model.gguf')).slice(0, 2), ['general.architecture: llama', 'llama.block_count: 2']);
    assert.ok((await metadata('data.h5')).includes('epoch: 3'));
    assert.ok((await metadata('model.keras')).some((line) => line.startsWith('config.json')));
  });

  describe('by content, whatever they are called', () => {
    const folder = temporaryFolder();
    const formats = { 'state-protocol2.pt': 'PyTorch', 'state-legacy.pt': 'PyTorch (before 1.6)', 'types.safetensors': 'safetensors', 'arrays.npz': 'NumPy', 'fortran.npy': 'NumPy', 'data.h5': 'HDF5', 'model.keras': 'Keras', 'model.gguf': 'GGUF 3' };
    for (const [file, format] of Object.entries(formats))
      it(file, async () => {
        const path = join(folder(), 'weights.onnx');
        await writeFile(path, await readFile(fixture(file)));
        assert.equal((await openCheckpoint(path)).format, format);
      });

    it('refuses the rest with a sentence', async () => {
      const refused = async (name: string, content: string | Uint8Array, message: RegExp) => {
        await writeFile(join(folder(), name), content);
        await refuses(openCheckpoint(join(folder(), name)), 'reference.unreadable', message);
      };
      await refused('a.pt', '', /a\.pt cannot be read as a checkpoint: it is empty; copy or download it again\.$/);
      await refused('b.safetensors', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer.*git lfs pull/);
      await refused('c.bin', '<!DOCTYPE html><html>', /web page/);
      await refused('d.xyz', 'nothing at all', /its content is none that is known; choose a file of PyTorch/);
      await refused('e.index.json', '{"weight_map": {"a": "../secret.safetensors"}}', /names \.\.\/secret\.safetensors, which is not in its folder/);
      await refused('f.index.json', '{"weight_map": {"a": "missing.safetensors"}}', /missing\.safetensors does not exist/);
      await mkdir(join(folder(), 'g.pt'));
      await refuses(openCheckpoint(join(folder(), 'g.pt')), 'reference.unreadable', /g\.pt is a folder/);
      await refuses(openCheckpoint(join(folder(), 'no.pt')), 'reference.unreadable', /no\.pt does not exist: check the path\.$/);
    });
  });
});
