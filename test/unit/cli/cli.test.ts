import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder, writeImages } from '../../fixtures/imageFolder';
import { readNpy } from '../../../src/engine/io/npy';
import { smallNet } from '../../fixtures/smallNet';

interface RdmFile {
  measure: string;
  pool: string;
  images: string[];
  layers: string[];
  rsa: { compare: string; matrix: number[][] };
  references: { name: string; values: { layer: string; value: number; interval: [number, number] }[] }[];
}

interface Run {
  code: number | null;
  out: string;
  err: string;
  milliseconds: number;
}

/** Runs the command line as a person would; `onError` sees standard error as it comes, and may press Ctrl-C. */
function run(args: string[], onError: (text: string, interrupt: () => void) => void = () => undefined): Promise<Run> {
  return new Promise((done, reject) => {
    const start = performance.now();
    let interrupted = start;
    const child = spawn(process.execPath, [resolve('dist/cli.js'), ...args], { detached: true });
    const result = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (result.out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      result.err += text;
      onError(text, () => {
        interrupted = performance.now();
        process.kill(-child.pid!, 'SIGINT'); // as a terminal does: to the workers too
      });
    });
    child.once('error', reject);
    child.once('close', (code) => done({ code, ...result, milliseconds: performance.now() - interrupted }));
  });
}

