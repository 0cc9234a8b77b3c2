import type { TreeNode } from '../../protocol/checkpoint';
import { shown } from './problem';

/** Something in a checkpoint that can be shown, and looked into. */
export interface TreeItem {
  kind: string;
  text: string;
  /** Children in all. */
  size: number;
  children(): Iterable<[key: string, item: TreeItem]>;
}

const mostNodes = 2000;
const mostChildren = 100;
const mostDepth = 8;
const none = (): [] => [];

export function leaf(kind: string, text: string): TreeItem {
  return { kind, text: shown(text, 300), size: 0, children: none };
}

/** The upper part of a tree: level by level, with at most 2,000 nodes, 100 children each and 8 levels. */
export function treeOf(root: TreeItem, key = ''): TreeNode {
  const top = nodeOf(key, root);
  let left = mostNodes;
  let level: { item: TreeItem; node: TreeNode }[] = [{ item: root, node: top }];
  for (let depth = 0; depth < mostDepth && level.length > 0; depth++) {
    const next: typeof level = [];
    for (const { item, node } of level) {
      if (item.size === 0) continue;
      const listed: TreeNode[] = [];
      for (const [name, child] of item.children()) {
        if (listed.length === mostChildren || left <= 0) break;
        left--;
        const made = nodeOf(name, child);
        listed.push(made);
        next.push({ item: child, node: made });
      }
      node.children = listed;
    }
    level = next;
  }
  return top;
}

/**
 * Children `from` up to, not including, `from + count` of the item that is reached by taking the child of each index in turn.
 * Null where there is no such item.
 */
export function treePage(root: TreeItem, at: readonly number[], from: number, count: number): { children: TreeNode[]; size: number } | null {
  let item = root;
  for (const index of at) {
    const next = nth(item.children(), index);
    if (!next) return null;
    item = next;
  }
  const children: TreeNode[] = [];
  let i = 0;
  for (const [key, child] of item.children()) {
    if (children.length === Math.min(count, 1000)) break;
    if (i++ >= from) children.push(nodeOf(key, child));
  }
  return { children, size: item.size };
}

function nth(children: Iterable<[string, TreeItem]>, index: number): TreeItem | undefined {
  let i = 0;
  for (const [, item] of children) if (i++ === index) return item;
  return undefined;
}

function nodeOf(key: string, { kind, text, size }: TreeItem): TreeNode {
  return { key: shown(key, 300), kind, text, ...(size > 0 ? { size } : {}) };
}

/** A value of JSON, or of the plain data that other readers make. */
export function jsonItem(value: unknown): TreeItem {
  if (value === null || value === undefined) return leaf('none', 'none');
  if (typeof value === 'string') return leaf('text', value);
  if (typeof value === 'number' || typeof value === 'bigint') return leaf('number', String(value));
  if (typeof value === 'boolean') return leaf('boolean', String(value));
  if (value instanceof Map) return container('dict', value.size, () => mapEntries(value as ReadonlyMap<string, unknown>));
  if (ArrayBuffer.isView(value)) return jsonItem(Array.from(value as unknown as ArrayLike<unknown>));
  if (Array.isArray(value)) {
    const plain = value.length <= 16 && value.every((item) => typeof item === 'number' || typeof item === 'bigint');
    return plain ? leaf('list', `[${value.join(', ')}]`) : container('list', value.length, () => mapEntries(value.entries()));
  }
  if (typeof value !== 'object') return leaf('object', typeof value);
  const entries = Object.entries(value);
  return container('dict', entries.length, () => mapEntries(entries));
}

export function container(kind: string, size: number, children: () => Iterable<[string, TreeItem]>, text = `${size} ${size === 1 ? 'entry' : 'entries'}`): TreeItem {
  return { kind, text: shown(text, 300), size, children };
}

function* mapEntries(entries: Iterable<[string | number, unknown]>): Generator<[string, TreeItem]> {
  for (const [key, value] of entries) yield [String(key), jsonItem(value)];
}
