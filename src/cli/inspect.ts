import { resolve } from 'node:path';
import { openModel } from '../engine/model/summary';
import type { Dim, Layer, ModelSummary, ReceptiveField } from '../protocol/model';

/** `unitscope inspect`: what the file says, without running it. */
export function inspect(file: string, { json }: { json?: boolean }): void {
  const { summary } = openModel(resolve(file));
  console.log(json ? JSON.stringify(summary, null, 2) : describe(summary).join('\n'));
}

function describe(model: ModelSummary): string[] {
  const input = 'input' in model.image ? [] : ['', model.image.problem];
  const layers = model.layers.map(cells);
  const header = ['layer', 'kind', 'shape', 'units', 'receptive field', 'parameters'];
  return [
    model.path,
    `${model.producer || 'unknown producer'}, IR ${model.irVersion}, ${model.opsets.map(({ domain, version }) => `${domain || 'ai.onnx'} ${version}`).join(', ')}`,
    `${model.nodeCount} nodes, ${model.parameters.toLocaleString('en')} parameters, ${model.size.toLocaleString('en')} bytes`,
    ...model.inputs.map((value) => `input  ${value.name}  ${value.dtype}${shape(value.shape)}`),
    ...model.outputs.map((value) => `output ${value.name}  ${value.dtype}${shape(value.shape)}`),
    ...input,
    '',
    ...table([header, ...layers]),
  ];
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
