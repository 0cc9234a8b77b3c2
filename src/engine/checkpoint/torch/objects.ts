import { dictOf, PyBytes, PyCall, PyDict, PyFloat, PyGlobal, PyPersistent, PySequence, sequenceOf, type PyValue } from '../pickle/values';
import { shown } from '../problem';

/**
 * What is in a value, with names: entries of dictionaries, items of lists, attributes of objects. A `torch.nn.Module` has its
 * parameters, buffers and modules under their own names, as in its state_dict.
 */
export function* childrenOf(value: PyValue): Generator<[key: string, value: PyValue]> {
  if (value instanceof PySequence) yield* indexed(value.items);
  else if (value instanceof PyDict) yield* entries(value);
  else if (value instanceof PyCall) {
    if (value.dict) yield* entries(value.dict);
    if (value.items) yield* indexed(value.items);
    if (value.state !== undefined) yield* attributes(value);
    else if (!value.dict && !value.items) yield* fromArguments(value);
  }
}

function* fromArguments(call: PyCall): Generator<[string, PyValue]> {
  const only = call.arg(0);
  const isPairs = /^collections\.OrderedDict$/.test(call.text) && only instanceof PySequence;
  if (!isPairs) {
    for (const [i, item] of (sequenceOf(call.args) ?? []).entries()) yield [String(i), item];
    return;
  }
  for (const pair of only.items) {
    const [key, item] = sequenceOf(pair) ?? [];
    if (key !== undefined && item !== undefined) yield [keyText(key), item];
  }
}

const modulePart = /^_(parameters|buffers|modules)$/;

function* attributes(call: PyCall): Generator<[string, PyValue]> {
  const state = dictOf(call.state);
  if (!state) {
    if (call.state instanceof PySequence) for (const item of call.state.items) if (item instanceof PyDict) yield* entries(item);
    return;
  }
  if (isModule(call)) {
    for (const part of ['_parameters', '_buffers', '_modules']) {
      const members = dictOf(state.get(part));
      if (members) yield* entries(members);
    }
    for (const [key, value] of entries(state)) if (!modulePart.test(key)) yield [key, value];
  } else if (!call.dict) yield* entries(state);
}

/** Whether a value is an object of `torch.nn.Module`. */
export function isModule(value: PyValue): boolean {
  if (!(value instanceof PyCall)) return false;
  const state = dictOf(value.state);
  return state !== undefined && dictOf(state.get('_modules')) !== undefined && dictOf(state.get('_parameters')) !== undefined;
}

function* entries(dict: PyDict): Generator<[string, PyValue]> {
  for (const [key, value] of dict.entries()) yield [keyText(key), value];
}

function* indexed(items: readonly PyValue[]): Generator<[string, PyValue]> {
  for (const [i, item] of items.entries()) yield [String(i), item];
}

/** A key in short. */
export function keyText(key: PyValue): string {
  if (typeof key === 'string') return shown(key, 300);
  if (key === null || typeof key !== 'object') return String(key);
  if (key instanceof PyFloat) return String(key.value);
  if (key instanceof PyGlobal) return shown(key.text, 300);
  if (key instanceof PyBytes) return `${key.length} bytes`;
  if (key instanceof PyPersistent) return 'persistent id';
  if (key instanceof PySequence && key.items.length <= 8 && key.items.every((item) => item === null || typeof item !== 'object'))
    return shown(`(${key.items.map(String).join(', ')})`, 300);
  return key instanceof PySequence ? key.kind : key instanceof PyDict ? 'dict' : 'object';
}
