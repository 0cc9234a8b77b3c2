import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import { float16ToNumber } from '../model/halfFloats';
import { npyHeaderBytes, npyMagic, parseNpyHeader, splitDescr } from './npyHeader';
import { readExactly, unreadable, withFile } from './wholeFile';

// The format: NumPy Enhancement Proposal 1 and numpy/lib/format.py, versions 1.0, 2.0 and 3.0.

export interface NpyArray {
  shape: number[];
  /** The last axis varies fastest, whatever the order in the file. */
  data: Float64Array;
}

interface Header {
  dtype: string;
  bigEndian: boolean;
  fortranOrder: boolean;
  shape: number[];
  dataStart: number;
}

/** NumPy itself writes a few hundred bytes for arrays that are not structured. */
const mostHeaderBytes = 2 ** 16;
const mostBytes = 2 ** 31;
const blockBytes = 2 ** 20;
const littleEndianHere = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Byte size and reading of one element; integers beyond 2^53 are rounded. */
const elements: Record<string, { size: number; read: (view: DataView, at: number, little: boolean) => number }> = {
  f2: { size: 2, read: (view, at, little) => float16ToNumber(view.getUint16(at, little)) },
  f4: { size: 4, read: (view, at, little) => view.getFloat32(at, little) },
  f8: { size: 8, read: (view, at, little) => view.getFloat64(at, little) },
  i1: { size: 1, read: (view, at) => view.getInt8(at) },
  i2: { size: 2, read: (view, at, little) => view.getInt16(at, little) },
  i4: { size: 4, read: (view, at, little) => view.getInt32(at, little) },
  i8: { size: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  u1: { size: 1, read: (view, at) => view.getUint8(at) },
  u2: { size: 2, read: (view, at, little) => view.getUint16(at, little) },
  u4: { size: 4, read: (view, at, little) => view.getUint32(at, little) },
  u8: { size: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  b1: { size: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
};

/**
 * Reads a NumPy array of real numbers or booleans of either byte order, in C or Fortran order, as float64. Throws
 * `reference.unreadable` for anything else: other element types, a damaged header, a size that does not fit the shape,
 * and arrays that would take more than 2 GiB as float64.
 */
export function readNpy(path: string): Promise<NpyArray> {
  return withFile(path, mostBytes, async (file, size) => {
    const header = await readHeader(file, size, path);
    const { shape, dtype, dataStart } = header;
    const { size: itemBytes } = elements[dtype]!;
    const count = shape.reduce((product, length) => product * length, 1);
    if (count * 8 > mostBytes) {
      throw unreadable(`${basename(path)} has the shape [${shape.join(', ')}], more than 2 GiB; choose a smaller array.`);
    }
    if (dataStart + count * itemBytes !== size) {
      throw unreadable(
        `${basename(path)} has ${size - dataStart} bytes of data, but its shape [${shape.join(', ')}] takes ${count * itemBytes}; write or copy it again.`,
      );
    }
    const data = new Float64Array(count);
    await fill(data, file, header, path);
    return { shape, data: header.fortranOrder ? fromFortranOrder(data, shape) : data };
  });
}

async function fill(data: Float64Array, file: FileHandle, header: Header, path: string): Promise<void> {
  const { size, read } = elements[header.dtype]!;
  const little = !header.bigEndian;
  const atOnce = blockBytes / size;
  for (let first = 0; first < data.length; first += atOnce) {
    const count = Math.min(atOnce, data.length - first);
    const block = await readExactly(file, header.dataStart + first * size, count * size, path);
    const view = new DataView(block.buffer, block.byteOffset, block.length);
    for (let i = 0; i < count; i++) data[first + i] = read(view, i * size, little);
  }
}

async function readHeader(file: FileHandle, size: number, path: string): Promise<Header> {
  const name = basename(path);
  const head = await readExactly(file, 0, Math.min(12, size), path);
  if (!head.subarray(0, 6).equals(npyMagic) || size < 12) {
    throw unreadable(`${name} is no NumPy array; write it with numpy.save.`);
  }
  const version = head[6]!;
  if (version < 1 || version > 3) throw unreadable(`${name} has the unknown .npy version ${version}; save it again.`);
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (length > mostHeaderBytes || start + length > size) {
    throw unreadable(`${name} has a header of ${length} bytes, which cannot be; write or copy it again.`);
  }
  const text = (await readExactly(file, start, length, path)).toString('utf8');
  return { ...parseHeader(text, name), dataStart: start + length };
}

function parseHeader(text: string, name: string): Omit<Header, 'dataStart'> {
  const header = parseNpyHeader(text);
  if (!header) throw unreadable(`${name} has a damaged .npy header; write it again with numpy.save.`);
  const { bigEndian, code: dtype } = splitDescr(header.descr ?? '');
  if (!Object.hasOwn(elements, dtype)) {
    throw unreadable(`${name} holds ${kindOf(header.descr)}, not real numbers; save it as float32 or float64.`);
  }
  return { dtype, bigEndian, fortranOrder: header.fortranOrder, shape: header.shape };
}

function kindOf(descr: string | undefined): string {
  if (descr === undefined) return 'a structured array';
  switch (descr.replace(/^[<>=|]/, '').charAt(0)) {
    case 'O':
      return 'Python objects';
    case 'c':
      return 'complex numbers';
    case 'U':
    case 'S':
      return 'text';
    default:
      return `elements of type "${descr}"`;
  }
}

/** Values stored with the first axis fastest, put in order with the last axis fastest. */
function fromFortranOrder(stored: Float64Array, shape: number[]): Float64Array {
  const strides: number[] = [];
  shape.reduce((stride, length, axis) => ((strides[axis] = stride), stride * length), 1);
  const data = new Float64Array(stored.length);
  const position = shape.map(() => 0);
  let at = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = stored[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return data;
}

export type NpyNumbers = Float32Array | Float64Array;

/**
 * Writes a NumPy array as `numpy.save` does (version 1.0, C order, little-endian), byte for byte, from its values in
 * order, in pieces of any length; a piece may be reused once the next one is asked for. Memory: one piece. The file is
 * there whole or not at all. Throws `output.failed` where it cannot be written, and RangeError where the pieces do not
 * make up the shape.
 */
export async function writeNpy(
  path: string,
  shape: number[],
  dtype: 'f4' | 'f8',
  pieces: Iterable<NpyNumbers> | AsyncIterable<NpyNumbers>,
): Promise<void> {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) yield littleEndianBytes(piece, dtype);
  }
  await writeNpyBytes(path, shape, `<${dtype}`, dtype === 'f4' ? 4 : 8, bytes());
}

/** `writeNpy` of elements of any type, as bytes; `descr` is NumPy's name of the type. */
export async function writeNpyBytes(
  path: string,
  shape: number[],
  descr: string,
  elementBytes: number,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const count = shape.reduce((product, length) => product * length, 1);
  const aside = `${path}.tmp`;
  let file: FileHandle | undefined;
  let done = false;
  try {
    file = await open(aside, 'w');
    await file.writeFile(npyHeaderBytes(shape, descr));
    let written = 0;
    for await (const piece of pieces) {
      written += piece.length;
      await file.writeFile(piece);
    }
    if (written !== count * elementBytes) throw new RangeError(`${written / elementBytes} values for the shape [${shape.join(', ')}]`);
    await file.close();
    await rename(aside, path);
    done = true;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UnitscopeError('output.failed', `${path} cannot be written (${code}); choose another folder.`, {
      cause: error,
    });
  } finally {
    if (!done) {
      await file?.close();
      if (file) await rm(aside, { force: true });
    }
  }
}

function littleEndianBytes(piece: NpyNumbers, dtype: 'f4' | 'f8'): Uint8Array {
  const Wanted = dtype === 'f4' ? Float32Array : Float64Array;
  const numbers = piece instanceof Wanted ? piece : Wanted.from(piece);
  const bytes = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  if (littleEndianHere) return bytes;
  return dtype === 'f4' ? Buffer.from(bytes).swap32() : Buffer.from(bytes).swap64();
}

/**
 * The rows of a square RDM [n, n] from its condensed upper triangle [n(n-1)/2] (row by row, as SciPy's `squareform`),
 * one at a time; each is valid until the next is asked for.
 */
export function* squareRows(condensed: ArrayLike<number>, n: number): Generator<Float64Array<ArrayBuffer>> {
  const row = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    // The pair (j, i), j < i, is at j(2n - j - 1)/2 + i - j - 1; from j to j + 1 that grows by n - j - 2.
    let at = i - 1;
    for (let j = 0; j < i; j++) {
      row[j] = condensed[at]!;
      at += n - j - 2;
    }
    row[i] = 0;
    // `at` is now one before the pair (i, i + 1).
    for (let j = i + 1; j < n; j++) row[j] = condensed[++at]!;
    yield row;
  }
}
