import { spawn, spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import os from 'node:os';
import { basename, join } from 'node:path';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { describeGraph } from '../src/engine/model/modelGraph';
import { describeNode } from '../src/engine/model/nodeDetail';
import { openModel } from '../src/engine/model/summary';
import { OnnxBuilder } from '../test/fixtures/onnxBuilder';

/**
 * How long it takes until a large model is described, and in how much memory, each in a process of its own: from the start of the
 * process to the summary, to the graph with costs, and to the properties of a node. Files are sparse: weights take no room on the disk.
 * Prints each figure as a share of its limit; with Python, beside it `onnx.load` of the same file (its time over ours).
 *
 *   npm run bench:model -- [--python PYTHON] [--rounds N] [FILE …]
 */
const words = process.argv.slice(2);
const option = (name: string, otherwise: string): string => {
  const at = words.indexOf(name);
  return at >= 0 ? words.splice(at, 2)[1]! : otherwise;
};

interface Figures {
  nodes: number;
  /** Milliseconds since the process began. */
  summary: number;
  graph: number;
  node: number;
  /** Largest resident memory, bytes. */
  memory: number;
}

/** Runs in the process that is measured. */
async function measure(file: string): Promise<void> {
  const opened = openModel(file);
  JSON.stringify(opened.summary);
  const summary = performance.now();
  const graph = describeGraph(opened.model, opened.summary, { imageSize: [224, 224] });
  JSON.stringify(graph.graph);
  const drawn = performance.now();
  await describeNode(opened.model, graph, Math.floor(graph.nodes.length / 2));
  const figures: Figures = { nodes: graph.nodes.length, summary, graph: drawn, node: performance.now(), memory: process.resourceUsage().maxRSS * 1024 };
  console.log(JSON.stringify(figures));
}

/** 100 residual blocks whose weights, 2 GB in all, lie in a file beside the model. */
function externalWeights(folder: string): string {
  const side = 512;
  const each = side * side * 9 * 4;
  const blocks = Math.floor(2e9 / each / 2);
  const file = openSync(join(folder, 'weights.bin'), 'w');
  ftruncateSync(file, 2 * blocks * each);
  closeSync(file);
  return residual(blocks, (model, name, at) => model.initializer(name, 'float32', [side, side, 3, 3], undefined, { location: 'weights.bin', offset: at * each, length: each }), side).write(
    join(folder, 'external.onnx'),
  );
}

function residual(blocks: number, weight: (model: OnnxBuilder, name: string, at: number) => void, channels: number): OnnxBuilder {
  const model = new OnnxBuilder().input('image', 'float32', ['batch', 3, 224, 224]).initializer('stem', 'float32', [channels, 3, 7, 7]);
  model.node('Conv', ['image', 'stem'], ['x'], { kernel_shape: [7, 7], strides: [8, 8], pads: [3, 3, 3, 3] }, { name: '/stem/Conv' });
  let x = 'x';
  for (let i = 0; i < blocks; i++) {
    const scope = `/stage${Math.floor(i / 10)}/block${i}`;
    for (const [at, conv] of ['conv1', 'conv2'].entries()) {
      weight(model, `${scope}.${conv}.weight`, 2 * i + at);
      model.node('Conv', [at === 0 ? x : `${i}.relu1`, `${scope}.${conv}.weight`], [`${i}.${conv}`], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }, { name: `${scope}/${conv}/Conv` });
      if (at === 0) model.node('Relu', [`${i}.conv1`], [`${i}.relu1`], {}, { name: `${scope}/Relu` });
    }
    model.node('Add', [x, `${i}.conv2`], [`${i}.sum`], {}, { name: `${scope}/Add` }).node('Relu', [`${i}.sum`], [`${i}.out`], {}, { name: `${scope}/Relu_1` });
    x = `${i}.out`;
  }
  return model.output(x);
}

/** 100 products whose weights, 500 MB in all, lie in the model itself: holes in the file. */
function weightsInside(folder: string): string {
  const side = 1118; // 100 of them are 500 MB
  const tag = WireType.LengthDelimited;
  const parts: (Uint8Array | number)[] = [];
  const model = new OnnxBuilder().input('x', 'float32', ['batch', side]);
  for (let i = 0; i < 100; i++) {
    model.node('MatMul', [i === 0 ? 'x' : `y${i - 1}`, `w${i}`], [`y${i}`], {}, { name: `/layer${i}/MatMul` });
    const tensor = new BinaryWriter().tag(1, WireType.Varint).int64(side).tag(1, WireType.Varint).int64(side).tag(2, WireType.Varint).int32(1).tag(8, tag).string(`w${i}`);
    const head = tensor.tag(9, tag).uint32(side * side * 4).finish();
    parts.push(new BinaryWriter().tag(5, tag).uint32(head.length + side * side * 4).finish(), head, side * side * 4);
  }
  const { graph } = model.output('y99').asAttribute();
  const length = parts.reduce<number>((sum, part) => sum + (typeof part === 'number' ? part : part.length), graph.length);
  const start = new BinaryWriter().tag(1, WireType.Varint).int64(8).tag(8, tag).bytes(new BinaryWriter().tag(2, WireType.Varint).int64(17).finish()).tag(7, tag).uint32(length).finish();
  const path = join(folder, 'inside.onnx');
  const file = openSync(path, 'w');
  let at = 0;
  for (const part of [start, graph, ...parts]) {
    if (typeof part !== 'number') writeSync(file, part, 0, part.length, at);
    at += typeof part === 'number' ? part : part.length;
  }
  ftruncateSync(file, at);
  closeSync(file);
  return path;
}

