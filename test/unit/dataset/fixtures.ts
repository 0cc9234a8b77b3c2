// Images of test/fixtures/images, and what Pillow and Hugging Face make of them (see make.py there).
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import assert from 'node:assert/strict';
import { UnitscopeError, type ErrorCode } from '../../../src/protocol/errors';
import type { ResampleFilter } from '../../../src/engine/dataset/resample';

const folder = resolve(__dirname, '../../../test/fixtures/images');

interface Golden {
  width: number;
  height: number;
  offset: number;
}

export interface Manifest {
  source: string;
  decode: (Golden & { file: string; tolerance: number; note?: string })[];
  resize: (Golden & { file: string; tolerance: number; filter: ResampleFilter; channels: 1 | 3 })[];
  geometry: {
    original: { width: number; height: number };
    edge: number;
    crop: { width: number; height: number };
    resized: { width: number; height: number };
    corner: { x: number; y: number };
  }[];
  processors: { config: Record<string, unknown>; shape: [number, number, number]; offset: number }[];
}

export const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
const goldens = gunzipSync(readFileSync(join(folder, 'goldens.bin.gz')));

export const fixture = (file: string): string => join(folder, file);

export const goldenBytes = ({ offset, width, height }: Golden, channels = 3): Uint8Array =>
  new Uint8Array(goldens.subarray(offset, offset + width * height * channels));

export const goldenFloats = (offset: number, length: number): Float32Array =>
  new Float32Array(new Uint8Array(goldens.subarray(offset, offset + 4 * length)).buffer);

export function difference(a: ArrayLike<number>, b: ArrayLike<number>): { mean: number; most: number } {
  assert.equal(a.length, b.length, 'lengths differ');
  let sum = 0;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs(a[i]! - b[i]!);
    sum += d;
    most = Math.max(most, d);
  }
  return { mean: sum / a.length, most };
}

/** Asserts that a promise rejects with an error of the code, whose message matches. */
export async function refuses(promise: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert(error instanceof UnitscopeError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.match(error.message, /\.$/, 'a sentence');
    assert(!error.message.includes('\n'), 'one line');
    return true;
  });
}

/** A temporary folder for each test of a suite. */
export function temporaryFolder(): () => string {
  let path = '';
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'unitscope-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));
  return () => path;
}

export { seeded as random } from '../../fixtures/random';
