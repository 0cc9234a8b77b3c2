import { UnitscopeError } from '../../../protocol/errors';
import type { AttributeValue, OnnxGraph, TensorRef } from '../graph';
import { dtypeName } from '../tensorRef';
import type { TensorReader } from '../tensorData';

/** Characters of a list or tensor that are written out, and of a text. */
const LONGEST_LIST = 300;
const LONGEST_TEXT = 10_000;

/** Larger tensors are named by type and shape alone. */
const MOST_ELEMENTS = 256;

/** An attribute's value for a person: numbers as they were written, lists and tensors cut. */
export function attributeText(name: string, attribute: AttributeValue, reader: TensorReader): string {
  const { type, value } = attribute;
  switch (type) {
    case 'int': return withElementType(name, value);
    case 'float': return floatText(value);
    case 'string': return value.length > LONGEST_TEXT ? `${value.slice(0, LONGEST_TEXT)}…` : value;
    case 'ints': return listText(value, intText);
    case 'floats': return listText(value, floatText);
    case 'strings': return listText(value, (text) => JSON.stringify(text));
    case 'tensor': return tensorText(value, reader);
    case 'tensors': return listText(value, shapeText);
    case 'sparse_tensor': return `${value.values.dtype || 'undefined'}[${value.dims.join(', ')}], ${value.values.elementCount} stored`;
    case 'graph': return graphText(value);
    case 'graphs': return listText(value, graphText);
    case 'reference': return `the function's attribute "${value}"`;
    case 'other': return 'not shown';
  }
}

/** A default value of an operator's schema. */
export function defaultText(name: string, value: number | string | readonly (number | string)[]): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) ? withElementType(name, value) : String(value);
  return listText(value, (item) => (typeof item === 'string' ? JSON.stringify(item) : String(item)));
}

/** Some attributes hold a number of TensorProto.DataType: "7 (int64)". */
function withElementType(name: string, value: number): string {
  const isType = name === 'to' || name === 'dtype' || name.endsWith('_dtype') || name === 'stash_type' || name.endsWith('_precision');
  const type = isType ? dtypeName(value) : '';
  return type === '' || type.startsWith('type') ? intText(value) : `${intText(value)} (${type})`;
}

/** Of 64 bits; the limits, which mean "to the end", are no exact numbers in JavaScript. */
function intText(value: number): string {
  if (value >= 2 ** 63) return '9223372036854775807';
  return Number.isSafeInteger(value) ? String(value) : BigInt(value).toString();
}

/** The shortest decimal that is this float32: 0.1, not 0.10000000149. */
export function floatText(value: number): string {
  for (let digits = 1; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(value);
}

function listText<T>(values: readonly T[], text: (value: T) => string): string {
  const parts: string[] = [];
  let length = 0;
  for (const value of values) {
    const part = text(value);
    length += part.length + 2;
    if (length > LONGEST_LIST && parts.length > 0) return `[${parts.join(', ')}, … ${values.length} in all]`;
    parts.push(part.length > LONGEST_LIST ? `${part.slice(0, LONGEST_LIST)}…` : part);
  }
  return `[${parts.join(', ')}]`;
}

function shapeText({ dtype, dims }: TensorRef): string {
  return `${dtype || 'undefined'}[${dims.join(', ')}]`;
}

function graphText({ name, nodes }: OnnxGraph): string {
  return `${name === '' ? 'graph' : `"${name}"`} of ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`;
}

function tensorText(ref: TensorRef, reader: TensorReader): string {
  const shape = shapeText(ref);
  if (ref.elementCount > MOST_ELEMENTS || ref.elementCount === 0) return shape;
  try {
    return `${shape} ${valuesText(ref, reader)}`;
  } catch (error) {
    // Types that are not read, and external data that is missing: what it is stands there all the same.
    if (error instanceof UnitscopeError) return shape;
    throw error;
  }
}

function valuesText(ref: TensorRef, reader: TensorReader): string {
  if (ref.dtype === 'string') {
    const texts = reader.strings(ref);
    return ref.dims.length === 0 && texts.length === 1 ? JSON.stringify(texts[0]) : listText(texts, (text) => JSON.stringify(text));
  }
  const values = Array.from<number | bigint, number | bigint>(reader.read(ref).data, (value) => value);
  const text = (value: number | bigint): string => (typeof value === 'number' && ref.dtype !== 'float64' ? floatText(value) : String(value));
  return ref.dims.length === 0 ? text(values[0]!) : listText(values, text);
}
