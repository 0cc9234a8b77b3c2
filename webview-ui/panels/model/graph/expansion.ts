import { bodyPrefix, type GraphIndex } from './graphIndex';
import { buildScene, type Scene, type SceneBox } from './scene';

const few = 14;
const readable = 60;

/** What is open at first: as deep as the drawing stays readable, but never so little that next to nothing is seen. */
export function expandedAtFirst(index: GraphIndex): Set<string> {
  let expanded = new Set<string>();
  let scene = buildScene(index, expanded);
  for (;;) {
    const closed = scene.boxes.filter(({ kind, open }) => kind === 'scope' && !open);
    if (closed.length === 0) return expanded;
    const deeper = new Set([...expanded, ...closed.map(({ key }) => key)]);
    const next = buildScene(index, deeper);
    if (shown(scene) >= few && shown(next) > readable) return expanded;
    if (shown(next) > 4 * readable) return expanded;
    expanded = deeper;
    scene = next;
  }
}

function shown(scene: Scene): number {
  return scene.boxes.filter(({ open }) => !open).length;
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
  const { nodes, bodies, scopes } = index.graph;
  const { body, scope } = nodes[node]!;
  const around: string[] = [];
  let prefix = '';
  if (body !== 0) {
    const holder = bodies[body]!.owner?.node ?? nodes.findIndex((other) => other.bodies.includes(body));
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
  const { nodes, bodies } = index.graph;
  const { body } = nodes[node]!;
  if (body === 0) return index.nodeKeys[node]!;
  const holder = bodies[body]!.owner?.node ?? nodes.findIndex((other) => other.bodies.includes(body));
  return holder < 0 ? index.nodeKeys[node]! : bodyPrefix(keyOf(index, holder), body) + index.nodeKeys[node]!;
}
