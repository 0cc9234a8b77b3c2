import type { Layer } from '../../src/protocol/model';
import type { LayerGroup } from '../../src/protocol/views';

interface Place {
  key: string;
  /** From 1, as ARIA counts. */
  level: number;
  position: number;
  siblings: number;
}

export interface GroupRow extends Place {
  kind: 'group';
  /** The last part of its path; of a chain of groups with nothing beside them, all parts: "encoder.layers". */
  label: string;
  path: string;
  expanded: boolean;
  /** Layers inside, at any depth, that are shown. */
  layers: number;
  parameters: number;
}

export interface LayerRow extends Place {
  kind: 'layer';
  layer: Layer;
}

export type TreeRow = GroupRow | LayerRow;

export interface TreeOptions {
  accepts: (layer: Layer) => boolean;
  isExpanded: (key: string) => boolean;
}

export function groupKey(path: readonly string[]): string {
  return `group:${JSON.stringify(path)}`;
}

export function layerKey(name: string): string {
  return `layer:${name}`;
}

/** The rows of a tree of layers, top to bottom. Groups without an accepted layer are left out. */
export function treeRows(root: LayerGroup, options: TreeOptions): TreeRow[] {
  const rows: TreeRow[] = [];
  const pruned = prune(root, options.accepts);
  if (pruned) addChildren(pruned, 1, options, rows);
  return rows;
}

interface Pruned {
  path: string[];
  children: (Pruned | Layer)[];
  layers: number;
  parameters: number;
}

function prune(group: LayerGroup, accepts: (layer: Layer) => boolean): Pruned | null {
  const kept: Pruned = { path: group.path, children: [], layers: 0, parameters: 0 };
  for (const child of group.children) {
    if ('layer' in child) {
      if (!accepts(child.layer)) continue;
      kept.children.push(child.layer);
      kept.layers++;
      kept.parameters += child.layer.parameters;
    } else {
      const inner = prune(child.group, accepts);
      if (!inner) continue;
      kept.children.push(inner);
      kept.layers += inner.layers;
      kept.parameters += inner.parameters;
    }
  }
  return kept.layers > 0 ? kept : null;
}

function addChildren(group: Pruned, level: number, options: TreeOptions, rows: TreeRow[]): void {
  const siblings = group.children.length;
  group.children.forEach((child, index) => {
    const place = { level, position: index + 1, siblings };
    if ('name' in child) {
      rows.push({ kind: 'layer', key: layerKey(child.name), layer: child, ...place });
      return;
    }
    const end = endOfChain(child);
    const key = groupKey(end.path);
    const expanded = options.isExpanded(key);
    const label = end.path.slice(group.path.length).join('.');
    const { layers, parameters } = end;
    rows.push({ kind: 'group', key, label, path: end.path.join('.'), expanded, layers, parameters, ...place });
    if (expanded) addChildren(end, level + 1, options, rows);
  });
}

function endOfChain(group: Pruned): Pruned {
  const [only] = group.children;
  return group.children.length === 1 && only && 'children' in only ? endOfChain(only) : group;
}

const few = 12;
const comfortable = 120;

/** Groups to open at first: as deep as the list stays comfortable, but never so little that next to nothing is seen. */
export function expandedAtFirst(root: LayerGroup): Set<string> {
  const expanded = new Set<string>();
  let shown = root.children.length;
  for (let groups = innerGroups(root); groups.length > 0; groups = groups.flatMap(innerGroups)) {
    const more = groups.reduce((sum, group) => sum + group.children.length, 0);
    if (shown >= few && shown + more > comfortable) break;
    shown += more;
    for (const { path } of groups) expanded.add(groupKey(path));
  }
  return expanded;
}

function innerGroups(group: LayerGroup): LayerGroup[] {
  return group.children.flatMap((child) => ('group' in child ? [child.group] : []));
}

/** Keys of the groups that a layer sits in. */
export function groupsAround(layer: Layer): string[] {
  return layer.group.map((_, index) => groupKey(layer.group.slice(0, index + 1)));
}
