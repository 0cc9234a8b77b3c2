import { resolve } from 'node:path';
import { guarded } from '../engine/checkpoint/guard';
import { isCheckpoint, isHdf5File, withCheckpoint } from '../engine/checkpoint/open';
import { summarize, tensorRows } from '../engine/checkpoint/summary';
import { describeGraph } from '../engine/model/modelGraph';
import { openModel } from '../engine/model/summary';
import { WorkerPool, type SpawnWorker } from '../engine/runtime/pool';
import { imageSizeOf } from '../engine/study/inputShapes';
import type { CheckpointSummary, TreeNode } from '../protocol/checkpoint';
import type { Cost, ModelGraph } from '../protocol/graph';
import type { Dim, Layer, ModelSummary, ReceptiveField } from '../protocol/model';
import { workerSpawner } from '../workerProcess/spawn';

/** `unitscope inspect`: what a model or a checkpoint says, without running it. */
export async function inspect(file: string, { json }: { json?: boolean }): Promise<void> {
  await inspectFile(file, json ?? false, workerSpawner(() => undefined));
}

/** @param spawn starts the process that opens HDF5 files: a damaged one can keep their library busy for ever */
export async function inspectFile(file: string, json: boolean, spawn: SpawnWorker): Promise<void> {
  const path = resolve(file);
  if (isCheckpoint(path)) {
    const checkpoint = isHdf5File(path) ? await openGuarded(path, spawn) : await withCheckpoint(path, summarize);
    console.log(json ? JSON.stringify(plain(checkpoint), null, 2) : describeCheckpoint(checkpoint).join('\n'));
    return;
  }
  const { model, summary } = openModel(path);
  const { total, assumed } = describeGraph(model, summary, { imageSize: await imageSizeOf(summary) }).graph;
  console.log(json ? JSON.stringify({ ...summary, cost: total, assumed }, null, 2) : describe(summary, total, assumed).join('\n'));
}

async function openGuarded(path: string, spawn: SpawnWorker): Promise<CheckpointSummary> {
  const pool = new WorkerPool(spawn, 1, 1);
  try {
    return await guarded([path], new AbortController().signal, (signal) => pool.call('checkpoint.open', { path }, { signal }));
  } finally {
    pool.dispose();
  }
}

function describe(model: ModelSummary, cost: Cost, assumed: ModelGraph['assumed']): string[] {
  const input = 'input' in model.image ? [] : ['', model.image.problem];
  const layers = model.layers.map(cells);
  const header = ['layer', 'kind', 'shape', 'units', 'receptive field', 'parameters'];
  return [
    model.path,
    `${model.producer || 'unknown producer'}, IR ${model.irVersion}, ${model.opsets.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`).join(', ')}`,
    `${model.nodeCount} nodes, ${model.parameters.toLocaleString('en')} parameters, ${model.size.toLocaleString('en')} bytes`,
    costs(cost, assumed),
    ...model.inputs.map((value) => `input  ${value.name}  ${value.dtype}${shape(value.shape)}`),
    ...model.outputs.map((value) => `output ${value.name}  ${value.dtype}${shape(value.shape)}`),
    ...input,
    '',
    ...table([header, ...layers]),
  ];
}

/** "349,151,936 multiply-adds, 28,537,728 bytes of activations with data_0 [1, 3, 224, 224]" */
function costs({ macs, activationBytes, unknown }: Cost, assumed: ModelGraph['assumed']): string {
  const at = assumed.length === 0 ? '' : ` with ${assumed.map(({ input, shape: dims }) => `${input} ${shape(dims)}`).join(', ')}`;
  const least = unknown === 0 ? '' : 'at least ';
  return `${least}${macs.toLocaleString('en')} multiply-adds, ${least}${activationBytes.toLocaleString('en')} bytes of activations${at}`;
}

/** Tensors as rows instead of columns. */
function plain({ tensors, ...rest }: CheckpointSummary): object {
  const [views, problems] = [new Map(tensors.views), new Map(tensors.problems)];
  const rows = Array.from(tensorRows(tensors), (row, i) => ({ ...row, view: views.get(i), problem: problems.get(i) }));
  return { ...rest, tensors: rows };
}

function describeCheckpoint({ path, format, size, tensors, totals, tree, warnings }: CheckpointSummary): string[] {
  const [views, problems] = [new Map(tensors.views), new Map(tensors.problems)];
  const rows = Array.from(tensorRows(tensors), (row, i) => {
    const view = views.get(i);
    const note = problems.get(i) ?? (view ? `view of storage ${view.storage}${view.sharedBy > 1 ? `, shared by ${view.sharedBy}` : ''}` : '');
    return [row.name, row.dtype, shape(row.shape), row.bytes.toLocaleString('en'), note];
  });
  const other = lines(tree);
  return [
    path,
    `${format}, ${size.toLocaleString('en')} bytes`,
    `${totals.tensors.toLocaleString('en')} tensors, ${totals.elements.toLocaleString('en')} numbers, ${totals.bytes.toLocaleString('en')} bytes (${totals.byDtype.map((of) => `${of.dtype} ${of.elements.toLocaleString('en')}`).join(', ')})`,
    ...warnings.map(({ kind, text }) => `${kind === 'code' ? 'WARNING' : 'note'}: ${text}`),
    '',
    ...table([['tensor', 'type', 'shape', 'bytes', ''], ...rows]),
    ...(other.length > 0 ? ['', ...other] : []),
  ];
}

/** What is in the file besides tensors, indented. */
function lines({ children = [], size = 0 }: TreeNode, depth = 0): string[] {
  const indent = '  '.repeat(depth);
  const listed = children.flatMap((child) => [`${indent}${child.key}: ${child.text}`, ...lines(child, depth + 1)]);
  return size > children.length ? [...listed, `${indent}… ${size - children.length} more`] : listed;
}

function cells(layer: Layer): string[] {
  return [
    layer.name,
    layer.op,
    shape(layer.shape),
    layer.units === null ? '?' : String(layer.units),
    field(layer.receptiveField),
    layer.parameters > 0 ? layer.parameters.toLocaleString('en') : '',
  ];
}

function shape(dims: readonly Dim[]): string {
  return `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
}

function field(receptiveField: ReceptiveField | null): string {
  if (!receptiveField) return '';
  const { kind, size, stride } = receptiveField;
  if (kind === 'global') return 'global';
  return `${kind === 'exact' ? '' : '≤ '}${size.join(' x ')}, stride ${stride.join(' x ')}`;
}

function table(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd());
}
