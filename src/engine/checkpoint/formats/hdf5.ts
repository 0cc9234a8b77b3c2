import type { Metadata } from 'h5wasm';
import type { ByteSource } from '../../io/rangedFile';
import type { Contents } from '../checkpoint';
import { findElement, type ElementType } from '../elements';
import { shown, unreadable } from '../problem';
import { boxes, elementCount, isShape, listedTensor, type CheckpointTensor } from '../tensor';
import { jsonItem } from '../tree';
import { loadHdf5, withHdf5, type OpenHdf5 } from './hdf5Library';

const mostObjects = 50_000;
const mostDepth = 32;
/** Attributes of more bytes are left out of the tree. */
const mostAttribute = 2 ** 20;
const mostAttributes = 1000;

export function isHdf5(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 8)).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'));
}

/**
 * The datasets of an HDF5 file by their paths, and the attributes of its groups. Links to other files are not followed.
 * Throws `reference.unreadable` for a damaged one.
 */
export async function readHdf5(file: ByteSource): Promise<Contents> {
  await loadHdf5();
  return withHdf5(file, (open) => {
    const tensors: CheckpointTensor[] = [];
    const attributes = new Map<string, unknown>();
    const groups: { path: string; depth: number }[] = [{ path: '/', depth: 0 }];
    // A group can be in itself: each is looked into once.
    const known = new Set([Buffer.from(open.library.create_object_reference(open.id, '/')).toString('hex')]);
    let seen = 0;
    for (let group = groups.shift(); group; group = groups.shift()) {
      const { path, depth } = group;
      if (attributes.size < mostAttributes) readAttributes(open, path, attributes);
      for (const name of open.library.get_names(open.id, path, false)) {
        if (++seen > mostObjects) throw unreadable(file.name, `it has more than ${mostObjects} objects`);
        const child = path === '/' ? `/${name}` : `${path}/${name}`;
        const type = open.library.get_type(open.id, child);
        if (type === open.library.H5G_GROUP && depth < mostDepth) {
          const place = Buffer.from(open.library.create_object_reference(open.id, child)).toString('hex');
          if (!known.has(place)) groups.push({ path: child, depth: depth + 1 });
          known.add(place);
        }
        if (type === open.library.H5G_DATASET) tensors.push(datasetTensor(file, open, child));
      }
    }
    return { format: 'HDF5', tensors, tree: jsonItem(attributes), warnings: [] };
  });
}

