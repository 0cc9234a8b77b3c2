import { basename } from 'node:path';
import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { Bytes, Damage, types, type Element } from './matElements';
import { readWhole, unreadable } from './wholeFile';

// The format: The MathWorks, "MAT-File Format", level 5.

/** A variable, a field or a cell. `shape` has at least two axes; the first one varies fastest in all that is listed. */
export type MatValue = { shape: number[] } & (
  | {
      kind: 'numeric';
      /** MATLAB's name of it: `double`, `uint8`, `logical`. */
      type: string;
      complex: boolean;
      /** Real parts as float64; they are decoded here, not before. */
      values: () => Float64Array;
    }
  | { kind: 'char'; /** Without trailing blanks. */ rows: string[] }
  | { kind: 'cell'; cells: MatValue[] }
  | { kind: 'struct'; fields: string[]; elements: Map<string, MatValue>[] }
  | { kind: 'skipped'; /** What it is, as in "a sparse matrix". */ what: string }
);

export interface MatVariable {
  name: string;
  value: MatValue;
}

const mostFileBytes = 2 ** 30;
const deepest = 32;
/** Cells, fields and variables in a file: each takes memory of its own. */
const mostValues = 250_000;
const mostCharacters = 1_000_000;

const inflated = promisify(inflate);

const numericTypes = new Map([
  [6, 'double'],
  [7, 'single'],
  [8, 'int8'],
  [9, 'uint8'],
  [10, 'int16'],
  [11, 'uint16'],
  [12, 'int32'],
  [13, 'uint32'],
  [14, 'int64'],
  [15, 'uint64'],
]);

/**
 * Reads the variables of a MATLAB level 5 file (`save -v6` or `-v7`), of either byte order: numeric and logical arrays,
 * text, cells and structs. Sparse matrices, objects and function handles are listed as skipped. Numbers stay bytes until
 * `values()` is called. Throws `reference.unreadable` for other versions and for damaged files, and where a file
 * is larger than 1 GiB or, inflated, than `mostInflatedBytes`, nests deeper than 32 levels or has more than 250,000 values.
 */
export async function readMat(path: string, mostInflatedBytes = 2 ** 30): Promise<MatVariable[]> {
  const name = basename(path);
  const file = await readWhole(path, mostFileBytes);
  const little = byteOrder(file, name);
  try {
    return await readVariables(new Bytes(file.subarray(128), little), mostInflatedBytes);
  } catch (error) {
    if (error instanceof Damage) throw unreadable(`${name}: ${error.message}.`, error);
    throw error;
  }
}

/** Whether the file is little-endian; throws where it is no MATLAB level 5 file. */
function byteOrder(file: Buffer, name: string): boolean {
  const mark = file.length < 128 ? '' : file.toString('latin1', 126, 128);
  const little = mark === 'IM';
  const version = file.length < 128 ? 0 : little ? file.readUInt16LE(124) : file.readUInt16BE(124);
  const hdf5 = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');
  if (version === 0x0200 || [0, 512].some((at) => file.subarray(at, at + 8).equals(hdf5))) {
    throw unreadable(`${name} is a MATLAB 7.3 file (HDF5); save it with -v7, or save the matrix as .npy.`);
  }
  if ((little || mark === 'MI') && version >> 8 === 1) return little;
  // Level 4 starts with a number below 5000 that says byte order and type; level 5 starts with text.
  if (file.length >= 20 && file.subarray(0, 4).includes(0)) {
    throw unreadable(`${name} is a MATLAB 4 file or damaged; save it with -v7, or save the matrix as .npy.`);
  }
  throw unreadable(`${name} is no MATLAB file; save it in MATLAB with -v7, or save the matrix as .npy.`);
}

async function readVariables(file: Bytes, inflatedLeft: number): Promise<MatVariable[]> {
  const variables: MatVariable[] = [];
  const budget = { values: mostValues };
  while (!file.atEnd) {
    let element = file.element();
    if (element.type === types.compressed) {
      const bytes = await inflateVariable(element.bytes, inflatedLeft);
      inflatedLeft -= bytes.length;
      element = new Bytes(bytes, file.little).element();
    }
    if (element.type !== types.matrix) continue;
    const { name, value } = parseMatrix(element, budget, 0);
    // Variables without a name hold what belongs to objects.
    if (name !== '') variables.push({ name, value });
  }
  return variables;
}

async function inflateVariable(bytes: Buffer, most: number): Promise<Buffer> {
  try {
    return await inflated(bytes, { maxOutputLength: Math.max(1, most) });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_BUFFER_TOO_LARGE') {
      throw new Damage('it takes more memory than it may, once inflated; save the matrix alone, as .npy', { cause: error });
    }
    if (code?.startsWith('Z_')) {
      throw new Damage(`a compressed variable is damaged (${code}); copy or download it again`, { cause: error });
    }
    throw error;
  }
}

