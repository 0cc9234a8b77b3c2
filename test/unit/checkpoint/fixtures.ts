import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Checkpoint } from '../../../src/engine/checkpoint/checkpoint';
import { numberBlocks, type CheckpointTensor } from '../../../src/engine/checkpoint/tensor';
import { UnitscopeError } from '../../../src/protocol/errors';

const folder = resolve('test/fixtures/checkpoints');

export interface ExpectedTensor {
  name: string;
  shape: number[];
  dtype: string;
  sum: number;
  /** Sum of values times cos(0), cos(1), … */
  ordered: number;
}

/** What the writers said that they wrote; see the scripts beside the files. */
export interface Expected {
  file: string;
  writer: string;
  format?: string;
  /** Globals that have to be warned about. */
  code?: string[];
  /** There are other tensors, too. */
  subset?: boolean;
  tensors: ExpectedTensor[];
}

export const expected = ['torch.json', 'others.json', 'onnx.json'].flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Expected[]);

export const fixture = (file: string): string => join(folder, file);

export const sample = (file: string): string => resolve('samples/scopenet', file);

export const never = new AbortController().signal;

export function valuesOf(tensor: CheckpointTensor): number[] {
  return [...numberBlocks(tensor)].flatMap(({ values }) => Array.from(values));
}

export function tensorOf({ tensors }: Checkpoint, name: string): CheckpointTensor {
  const found = tensors.find((tensor) => tensor.name === name);
  assert(found, `${name} is among ${tensors.map((tensor) => tensor.name).join(', ')}`);
  return found;
}

/** Asserts that an error is one sentence for a person that names the file. */
export function isSentence(error: unknown, file: string): asserts error is UnitscopeError {
  assert(error instanceof UnitscopeError, error instanceof Error ? error.stack : String(error));
  assert.equal(error.code, 'reference.unreadable', error.stack);
  assert.match(error.message, /[.]$/);
  assert(error.message.includes(file) && !error.message.includes('\n') && error.message.length < 600, error.message);
}
