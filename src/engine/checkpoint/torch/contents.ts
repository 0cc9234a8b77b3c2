import type { CheckpointWarning } from '../../../protocol/checkpoint';
import type { Contents } from '../checkpoint';
import { codeWarnings } from '../pickle/globals';
import type { Pickle } from '../pickle/interpret';
import type { PyValue } from '../pickle/values';
import type { CheckpointTensor } from '../tensor';
import { childrenOf } from './objects';
import { pythonItem } from './pythonTree';
import type { FindStorage } from './storages';
import { tensorRecord, type TensorRecord } from './tensors';

const mostDepth = 64;
const longestName = 2000;
const mostTensors = 1_000_000;

interface Found {
  name: string;
  record: TensorRecord;
}

/** The tensors and the tree of what a pickle holds. */
export function pythonContents(format: string, { value, globals }: Pickle, find: FindStorage): Contents {
  const { found, cut } = findTensors(value);
  const users = new Map<string, number>();
  for (const { record } of found) if (record.storage) users.set(record.storage.ref.key, (users.get(record.storage.ref.key) ?? 0) + 1);
  const names = new Set<string>();
  const tensors: CheckpointTensor[] = found.map(({ name, record }) =>
    record.make(unused(name, names), find, record.storage ? users.get(record.storage.ref.key)! : 1),
  );
  const warnings: CheckpointWarning[] = codeWarnings(globals);
  if (cut) warnings.push({ kind: 'unread', text: `What is nested deeper than ${mostDepth} levels in this file is not looked into.` });
  return { format, tensors, tree: pythonItem(value), warnings };
}

/** Tensors by the path that leads to them; every container is looked into once, without recursion. */
function findTensors(root: PyValue): { found: Found[]; cut: boolean } {
  const found: Found[] = [];
  const seen = new Set<PyValue>();
  const stack: { value: PyValue; name: string; depth: number }[] = [{ value: root, name: '', depth: 0 }];
  let cut = false;
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { value, name, depth } = next;
    const record = tensorRecord(value);
    if (record) {
      if (found.push({ name: name || 'tensor', record }) >= mostTensors) return { found, cut: true };
      continue;
    }
    if (value === null || typeof value !== 'object' || seen.has(value)) continue;
    seen.add(value);
    const children = [...childrenOf(value)];
    if (depth >= mostDepth || name.length > longestName) {
      cut ||= children.length > 0;
      continue;
    }
    for (const [key, child] of children.reverse()) if (typeof child === 'object' && child !== null) stack.push({ value: child, name: name ? `${name}.${key}` : key, depth: depth + 1 });
  }
  return { found, cut };
}

function unused(name: string, names: Set<string>): string {
  let own = name;
  for (let i = 2; names.has(own); i++) own = `${name} (${i})`;
  names.add(own);
  return own;
}
