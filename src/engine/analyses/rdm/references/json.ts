import { basename } from 'node:path';
import { readWhole, unreadable } from '../../../io/wholeFile';
import { entriesOf, type NumberArray, type RdmEntry } from './entry';

const mostBytes = 2 ** 28;

/** Keys of an object that its RDM may be under, the first one found counts. */
const matrixKeys = ['rdm', 'rdms', 'matrix', 'dissimilarities', 'values'];

/**
 * Reads RDMs from JSON: nested lists (square, condensed, or several of them), an object `{ name?, names?, rdm }` with the
 * lists under `rdm`, `rdms`, `matrix`, `dissimilarities` or `values`, or a list of such objects. Throws
 * `reference.unreadable` naming the file.
 */
export async function readJsonRdms(path: string, name: string): Promise<RdmEntry[]> {
  const file = basename(path);
  const text = (await readWhole(path, mostBytes)).toString('utf8').replace(/^\uFEFF/, '');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw unreadable(`${file} is not valid JSON (NaN is not JSON either: write null); write it again.`, error);
  }
  if (Array.isArray(content) && content.length > 0 && content.every(isObject)) {
    return content.flatMap((item, i) => fromObject(item, `${name} ${i + 1}`, `${file} (object ${i + 1})`));
  }
  if (isObject(content)) return fromObject(content, name, file);
  return entriesOf(toArray(content, file), name, null, file);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fromObject(object: Record<string, unknown>, name: string, place: string): RdmEntry[] {
  const keys = Object.keys(object);
  const find = (wanted: string) => keys.find((key) => key.toLowerCase() === wanted);
  const key = matrixKeys.map(find).find((found) => found !== undefined);
  if (key === undefined) {
    const there = keys.slice(0, 8).map((some) => `"${some}"`).join(', ') || 'nothing';
    throw unreadable(`${place} holds no RDM under ${matrixKeys.map((some) => `"${some}"`).join(', ')}; it has ${there}; name the matrix "rdm".`);
  }
  const ownName = object[find('name') ?? ''];
  const names = object[find('names') ?? ''] ?? null;
  if (names !== null && !(Array.isArray(names) && names.every((part) => typeof part === 'string'))) {
    throw unreadable(`${place} has "names" that are not a list of texts; give each stimulus a name.`);
  }
  const known = typeof ownName === 'string' && ownName !== '' ? ownName : name;
  return entriesOf(toArray(object[key], place), known, names, place);
}

/** Nested lists of numbers, up to three deep, as an array; null is NaN. */
function toArray(value: unknown, place: string): NumberArray {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  if (shape.length === 0 || shape.length > 3) throw unreadable(`${place} holds no list of numbers; give an RDM as a list of rows.`);
  const wrong = (part: unknown): Error => {
    const what = Array.isArray(part) ? `a list of ${part.length}` : JSON.stringify(part).slice(0, 40);
    return unreadable(`${place} has ${what} where it should not be; give lists of numbers, all rows of the same length.`);
  };
  // Nothing is allocated before all lengths are known to be true.
  const check = (part: unknown, axis: number): void => {
    if (!Array.isArray(part) || part.length !== shape[axis]) throw wrong(part);
    if (axis + 1 < shape.length) for (const inner of part) check(inner, axis + 1);
  };
  check(value, 0);
  const numbers = (value as unknown[]).flat(shape.length - 1);
  const data = Float64Array.from(numbers, (number) => {
    if (number !== null && typeof number !== 'number') throw wrong(number);
    return number ?? NaN;
  });
  return { shape, data };
}