/** 10,000 nodes: 1,250 blocks of attention, with the metadata that PyTorch's exporter writes. */
function manyNodes(folder: string): string {
  const model = new OnnxBuilder({ producer: 'pytorch' }).input('image', 'float32', ['batch', 16, 64]).initializer('w', 'float32', [64, 64]);
  let x = 'image';
  for (let i = 0; i < 1250; i++) {
    const layer = `layers.${Math.floor(i / 10)}.blocks.${i % 10}`;
    const add = (op: string, inputs: string[], attributes = {}): string => {
      const out = `v${i}_${op}${inputs.join('').length}_${inputs.length}`;
      const metadata = {
        'pkg.torch.onnx.name_scopes': JSON.stringify(['', layer.split('.blocks')[0], layer, `${layer}.attention`, 'op']).replaceAll('"', "'"),
        'pkg.torch.onnx.stack_trace': `File "net.py", line ${i}, in forward\n    return self.blocks(x)\n`.repeat(8),
      };
      model.node(op, inputs, [out], attributes, { name: `node_${out}`, metadata });
      return out;
    };
    const query = add('MatMul', [x, 'w']);
    const turned = add('Transpose', [query], { perm: [0, 2, 1] });
    const scores = add('MatMul', [query, turned]);
    const weights = add('Softmax', [scores], { axis: -1 });
    const mixed = add('MatMul', [weights, query]);
    const bent = add('Relu', [mixed]);
    const scaled = add('Sigmoid', [bent]);
    x = add('Add', [x, scaled]);
  }
  return model.output(x).write(join(folder, 'many.onnx'));
}

function child(file: string): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [process.argv[1]!, '--measure', file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    process_.stdout.on('data', (chunk) => (out += String(chunk)));
    process_.on('close', (code) => (code === 0 ? resolve(JSON.parse(out) as Figures) : reject(new Error(`${basename(file)}: code ${code}`))));
  });
}

/** Seconds of `onnx.load`, with external data and without, and the peak memory of the former in bytes. */
function peer(python: string, file: string): { whole: number; graph: number; memory: number } | null {
  const script = `
import sys, time, resource, onnx
start = time.perf_counter(); onnx.load(sys.argv[1], load_external_data=False); graph = time.perf_counter() - start
start = time.perf_counter(); onnx.load(sys.argv[1]); whole = time.perf_counter() - start
print(whole, graph, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)`;
  const { status, stdout } = spawnSync(python, ['-c', script, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  if (status !== 0) return null;
  const [whole, graph, memory] = stdout.trim().split(' ').map(Number) as [number, number, number];
  return { whole, graph, memory };
}

const limits = { summary: 2000, memory: 300e6 };

async function main(): Promise<void> {
  const rounds = Number(option('--rounds', '3'));
  const python = option('--python', '');
  const folder = mkdtempSync(join(os.tmpdir(), 'unitscope-bench-'));
  try {
    const files = words.length > 0 ? words : [externalWeights(folder), weightsInside(folder), manyNodes(folder)];
    console.log(`medians of ${rounds}; limits: summary ${limits.summary} ms after the start of the process, memory ${limits.memory / 1e6} MB`);
    for (const file of files) {
      const runs: Figures[] = [];
      for (let i = 0; i < rounds; i++) runs.push(await child(file));
      const median = (of: (figures: Figures) => number): number => runs.map(of).sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
      const [summary, memory] = [median((run) => run.summary), median((run) => run.memory)];
      console.log(
        `${basename(file)}: ${runs[0]!.nodes} nodes; summary ${summary.toFixed(0)} ms (${(summary / limits.summary).toFixed(2)} of the limit), ` +
          `graph ${median((run) => run.graph).toFixed(0)} ms, a node ${median((run) => run.node).toFixed(0)} ms, memory ${(memory / 1e6).toFixed(0)} MB (${(memory / limits.memory).toFixed(2)} of the limit)`,
      );
      const other = python === '' ? null : peer(python, file);
      if (other) {
        const ratio = (seconds: number): string => ((seconds * 1000) / summary).toFixed(2);
        console.log(`  onnx.load: ${(other.whole * 1000).toFixed(0)} ms (${ratio(other.whole)} of ours), without external data ${(other.graph * 1000).toFixed(0)} ms (${ratio(other.graph)}), memory ${(other.memory / 1e6).toFixed(0)} MB (${(other.memory / memory).toFixed(1)})`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const target = option('--measure', '');
void (target === '' ? main() : measure(target));
