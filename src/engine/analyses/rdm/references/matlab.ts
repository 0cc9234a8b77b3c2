import { basename } from 'node:path';
import { readMat, type MatValue } from '../../../io/mat';
import { unreadable } from '../../../io/wholeFile';
import { UnitscopeError } from '../../../../protocol/errors';
import { entriesOf, stimuliOf, type NumberArray, type RdmEntry } from './entry';

const matrixField = /^(rdms?|dissimilarities)$/i;

/**
 * Reads the RDMs of a MATLAB file: structs with a field `RDM`, `RDMs` or `dissimilarities` (and, where they are there, `name`
 * and `names`, a cell array of one text a stimulus), and variables that are square [n, n], several of them [n, n, k], or
 * a condensed vector. MATLAB's `squareform` goes down the columns of the lower triangle, which is along the rows of the upper
 * one. Other variables are passed over; a square one that is no RDM too, unless it is all there is. Throws
 * `reference.unreadable`.
 */
export async function readMatRdms(path: string): Promise<RdmEntry[]> {
  const file = basename(path);
  const entries: RdmEntry[] = [];
  let refusal: UnitscopeError | undefined;
  const variables = await readMat(path);
  for (const { name, value } of variables) {
    const place = `${file} (variable "${name}")`;
    if (value.kind === 'struct') entries.push(...fromStruct(value, name, place));
    if (value.kind !== 'numeric' || value.complex || !mayBeRdm(value.shape)) continue;
    try {
      entries.push(...entriesOf(arrayOf(value), name, null, place));
    } catch (error) {
      if (!(error instanceof UnitscopeError)) throw error;
      refusal ??= error;
    }
  }
  if (entries.length > 0) return entries;
  if (refusal) throw refusal;
  const there = variables.slice(0, 8).map(({ name, value }) => `${name} (${describe(value)})`);
  if (variables.length > 8) there.push(`${variables.length - 8} more`);
  throw unreadable(
    `${file} holds no RDM: it has ${there.join(', ') || 'no variables'}; save a square matrix, its upper triangle, or a struct with a field RDM.`,
  );
}

type Struct = MatValue & { kind: 'struct' };
type Numeric = MatValue & { kind: 'numeric' };

function fromStruct({ fields, elements }: Struct, variable: string, place: string): RdmEntry[] {
  const key = fields.find((field) => matrixField.test(field));
  if (key === undefined) return [];
  return elements.flatMap((element, i) => {
    const where = elements.length === 1 ? place : `${place.slice(0, -1)}, element ${i + 1})`;
    const matrix = element.get(key)!;
    if (matrix.kind !== 'numeric' || matrix.complex) {
      throw unreadable(`${where} has a field ${key} that is ${describe(matrix)}; it should be real numbers.`);
    }
    const array = arrayOf(matrix);
    const part = (wanted: string) => element.get(fields.find((field) => field.toLowerCase() === wanted) ?? '');
    const ownName = textsOf(part('name'))?.[0] ?? '';
    const name = ownName !== '' ? ownName : elements.length === 1 ? variable : `${variable} ${i + 1}`;
    const names = textsOf(part('names'));
    const n = array.shape.length === 1 ? stimuliOf(array.shape[0]!) : array.shape[1]!;
    return entriesOf(array, name, names?.length === n ? names : null, where);
  });
}

/** Whether a variable has a shape that RDMs have; a table with as many columns as a triangle has values is none. */
function mayBeRdm(shape: number[]): boolean {
  const [rows = 0, columns = 0] = shape;
  if (shape.length === 2 && (rows === 1 || columns === 1)) return stimuliOf(rows * columns) !== null;
  return shape.length <= 3 && rows === columns && rows >= 3;
}

/** Of numbers, as float64. */
const mostBytes = 2 ** 30;

/** Values with the last axis fastest. Matrices come out transposed, which for an RDM is the same. */
function arrayOf({ shape, values }: Numeric): NumberArray {
  const count = shape.reduce((product, length) => product * length, 1);
  if (count * 8 > mostBytes) throw unreadable(`An array of ${shape.join(' x ')} is too large for an RDM: 1 GiB is read; save it as .npy, condensed.`);
  const vector = shape.length === 2 && shape.includes(1);
  return { shape: vector ? [shape[0]! * shape[1]!] : shape.toReversed(), data: values() };
}

/** A cell array of texts, or the rows of a char array; undefined for anything else. */
function textsOf(value: MatValue | undefined): string[] | undefined {
  if (value?.kind === 'char') return value.rows;
  if (value?.kind !== 'cell') return undefined;
  const texts = value.cells.map((cell) => (cell.kind === 'char' && cell.rows.length <= 1 ? (cell.rows[0] ?? '') : null));
  return texts.every((text) => text !== null) ? texts : undefined;
}

function describe(value: MatValue): string {
  const size = value.shape.join('x');
  switch (value.kind) {
    case 'numeric':
      return `${value.complex ? 'complex ' : ''}${value.type} ${size}`;
    case 'struct':
      return `struct ${size} with ${value.fields.slice(0, 5).join(', ')}${value.fields.length > 5 ? ', …' : ''}`;
    case 'skipped':
      return value.what;
    default:
      return `${value.kind} ${size}`;
  }
}
