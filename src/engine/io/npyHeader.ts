// The format: NumPy Enhancement Proposal 1 and numpy/lib/format.py, versions 1.0, 2.0 and 3.0.

export const npyMagic = Buffer.from('\x93NUMPY', 'latin1');

const littleEndianHere = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

export interface NpyHeader {
  /** NumPy's name of the element type; undefined for structured ones. */
  descr: string | undefined;
  fortranOrder: boolean;
  shape: number[];
}

/**
 * Reads the text of a header, a Python dictionary: `{'descr': '<f8', 'fortran_order': False, 'shape': (92, 92), }`.
 * Null where it is none.
 */
export function parseNpyHeader(text: string): NpyHeader | null {
  const descr = /'descr'\s*:\s*(\[|'([^']*)')/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text);
  if (!descr || !order || !shape) return null;
  return {
    descr: descr[2],
    fortranOrder: order[1] === 'True',
    // Python 2 wrote lengths as 92L.
    shape: shape[1]!
      .split(',')
      .map((part) => part.trim().replace('L', ''))
      .filter((part) => part !== '')
      .map(Number),
  };
}

/** Byte order and kind of an element type: `>f8` is big-endian `f8`. The code is "" where there is none. */
export function splitDescr(descr: string): { bigEndian: boolean; code: string } {
  const [, byteOrder, code = ''] = /^([<>=|]?)(\w+)$/.exec(descr) ?? [];
  return { bigEndian: byteOrder === '>' || (byteOrder === '=' && !littleEndianHere), code };
}

/** As `numpy.save` writes it (version 1.0, C order), with room for the first length to grow to 21 digits. */
export function npyHeaderBytes(shape: readonly number[], descr: string): Buffer {
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const growth = shape.length === 0 ? 0 : 21 - String(shape[0]).length;
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }${' '.repeat(growth)}`;
  const start = npyMagic.length + 4;
  const length = Math.ceil((start + text.length + 1) / 64) * 64 - start;
  const bytes = Buffer.alloc(start + length, ' ');
  npyMagic.copy(bytes);
  bytes[6] = 1;
  bytes[7] = 0;
  bytes.writeUInt16LE(length, 8);
  bytes.write(text, start, 'latin1');
  bytes[bytes.length - 1] = 10;
  return bytes;
}
