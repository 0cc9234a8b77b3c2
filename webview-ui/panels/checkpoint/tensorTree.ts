import type { Tensor } from './tensors';

interface Place {
  key: string;
  /** From 1, as ARIA counts. */
  level: number;
  position: number;
  siblings: number;
  count: number;
  bytes: number;
}

export interface ModuleRow extends Place {
  kind: 'group';
  /** The last part of its path; of a chain of modules with nothing beside them, all parts. */
  label: string;
  path: string;
  expanded: boolean;
  tensors: number;
}

export interface TensorRow extends Place {
  kind: 'tensor';
  tensor: Tensor;
}

export type CheckpointRow = ModuleRow | TensorRow;

export type TensorOrder = 'file' | 'name' | 'size';

/** A module with what is in it, in the order of the file; a module stands where its first tensor does. */
export interface Module {
  path: string[];
  children: (Module | Tensor)[];
  tensors: number;
  count: number;
  bytes: number;
}

export const moduleKey = (path: readonly string[]): string => `group:${JSON.stringify(path)}`;
export const tensorKey = (name: string): string => `tensor:${name}`;

const isModule = (child: Module | Tensor): child is Module => 'children' in child;

export function modulesOf(tensors: readonly Tensor[]): Module {
  const made = (path: string[]): Module => ({ path, children: [], tensors: 0, count: 0, bytes: 0 });
  const root = made([]);
  const inner = new Map<Module, Map<string, Module>>();
  for (const tensor of tensors) {
    let module = root;
    add(module, tensor);
    for (const [depth, part] of tensor.group.entries()) {
      const known = inner.get(module) ?? new Map<string, Module>();
      inner.set(module, known);
      let next = known.get(part);
      if (!next) {
        next = made(tensor.group.slice(0, depth + 1));
        known.set(part, next);
        module.children.push(next);
      }
      module = next;
      add(module, tensor);
    }
    module.children.push(tensor);
  }
  return root;
}

function add(module: Module, { count, bytes }: Tensor): void {
  module.tensors++;
  module.count += count;
  module.bytes += bytes;
}

/** The rows of a tree, top to bottom. */
export function checkpointRows(root: Module, order: TensorOrder, isExpanded: (key: string) => boolean): CheckpointRow[] {
  const rows: CheckpointRow[] = [];
  addRows(root, 1, order, isExpanded, rows);
  return rows;
}

const byName = new Intl.Collator('en', { numeric: true });

function sorted(children: Module['children'], order: TensorOrder): Module['children'] {
  const name = (child: Module | Tensor): string => (isModule(child) ? child.path.at(-1)! : child.label);
  if (order === 'name') return [...children].sort((a, b) => byName.compare(name(a), name(b)));
  if (order === 'size') return [...children].sort((a, b) => b.bytes - a.bytes || b.count - a.count);
  return children;
}

function addRows(module: Module, level: number, order: TensorOrder, isExpanded: (key: string) => boolean, rows: CheckpointRow[]): void {
  const siblings = module.children.length;
  sorted(module.children, order).forEach((child, index) => {
    const { count, bytes } = child;
    const place = { level, position: index + 1, siblings, count, bytes };
    if (!isModule(child)) {
      rows.push({ kind: 'tensor', key: tensorKey(child.name), tensor: child, ...place });
      return;
    }
    const end = endOfChain(child);
    const key = moduleKey(end.path);
    const expanded = isExpanded(key);
    rows.push({ kind: 'group', key, label: end.path.slice(module.path.length).join('.'), path: end.path.join('.'), expanded, tensors: end.tensors, ...place });
    if (expanded) addRows(end, level + 1, order, isExpanded, rows);
  });
}

function endOfChain(module: Module): Module {
  const [only] = module.children;
  return module.children.length === 1 && only && isModule(only) ? endOfChain(only) : module;
}

const few = 12;
const comfortable = 150;

/** Modules to open at first: as deep as the list stays comfortable, but never so little that next to nothing is seen. */
export function openAtFirst(root: Module): Set<string> {
  const open = new Set<string>();
  let shown = root.children.length;
  const inner = (module: Module): Module[] => module.children.filter(isModule).map(endOfChain);
  for (let modules = inner(root); modules.length > 0; modules = modules.flatMap(inner)) {
    const more = modules.reduce((sum, { children }) => sum + children.length, 0);
    if (shown >= few && shown + more > comfortable) break;
    shown += more;
    for (const { path } of modules) open.add(moduleKey(path));
  }
  return open;
}

/** Keys of all modules. */
export function allModules(root: Module): string[] {
  return root.children.filter(isModule).flatMap((module) => [moduleKey(module.path), ...allModules(module)]);
}
