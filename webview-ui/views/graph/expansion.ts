import { bodyPrefix, type GraphIndex } from './graphIndex';
import type { Scene, SceneBox } from './scene';
import { sceneOf } from './sceneBuilder';

const few = 14;
const readable = 60;
/** Boxes beyond which opening all goes no deeper. */
const most = 20_000;

/** What is open at first: as deep as the drawing stays readable, but never so little that next to nothing is seen. */
export function expandedAtFirst(index: GraphIndex): ReadonlySet<string> {
  let expanded: ReadonlySet<string> = new Set<string>();
  for (;;) {
    const { boxes } = sceneOf(index, expanded);
    const closed = boxes.filter((box) => box.kind === 'scope' && !box.open);
    if (closed.length === 0) return expanded;
    const now = boxes.filter(({ open }) => !open).length;
    const next = closed.reduce((sum, box) => sum + (box.kind === 'scope' ? index.boxesIn(box.scope) - 1 : 0), now);
    if (now >= few && next > readable) return expanded;
    if (next > 4 * readable) return expanded;
    expanded = new Set([...expanded, ...closed.map(({ key }) => key)]);
  }
}

/** Opens all that opens, but a function in itself, and nothing further once there are very many boxes (functions that call functions multiply). */
export function allOpen(index: GraphIndex): ReadonlySet<string> {
  let expanded: ReadonlySet<string> = new Set<string>();
  for (;;) {
    const { boxes } = sceneOf(index, expanded);
    const closed = boxes.filter((box) => box.openable && !box.open && !isInItself(index, boxes, box));
    if (closed.length === 0 || boxes.length > most) return expanded;
    expanded = new Set([...expanded, ...closed.map(({ key }) => key)]);
  }
}

/** Whether a box opens a body that it is in already. */
function isInItself({ graph }: GraphIndex, boxes: readonly SceneBox[], box: SceneBox): boolean {
  const bodiesOf = (one: SceneBox): readonly number[] => (one.kind === 'node' ? graph.nodes[one.node]!.bodies : []);
  const own = bodiesOf(box);
  if (own.length === 0) return false;
  for (let at = box.parent; at >= 0; at = boxes[at]!.parent) if (bodiesOf(boxes[at]!).some((body) => own.includes(body))) return true;
  return false;
}

/** The scopes that are built like this one and stand in the same box, itself among them. */
export function copiesOf(index: GraphIndex, scene: Scene, box: SceneBox): SceneBox[] {
  if (box.kind !== 'scope') return [box];
  const { repeats } = index.graph.scopes[box.scope]!;
  if (repeats === null) return [box];
  return scene.boxes.filter((other) => other.kind === 'scope' && index.graph.scopes[other.scope]!.repeats === repeats);
}

/**
 * The keys that have to be open for a node to be seen on its own: of the scopes around it, and, within a subgraph or
 * function, of the nodes around that. Empty where nothing calls its function.
 */
export function keysAround(index: GraphIndex, node: number): string[] {
  const { nodes, scopes } = index.graph;
  const { body, scope } = nodes[node]!;
  const around: string[] = [];
  let prefix = '';
  if (body !== 0) {
    const holder = index.holder[body]!;
    if (holder < 0) return [];
    around.push(...keysAround(index, holder));
    const holderKey = keyOf(index, holder);
    around.push(holderKey);
    prefix = bodyPrefix(holderKey, body);
  }
  for (const at of index.scopesAround(scope)) {
    const end = index.endOfChain(at);
    if (at === end && scopes[at]!.nodes > 1) around.push(prefix + index.scopeKeys[at]!);
  }
  return around;
}

/** The key of a node's box, at the first place where its function is called. */
export function keyOf(index: GraphIndex, node: number): string {
  const { body } = index.graph.nodes[node]!;
  if (body === 0) return index.nodeKeys[node]!;
  const holder = index.holder[body]!;
  return holder < 0 ? index.nodeKeys[node]! : bodyPrefix(keyOf(index, holder), body) + index.nodeKeys[node]!;
}