function readAttributes({ library, id }: OpenHdf5, path: string, into: Map<string, unknown>): void {
  for (const name of library.get_attribute_names(id, path)) {
    const value = attribute({ library, id }, path, name);
    if (value === undefined) continue;
    const key = path === '/' ? name : `${path.slice(1)}/${name}`;
    into.set(key, typeof value === 'string' && /^\s*[{[]/.test(value) ? parsed(value) : value);
  }
}

/** Texts and numbers; undefined for other types and long ones. */
function attribute({ library, id }: OpenHdf5, path: string, name: string): unknown {
  const metadata = library.get_attribute_metadata(id, path, name);
  const { shape, size, total_size: count, type, vlen, cset } = metadata;
  const bytes = size * count;
  if (!shape || !(bytes <= mostAttribute)) return undefined;
  const element = type === library.H5T_class_t.H5T_STRING.value ? undefined : elementOf(library, metadata);
  if (!element && type !== library.H5T_class_t.H5T_STRING.value) return undefined;
  const pointer = library._malloc(Math.max(1, bytes));
  try {
    if (library.get_attribute_data(id, path, name, BigInt(pointer)) < 0) return undefined;
    const content = library.HEAPU8.slice(pointer, pointer + bytes);
    if (element) return oneOrAll(shape, Array.from(element.decode(content.buffer)));
    const read = (at: number): string => (cset === 1 ? library.UTF8ToString(at) : library.AsciiToString(at));
    const texts = vlen
      ? Array.from(new Uint32Array(content.buffer), read)
      : Array.from({ length: count }, (_, i) => Buffer.from(content.subarray(i * size, (i + 1) * size)).toString('utf8').replace(/\0.*$/s, ''));
    if (vlen) library.reclaim_vlen_memory(id, path, name, BigInt(pointer));
    return oneOrAll(shape, texts);
  } finally {
    library._free(pointer);
  }
}

function oneOrAll<T>(shape: readonly number[], values: T[]): T | T[] | undefined {
  return shape.length === 0 ? values[0] : values;
}

/** JSON where a text is some, as Keras writes its configuration; else the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function datasetTensor(file: ByteSource, open: OpenHdf5, path: string): CheckpointTensor {
  const metadata = open.library.get_dataset_metadata(open.id, path);
  const name = path.slice(1);
  const shape = metadata.shape ?? [0];
  if (!isShape(shape)) throw unreadable(file.name, `its dataset ${shown(name)} has an impossible shape`, 'copy or download it again');
  const type = elementOf(open.library, metadata);
  const count = elementCount(shape);
  if (!type) return listedTensor(name, shape, kindOf(metadata), count * metadata.size, 'its elements are no plain numbers');
  if (metadata.virtual_sources) return listedTensor(name, shape, type.name, 0, 'it is put together from other files');
  return {
    name,
    shape,
    dtype: type.name,
    count,
    bytes: count * type.bytes,
    view: null,
    element: type,
    problem: null,
    read: (first, length) => withHdf5(file, (again) => readElements(file, again, path, shape, type, first, length)),
  };
}

function readElements(file: ByteSource, { library, id }: OpenHdf5, path: string, shape: readonly number[], type: ElementType, first: number, count: number): Uint8Array {
  const bytes = new Uint8Array(count * type.bytes);
  let at = 0;
  for (const { starts, lengths } of boxes(shape, first, count)) {
    const size = elementCount(lengths) * type.bytes;
    const pointer = library._malloc(Math.max(1, size));
    if (pointer === 0) throw unreadable(file.name, `there is no memory for ${size} bytes of ${shown(path)}`, 'close other files');
    try {
      const all = shape.length === 0;
      const status = library.get_dataset_data(
        id,
        path,
        all ? null : lengths.map(BigInt),
        all ? null : starts.map(BigInt),
        all ? null : lengths.map(() => 1n),
        BigInt(pointer),
      );
      if (status < 0) throw unreadable(file.name, `the values of ${shown(path)} cannot be read`, 'copy or download it again');
      bytes.set(library.HEAPU8.subarray(pointer, pointer + size), at);
    } finally {
      library._free(pointer);
    }
    at += size;
  }
  return bytes;
}

function elementOf({ H5T_class_t: classes }: OpenHdf5['library'], { type, size, signed, compound_type: compound, enum_type: enumeration }: Metadata): ElementType | undefined {
  if (type === classes.H5T_FLOAT.value) return findElement(`float${size * 8}`);
  if (type === classes.H5T_INTEGER.value) return findElement(`${signed ? '' : 'u'}int${size * 8}`);
  // h5py's booleans and complex numbers
  if (type === classes.H5T_ENUM.value && size === 1 && enumeration?.nmembers === 2) return findElement('bool');
  const [real, imaginary] = compound?.members ?? [];
  const isComplex = type === classes.H5T_COMPOUND.value && compound?.nmembers === 2 && real?.name === 'r' && imaginary?.name === 'i';
  const parts = real?.type === classes.H5T_FLOAT.value && imaginary?.type === classes.H5T_FLOAT.value && real.size * 2 === size && imaginary.offset === real.size;
  return isComplex && parts && real.littleEndian === imaginary.littleEndian ? findElement(`complex${size * 8}`) : undefined;
}

const classNames = ['integer', 'float', 'time', 'string', 'bits', 'opaque', 'compound', 'reference', 'enum', 'list', 'array'];

function kindOf({ type }: Metadata): string {
  return classNames[type] ?? 'unknown';
}
