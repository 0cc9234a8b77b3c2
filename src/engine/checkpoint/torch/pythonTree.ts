import { numpyElement } from '../numpy/descr';
import { bytesOf } from '../pickle/interpret';
import { PyBytes, PyCall, PyDict, PyFloat, PyGlobal, PyPersistent, PySequence, type PyValue } from '../pickle/values';
import { decode } from '../elements';
import { container, leaf, type TreeItem } from '../tree';
import { childrenOf, isModule } from './objects';
import { numpyDescr, tensorRecord } from './tensors';

/** A value of a pickle to show. Containers of nothing but tensors are one line: the list of tensors has them. */
export function pythonItem(value: PyValue): TreeItem {
  if (value === null) return leaf('none', 'None');
  if (typeof value === 'boolean') return leaf('boolean', value ? 'True' : 'False');
  if (typeof value === 'number' || typeof value === 'bigint') return leaf('number', String(value));
  if (typeof value === 'string') return leaf('text', value);
  if (value instanceof PyFloat) return leaf('number', floatText(value.value));
  if (value instanceof PyBytes) return leaf(value.kind, `${value.length} bytes`);
  if (value instanceof PyGlobal) return leaf('name', value.text);
  if (value instanceof PyPersistent) return leaf('storage', 'a storage');
  const tensor = tensorRecord(value);
  if (tensor) return leaf('tensor', `${tensor.dtype} [${tensor.shape.join(', ')}]`);
  const scalar = numpyScalar(value);
  if (scalar !== undefined) return leaf('number', scalar);
  return structure(value);
}

function structure(value: PySequence | PyDict | PyCall): TreeItem {
  let size = 0;
  let tensors = 0;
  let short = true;
  for (const [, child] of childrenOf(value)) {
    size++;
    if (tensorRecord(child)) tensors++;
    short &&= child === null || typeof child !== 'object' || child instanceof PyFloat;
  }
  if (tensors > 0 && tensors === size) return leaf('tensors', `${size} ${size === 1 ? 'tensor' : 'tensors'}`);
  const kind = value instanceof PySequence ? value.kind : value instanceof PyDict ? 'dict' : isModule(value) ? 'module' : value.dict ? 'dict' : 'object';
  const name = value instanceof PyCall ? value.text : '';
  if (value instanceof PySequence && short && size <= 16)
    return leaf(kind, `(${value.items.map((item) => pythonItem(item).text).join(', ')})`);
  if (size === 0) return leaf(kind, name === '' ? 'empty' : name);
  const text = `${name}${name ? ', ' : ''}${size} ${size === 1 ? 'entry' : 'entries'}`;
  return container(kind, size, () => children(value), text);
}

function* children(value: PyValue): Generator<[string, TreeItem]> {
  for (const [key, child] of childrenOf(value)) yield [key, pythonItem(child)];
}

function floatText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e16 ? value.toFixed(1) : String(value);
}

/** `numpy.core.multiarray.scalar(dtype, bytes)` in words. */
function numpyScalar(value: PyValue): string | undefined {
  if (!(value instanceof PyCall) || !/^numpy\._?core\.multiarray\.scalar$/.test(value.text)) return undefined;
  const found = numpyElement(numpyDescr(value.arg(0)));
  const content = bytesOf(value.arg(1));
  if (!found || content?.length !== found.type.bytes) return undefined;
  const bytes = content instanceof PyBytes ? content.read() : content;
  return Array.from(decode(bytes.slice(), found.type), String).join(' + i ');
}
