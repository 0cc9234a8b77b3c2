import { MemorySource } from '../../io/subSource';
import { findElement, type ElementType } from '../elements';
import { numpyElement } from '../numpy/descr';
import { bytesOf } from '../pickle/interpret';
import { integersOf, PyBytes, PyCall, PyGlobal, sequenceOf, type PyValue } from '../pickle/values';
import { elementCount, fortranStrides, isContiguous, isShape, listedTensor, stridedTensor, type CheckpointTensor } from '../tensor';
import { storageOf, torchDtype, type FindStorage, type StorageRef } from './storages';

/** A value of a pickle that is a tensor or an array. */
export interface TensorRecord {
  shape: number[];
  dtype: string;
  bytes: number;
  storage: { ref: StorageRef; strides: number[]; offset: number } | null;
  /** Gives it a name, and its place in the file. */
  make(name: string, find: FindStorage, sharedBy: number): CheckpointTensor;
}

const wrappers = /^torch\.(_utils\._rebuild_parameter(_with_state)?|nn\.parameter\.(Parameter|Buffer))$/;
const plain = /^torch\._utils\._rebuild_(tensor|tensor_v2|tensor_v3|qtensor)$/;
const arrays = /^numpy\._?core\.(multiarray\._reconstruct|numeric\._frombuffer)$/;

/** The tensor that a value is, through any wrappers (parameters, subclasses); undefined where it is none. */
export function tensorRecord(value: PyValue): TensorRecord | undefined {
  let inner: PyValue | undefined = value;
  while (inner instanceof PyCall) {
    const { text } = inner;
    if (wrappers.test(text)) inner = inner.arg(0);
    else if (text === 'torch._tensor._rebuild_from_type_v2') inner = new PyCall(inner.arg(0) ?? null, inner.arg(2) ?? null);
    else if (plain.test(text)) return torchTensor(inner, text);
    else if (text.startsWith('torch._utils._rebuild_')) return unknownTensor(inner, text);
    else if (arrays.test(text)) return numpyArray(inner);
    else return undefined;
  }
  return undefined;
}

function torchTensor(call: PyCall, text: string): TensorRecord | undefined {
  const ref = storageOf(call.arg(0));
  const offset = call.arg(1);
  const shape = integersOf(call.arg(2));
  const strides = integersOf(call.arg(3));
  if (!ref || typeof offset !== 'number' || !shape || !isShape(shape) || strides?.length !== shape.length) return undefined;
  const name = ref.dtype ?? torchDtype(call.arg(6));
  const type = name === undefined ? undefined : findElement(name);
  const quantized = text.endsWith('_rebuild_qtensor');
  const dtype = quantized ? `quantized ${name}` : (name ?? 'unknown');
  const bytes = elementCount(shape) * (type?.bytes ?? 0);
  return {
    shape,
    dtype,
    bytes,
    storage: { ref, strides, offset },
    make(as, find, sharedBy) {
      const place = find(ref);
      const reason = !type
        ? `elements of type ${dtype} are not read`
        : !place
          ? 'the file does not have their storage; it may be incomplete'
          : fits(shape, strides, offset, type, Math.min(place.bytes, ref.bytes))
            ? null
            : 'they do not fit their storage; the file is damaged';
      if (reason !== null || !type || !place) return listedTensor(as, shape, dtype, bytes, reason ?? '');
      const whole = sharedBy === 1 && offset === 0 && isContiguous(shape, strides) && bytes === ref.bytes;
      const view = whole ? null : { strides, offset, storage: ref.key, storageBytes: ref.bytes, sharedBy };
      return stridedTensor(
        { name: as, shape, dtype, view },
        { source: place.source, start: place.start + offset * type.bytes, type, strides, bigEndian: place.bigEndian },
      );
    },
  };
}

function fits(shape: readonly number[], strides: readonly number[], offset: number, type: ElementType, bytes: number): boolean {
  if (offset < 0 || strides.some((stride) => stride < 0)) return false;
  if (shape.includes(0)) return true;
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  return (last + 1) * type.bytes <= bytes;
}

/** Sparse and other tensors: their name is all that is said about them. */
function unknownTensor(call: PyCall, text: string): TensorRecord {
  const kind = text.replace('torch._utils._rebuild_', '').replace(/_?tensor.*$/, '') || 'unknown';
  const shape = kind === 'meta' ? (integersOf(call.arg(1)) ?? []) : [];
  const dtype = kind === 'meta' ? (torchDtype(call.arg(0)) ?? 'meta') : kind;
  const sound = isShape(shape) ? shape : [];
  return {
    shape: sound,
    dtype,
    bytes: 0,
    storage: null,
    make: (as) => listedTensor(as, sound, dtype, 0, kind === 'meta' ? 'it was saved without values' : `${kind} tensors are not read`),
  };
}

/** `numpy.core.multiarray._reconstruct(...)` filled with (version, shape, dtype, Fortran order, bytes), or `_frombuffer(bytes, dtype, shape, order)`. */
function numpyArray(call: PyCall): TensorRecord | undefined {
  const whole = sequenceOf(call.state);
  const fromBuffer = call.text.endsWith('_frombuffer');
  const [shapes, dtypes, order, data] = fromBuffer
    ? [call.arg(2), call.arg(1), call.arg(3) === 'F', call.arg(0)]
    : [whole?.[1], whole?.[2], whole?.[3] === true, whole?.[4]];
  const shape = integersOf(shapes);
  if (!shape || !isShape(shape)) return undefined;
  const descr = numpyDescr(dtypes);
  const found = numpyElement(descr);
  const bytes = elementCount(shape) * (found?.type.bytes ?? 0);
  return {
    shape,
    dtype: found?.type.name ?? descr,
    bytes,
    storage: null,
    make(name) {
      const content = bytesOf(data);
      if (!found || !content) return listedTensor(name, shape, descr, bytes, 'its elements are no plain numbers');
      if (content.length < bytes) return listedTensor(name, shape, descr, bytes, 'it has fewer bytes than its shape takes; the file is damaged');
      const { source, start } = content instanceof PyBytes ? content : { source: new MemorySource(name, content), start: 0 };
      const strides = order ? fortranStrides(shape) : undefined;
      return stridedTensor({ name, shape }, { source: () => source, start, ...found, strides });
    },
  };
}

/** NumPy's name of a `numpy.dtype('f4', False, True)` whose state begins (3, '<'). */
export function numpyDescr(value: PyValue | undefined): string {
  if (value instanceof PyGlobal) return value.name;
  if (!(value instanceof PyCall) || value.text !== 'numpy.dtype') return 'unknown';
  const code = value.arg(0);
  const order = sequenceOf(value.state)?.[1];
  return typeof code === 'string' ? `${typeof order === 'string' && /^[<>=|]$/.test(order) ? order : ''}${code}` : 'unknown';
}
