import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { basename, join } from 'node:path';
import { describeGraph } from '../src/engine/model/modelGraph';
import { describeNode } from '../src/engine/model/nodeDetail';
import { openModel } from '../src/engine/model/summary';
import { externalWeights, manyNodes, weightsInside } from '../test/fixtures/largeModels';

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