interface Budget {
  values: number;
}

function parseMatrix(element: Element, budget: Budget, depth: number): MatVariable {
  if (depth > deepest) throw new Damage(`it is nested deeper than ${deepest} levels; save the matrix alone`);
  if (--budget.values < 0) throw new Damage(`it has more than ${mostValues} values; save the matrix alone`);
  const parts = element.inside();
  // MATLAB writes an empty array in a cell or field as a matrix without contents.
  if (parts.atEnd) return { name: '', value: numeric([0, 0], 'double', false, undefined) };
  const flags = parts.integers('array flags');
  const kind = flags[0]! & 0xff;
  if (kind === 17) return { name: parts.text('name'), value: { shape: [1, 1], kind: 'skipped', what: 'an object' } };
  const shape = parseShape(parts);
  const name = parts.text('name');
  const count = shape.reduce((product, length) => product * length, 1);
  const nested = (): MatValue => {
    const inner = parts.element();
    if (inner.type !== types.matrix) throw new Damage(`"${name}" has a damaged cell or field; copy or download it again`);
    return parseMatrix(inner, budget, depth + 1).value;
  };
  const list = <T>(length: number, make: () => T): T[] => {
    if (length > budget.values) throw new Damage(`it has more than ${mostValues} values; save the matrix alone`);
    return Array.from({ length }, make);
  };

  switch (kind) {
    case 1:
      return { name, value: { shape, kind: 'cell', cells: list(count, nested) } };
    case 2: {
      const fields = parseFields(parts);
      const structOf = () => new Map(fields.map((field) => [field, nested()]));
      const elements = fields.length === 0 ? [] : list(count, structOf);
      return { name, value: { shape, kind: 'struct', fields, elements } };
    }
    case 3:
      return { name, value: { shape, kind: 'skipped', what: 'an object' } };
    case 4:
      return { name, value: { shape, ...parseText(parts, shape, count) } };
    case 5:
      return { name, value: { shape, kind: 'skipped', what: 'a sparse matrix' } };
    case 16:
      return { name, value: { shape, kind: 'skipped', what: 'a function handle' } };
  }
  const type = numericTypes.get(kind);
  if (type === undefined) return { name, value: { shape, kind: 'skipped', what: `an array of the unknown class ${kind}` } };
  const data = count === 0 ? undefined : parts.element();
  const stored = data ? data.count() : 0;
  if (stored !== count) {
    throw new Damage(`"${name}" has ${stored} values, but is ${shape.join('x')}; copy or download it again`);
  }
  return { name, value: numeric(shape, flags[0]! & 0x200 ? 'logical' : type, (flags[0]! & 0x800) !== 0, data) };
}

function numeric(shape: number[], type: string, complex: boolean, data: Element | undefined): MatValue {
  return { shape, kind: 'numeric', type, complex, values: () => data?.numbers() ?? new Float64Array(0) };
}

function parseShape(parts: Bytes): number[] {
  const shape = [...parts.integers('dimensions')];
  const sound = shape.length >= 2 && shape.length <= 32 && shape.every((length) => Number.isInteger(length) && length >= 0);
  if (!sound) throw new Damage(`an array has the dimensions [${shape.slice(0, 32).join(', ')}]; copy or download it again`);
  return shape;
}

/** Names of fields: each takes the same number of bytes, filled up with NUL. */
function parseFields(parts: Bytes): string[] {
  const [length = 0] = parts.integers('length of field names');
  const { bytes } = parts.element();
  if (length < 1 || bytes.length % length !== 0 || bytes.length / length > 4096) {
    throw new Damage(`a struct's field names are damaged; copy or download it again`);
  }
  return Array.from({ length: bytes.length / length }, (_, i) =>
    bytes.toString('latin1', i * length, (i + 1) * length).replace(/\0.*$/s, ''),
  );
}

type Text = { kind: 'char'; rows: string[] } | { kind: 'skipped'; what: string };

/** Rows of a char array [rows, columns], which is stored by columns. A text that is wrong makes no file unreadable. */
function parseText(parts: Bytes, shape: number[], count: number): Text {
  if (count === 0) return { kind: 'char', rows: [] };
  if (count > mostCharacters) return { kind: 'skipped', what: 'a long text' };
  const characters = parts.element().characters(count);
  if (!characters) return { kind: 'skipped', what: 'a text of another length than it should have' };
  const rows = Array.from({ length: shape[0]! }, (_, row) => {
    const own: string[] = [];
    for (let i = row; i < count; i += shape[0]!) own.push(characters[i]!);
    return own.join('').trimEnd();
  });
  return { kind: 'char', rows };
}
