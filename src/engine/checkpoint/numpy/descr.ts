import { splitDescr } from '../../io/npyHeader';
import { findElement, type ElementType } from '../elements';

const codes: Readonly<Record<string, string | undefined>> = {
  f2: 'float16', f4: 'float32', f8: 'float64', i1: 'int8', i2: 'int16', i4: 'int32', i8: 'int64', u1: 'uint8', u2: 'uint16', u4: 'uint32', u8: 'uint64',
  b1: 'bool', c8: 'complex64', c16: 'complex128', '?': 'bool',
};

/** The element type that NumPy calls `descr`; undefined where it is no plain number. */
export function numpyElement(descr: string): { type: ElementType; bigEndian: boolean } | undefined {
  const { bigEndian, code } = splitDescr(descr);
  const name = codes[code];
  const type = name === undefined ? undefined : findElement(name);
  return type && { type, bigEndian: bigEndian && type.bytes > 1 };
}