describe('the command line', function () {
  this.timeout(60_000);
  const at = temporaryFolder();
  before(async () => {
    await writeImages(at('images'), ['Zebra', 'ant', 'écu'], 6);
    smallNet().write(at('net.onnx'));
    smallNet(64).write(at('slow.onnx'));
  });
  const patches = (...more: string[]): string[] => ['patches', at('net.onnx'), '--images', at('images'), '--out', at('out'), '--cache', at('cache'), '--device', 'cpu', ...more];
  const written = async (): Promise<PatchesFile> => JSON.parse(await readFile(at('out', 'patches.json'), 'utf8')) as PatchesFile;

  it('inspects a model, as a table and as JSON', async () => {
    const table = await run(['inspect', at('net.onnx')]);
    assert.equal(table.code, 0);
    assert.match(table.out, /input {2}image {2}float32\[batch, 3, 24, 24\]/);
    assert.match(table.out, /^relu +Relu +\[batch, 8, 24, 24\] +8 +7 x 7, stride 1 x 1$/m);
    // Convolutions of 7 x 7 x 3 and 7 x 7 x 8 to 8 maps of 24 x 24, and 8 x 4 weights; two maps after a ReLU in between, and three vectors.
    const cost = { parameters: 147 * 8 + 49 * 64 + 32, macs: 24 * 24 * 8 * (147 + 49 * 8) + 32, activationBytes: 4 * (3 * 8 * 24 * 24 + 8 + 8 + 4), unknown: 0 };
    assert.match(table.out, new RegExp(`^${cost.macs.toLocaleString('en')} multiply-adds, ${cost.activationBytes.toLocaleString('en')} bytes of activations with image \\[1, 3, 24, 24\\]$`, 'm'));
    const json = await run(['inspect', at('net.onnx'), '--json']);
    const summary = JSON.parse(json.out) as { layers: { name: string; units: number }[]; inputs: unknown[]; cost: object };
    assert.deepEqual(summary.cost, cost);
    assert.deepEqual(summary.layers.map(({ name, units }) => [name, units]), [['conv', 8], ['relu', 8], ['mix', 8], ['pool', 8], ['flat', 8], ['logits', 4]]);
    assert.equal(summary.inputs.length, 1);
  });

  it('prints all of a long answer into a pipe, and is content with a reader that has seen enough', async function () {
    if (process.platform === 'win32') return this.skip(); // by the shell's pipes, which hold 65,536 bytes
    const many = smallNet();
    for (let i = 0; i < 400; i++) many.node('Relu', ['relu'], [`relu ${i}`]).output(`relu ${i}`, 'float32', ['batch', 8, 24, 24]);
    many.write(at('many.onnx'));
    const command = `"${process.execPath}" "${resolve('dist/cli.js')}" inspect "${at('many.onnx')}" --json; echo "code $?" >&2`;
    const pipe = async (reader: string): Promise<{ stdout: string; stderr: string }> =>
      await promisify(execFile)('sh', ['-c', `(${command}) | ${reader}`], { maxBuffer: 1e8 });
    const all = await pipe('(sleep 1; cat)');
    assert.ok(all.stdout.length > 2 * 65_536, `${all.stdout.length} characters`);
    assert.equal((JSON.parse(all.stdout) as { layers: unknown[] }).layers.length, 406);
    assert.equal(all.stderr, 'code 0\n');
    assert.equal((await pipe('head -c 1')).stderr, 'code 0\n');
  });

  it('writes patches.json as the contract says', async () => {
    const { code, out } = await run(patches());
    assert.equal(code, 0);
    assert.equal(out, '');
    const file = await written();
    assert.equal(file.model, at('net.onnx'));
    assert.deepEqual(file.dataset, { root: at('images'), count: 18 });
    assert.deepEqual(file.layers.map(({ name }) => name), ['relu', 'mix', 'pool', 'logits']);
    const [relu, , , logits] = file.layers;
    assert.deepEqual(relu!.receptiveField, { size: [7, 7], stride: [1, 1], offset: [-3, -3], kind: 'exact' });
    assert.equal(logits!.receptiveField.kind, 'global');
    assert.equal(relu!.units.length, 8);
    for (const { top } of relu!.units) {
      assert.equal(top.length, 9);
      for (const { image, index, score, position, box } of top) {
        // Byte order: upper case, lower case, then what is beyond ASCII.
        assert.equal(image, `${['Zebra', 'ant', 'écu'][Math.floor(index / 6)]!}/00${index % 6}.png`);
        assert.ok(Number.isFinite(score));
        assert.ok(position.every((at) => at >= 0 && at < 24));
        const [y, x] = position as [number, number];
        const clip = (from: number): [number, number] => [Math.max(0, from), Math.min(24, from + 7) - Math.max(0, from)];
        const [[top, height], [left, width]] = [clip(y - 3), clip(x - 3)];
        assert.deepEqual(box, [left, top, width, height]);
      }
    }
    assert.deepEqual(logits!.units[0]!.top[0]!.box, [0, 0, 24, 24]);
  });

  it('takes the layers, the number of patches and of images that it is told', async () => {
    const { code } = await run(patches('--layer', 'conv', '--layer', 'logits', '--layer', 'conv', '--top', '3', '--limit', '5', '--quiet'));
    assert.equal(code, 0);
    const file = await written();
    assert.deepEqual(file.layers.map(({ name }) => name), ['conv', 'logits']);
    assert.equal(file.dataset.count, 5);
    assert.ok(file.layers.every(({ units }) => units.every(({ top }) => top.length === 3)));
  });

  it('takes preprocessing from a file', async () => {
    await writeFile(at('p.json'), JSON.stringify({ size: { shortest_edge: 24 }, do_normalize: false, rescale_factor: 0.5 }));
    assert.equal((await run(patches('--preprocess', at('p.json'), '--quiet'))).code, 1); // the shortest edge alone fixes no size
    await writeFile(at('p.json'), JSON.stringify({ size: { height: 24, width: 24 }, do_normalize: false, rescale_factor: 0.5 }));
    assert.equal((await run(patches('--preprocess', at('p.json'), '--quiet'))).code, 0);
    assert.equal((await written()).preprocess.rescale_factor, 0.5);
  });

  const rdm = (...more: string[]): string[] => ['rdm', at('net.onnx'), '--images', at('images'), '--out', at('rdms'), '--cache', at('cache'), '--device', 'cpu', ...more];

  it('writes RDMs as the contract says', async () => {
    const { code, out, err } = await run(rdm('--layer', 'relu', '--layer', 'logits', '--quiet'));
    assert.deepEqual([code, out, err], [0, '', '']);
    const json = JSON.parse(await readFile(at('rdms', 'rdm.json'), 'utf8')) as RdmFile;
    assert.deepEqual([json.measure, json.pool, json.layers], ['correlation', 'flatten', ['relu', 'logits']]);
    assert.deepEqual([json.images.length, json.images[0], json.references], [18, 'Zebra/000.png', []]);
    assert.equal(json.rsa.compare, 'rho-a');
    assert.deepEqual(json.rsa.matrix.map((row) => row.length), [2, 2]);
    const { shape, data } = await readNpy(at('rdms', 'relu.npy'));
    assert.deepEqual(shape, [18, 18]);
    assert.ok(data.every((value, i) => (i % 19 === 0 ? value === 0 : value > 0 && value === data[(i % 18) * 18 + Math.floor(i / 18)])), 'symmetric, zero on the diagonal');
    const again = await run(rdm('--layer', 'relu', '--pool', 'max', '--measure', 'sqeuclidean/P', '--compare', 'pearson', '--reference', at('rdms', 'relu.npy')));
    assert.equal(again.code, 0);
    const pooled = JSON.parse(await readFile(at('rdms', 'rdm.json'), 'utf8')) as RdmFile;
    const [reference] = pooled.references;
    assert.deepEqual([reference!.name, reference!.values[0]!.layer, pooled.rsa.compare], ['relu', 'relu', 'pearson']);
    const { value, interval } = reference!.values[0]!;
    assert.ok(interval[0] <= value && value <= interval[1]);
  });

  it('says what is wrong with a question about RDMs', async () => {
    const small = at('small.csv');
    await writeFile(small, '0,1,2\n1,0,3\n2,3,0\n');
    const expected: [string[], number, RegExp][] = [
      [rdm('--layer', 'nothing'), 1, /has no layer named nothing/],
      [rdm('--reference', at('missing.npy')), 1, /missing\.npy/],
      [rdm('--layer', 'relu', '--reference', small), 1, /small\.csv holds an RDM of 3 stimuli.*18 images are chosen/],
      [rdm('--measure', 'manhattan'), 2, /correlation, euclidean/],
      [rdm('--compare', 'likeness'), 2, /rho-a/],
      [rdm('--limit', '2'), 2, /at least 3 stimuli/],
      [rdm('--measure', 'crossnobis'), 2, /Crossnobis needs a manifest column/],
    ];
    for (const [args, code, text] of expected) {
      const found = await run([...args, '--quiet']);
      assert.equal(found.code, code, `${args.join(' ')}: ${found.err}`);
      assert.match(found.err, text);
      assert.ok(!found.err.includes('    at '), 'no stack');
    }
  });

  it('is silent when told to be, and says little where there is no terminal', async () => {
    assert.equal((await run(patches('--quiet'))).err, '');
    const { err } = await run(patches());
    assert.ok(!err.includes('\r') && !err.includes('\x1b'), 'a bar was drawn into a pipe');
    assert.ok(err.trimEnd().split('\n').length <= 6, err);
  });

  it('says what could not be used, also when it is silent otherwise', async () => {
    await cp(at('images'), at('broken'), { recursive: true });
    await writeFile(at('broken', 'ant', '002.png'), 'this is text');
    smallNet()
      .node('Mystery', ['relu'], ['strange'], {}, { domain: 'example.org' })
      .output('strange', 'float32', ['batch', 8, 24, 24])
      .write(at('mystery.onnx'));
    const args = ['patches', at('mystery.onnx'), '--images', at('broken'), '--out', at('out'), '--cache', at('cache'), '--device', 'cpu', '--quiet'];
    const some = await run([...args, '--top', '1000000000']);
    assert.equal(some.code, 0, some.err);
    const lines = some.err.trimEnd().split('\n');
    assert.equal(lines.length, 2, some.err);
    assert.match(lines[0]!, /^Skipped ant\/002\.png: /);
    assert.match(lines[1]!, /Mystery/);
    const named = await run([...args, '--layer', 'relu', '--layer', 'strange']);
    assert.equal(named.code, 1, named.err);
    assert.match(named.err, /^unitscope: .*Mystery/m);
    assert.deepEqual((await written()).layers.map(({ name }) => name), ['relu']);
  });

  it('finds out before the scan that nothing can be written', async () => {
    const { code, err } = await run([...patches('--cache', at('unused')), '--out', at('net.onnx', 'out')]);
    assert.equal(code, 1);
    assert.match(err, /^unitscope: Nothing can be written to .*out \(ENOTDIR\); choose another folder with --out\.\n$/);
    assert.ok(!existsSync(at('unused', 'recordings')));
  });

  it('exits with 2 on wrong usage', async () => {
    for (const args of [['patches'], ['nonsense'], ['inspect'], patches('--top', '0'), patches('--device', 'abacus'), patches('--frob')]) {
      const { code, err } = await run(args);
      assert.equal(code, 2, args.join(' '));
      assert.ok(err.startsWith('error: '), err);
    }
  });

  it('exits with 1 on failure, with one line and no stack', async () => {
    await writeFile(at('text.onnx'), 'hello');
    const failures: [string[], RegExp][] = [
      [['inspect', at('none.onnx')], /none\.onnx does not exist/],
      [['inspect', at('text.onnx')], /text\.onnx is a text file/],
      [['patches', at('net.onnx'), '--images', at('nowhere'), '--out', at('out'), '--cache', at('cache')], /nowhere does not exist/],
      [patches('--layer', 'nothing'), /no layer named nothing/],
      [patches('--preprocess', at('none.json')), /none\.json cannot be read/],
    ];
    for (const [args, sentence] of failures) {
      const { code, err, out } = await run(args);
      assert.equal(code, 1, err);
      assert.match(err, sentence);
      assert.equal(err.trimEnd().split('\n').length, 1, err);
      assert.equal(out, '');
    }
  });

  it('stops at Ctrl-C, keeps what it has, and goes on from there', async () => {
    const slow = ['patches', at('slow.onnx'), '--images', at('images'), '--out', at('slow'), '--cache', at('slow-cache'), '--device', 'cpu'];
    await writeImages(at('images', 'more'), ['many'], 250, 24, 9);
    let interrupted = false;
    const stopped = await run(slow, (text, interrupt) => {
      if (interrupted || !text.includes('Scanning')) return;
      interrupted = true;
      setTimeout(interrupt, 300); // all workers have started
    });
    assert.ok(interrupted);
    assert.equal(stopped.code, 130, stopped.err);
    assert.ok(stopped.milliseconds < 2500, `${stopped.milliseconds} ms`); // 0.7 s and a process to end, on a busy machine
    assert.ok(!stopped.err.includes(' at '), 'a stack trace was printed');
    const again = await run(slow);
    assert.equal(again.code, 0);
    const first = /\((\d+) of 268\)/.exec(again.err);
    assert.ok(Number(first?.[1]) > 8, again.err); // the images of before are there from the start
  });
});

interface PatchesFile {
  model: string;
  dataset: { root: string; count: number };
  preprocess: Record<string, unknown>;
  layers: {
    name: string;
    receptiveField: { size: number[]; stride: number[]; offset: number[]; kind: string };
    units: { unit: number; top: { image: string; index: number; score: number; position: number[]; box: number[] }[] }[];
  }[];
}
