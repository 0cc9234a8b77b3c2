import type { CompoundContainer, CompoundRequest } from './compound';
import type { Scene, SceneBox, SceneLink, SceneSegment } from './scene';

/** The pieces of links in the boxes that they lead through, and what is laid out in each of these. */
export function segmentsOf(
  boxes: readonly SceneBox[],
  links: SceneLink[],
): { segments: SceneSegment[]; containers: CompoundContainer[] } {
  const containers: CompoundContainer[] = [{ box: -1, items: [], orders: [], entries: 0, exits: 0, edges: [] }];
  const containerOf = new Map<number, number>([[-1, 0]]);
  const place = new Int32Array(boxes.length);
  boxes.forEach(({ open }, box) => {
    if (open) containerOf.set(box, containers.push({ box, items: [], orders: [], entries: 0, exits: 0, edges: [] }) - 1);
  });
  boxes.forEach(({ parent, order }, box) => {
    const around = containers[containerOf.get(parent)!]!;
    place[box] = around.items.push(box) - 1;
    around.orders.push(order);
  });
  // Ports of each container, by value.
  const entries = containers.map(() => new Map<number, number>());
  const exits = containers.map(() => new Map<number, number>());
  const port = (ports: Map<number, number>, value: number): number => {
    const known = ports.get(value) ?? ports.size;
    ports.set(value, known);
    return known;
  };
  interface Draft extends SceneSegment {
    fromPort: number;
    toPort: number;
  }
  const drafts: Draft[] = [];
  const known = new Map<number | string, number>();
  const add = (container: number, from: number, to: number, value: number, starts: boolean, ends: boolean, link: number): void => {
    const { box } = containers[container]!;
    const fromPort = from === box ? port(entries[container]!, value) : starts ? -1 : port(exits[containerOf.get(from)!]!, value);
    const toPort = to === box ? port(exits[container]!, value) : ends ? -1 : port(entries[containerOf.get(to)!]!, value);
    const key = fromPort === -1 && toPort === -1 ? from * boxes.length + to : `${from} ${fromPort} ${to} ${toPort} ${container}`;
    let at = known.get(key);
    if (at === undefined) {
      const outside = (end: number): number => (end === box ? -1 : end);
      at = drafts.push({ container, edge: -1, from: outside(from), to: outside(to), starts, ends, values: [], links: [], fromPort, toPort }) - 1;
      known.set(key, at);
    }
    const segment = drafts[at]!;
    if (!segment.values.includes(value)) segment.values.push(value);
    segment.links.push(link);
    links[link]!.segments.push(at);
  };
  links.forEach(({ from, to, value }, link) => {
    if (boxes[from]!.parent === boxes[to]!.parent) {
      add(containerOf.get(boxes[from]!.parent)!, from, to, value, true, true, link);
      return;
    }
    let a = from;
    let b = to;
    let starts = true;
    let ends = true;
    const lower: [container: number, from: number, to: number, starts: boolean, ends: boolean][] = [];
    const inside = (box: number, around: number): boolean => {
      for (let at = box; at >= 0; at = boxes[at]!.parent) if (at === around) return true;
      return false;
    };
    // An open box can take a value itself, or be the source of what is in it.
    while (boxes[a]!.parent !== boxes[b]!.parent) {
      const deepA = boxes[a]!.depth;
      const deepB = boxes[b]!.depth;
      if (deepA >= deepB && !inside(b, a)) {
        const up = boxes[a]!.parent;
        add(containerOf.get(up)!, a, up, value, starts, false, link);
        starts = false;
        a = up;
      } else if (!inside(a, b)) {
        const up = boxes[b]!.parent;
        lower.push([containerOf.get(up)!, up, b, false, ends]);
        ends = false;
        b = up;
      } else break;
    }
    if (a !== b && boxes[a]!.parent === boxes[b]!.parent) add(containerOf.get(boxes[a]!.parent)!, a, b, value, starts, ends, link);
    for (const [container, start, end, s, e] of lower.reverse()) add(container, start, end, value, s, e, link);
  });
  containers.forEach((container, at) => {
    container.entries = entries[at]!.size;
    container.exits = exits[at]!.size;
  });
  const segments = drafts.map((draft): SceneSegment => {
    const { fromPort, toPort, ...segment } = draft;
    const container = containers[segment.container]!;
    const vertex = (end: number, ports: number, first: number): number => (end === -1 ? first + ports : place[end]!);
    segment.edge =
      container.edges.push({
        from: vertex(segment.from, fromPort, container.items.length),
        to: vertex(segment.to, toPort, container.items.length + container.entries),
        fromPort: segment.from === -1 ? -1 : fromPort,
        toPort: segment.to === -1 ? -1 : toPort,
      }) - 1;
    return segment;
  });
  return { segments, containers };
}

/** What the layout worker is asked for a scene whose boxes have these sizes. `room`: of the label at the edge that leaves a box, on both sides. */
export function layoutRequest(scene: Scene, sizes: readonly { width: number; height: number; room: number }[], horizontal: boolean): CompoundRequest {
  return {
    horizontal,
    width: Float64Array.from(sizes, ({ width, room }) => (horizontal ? width : Math.max(width, room))),
    height: Float64Array.from(sizes, ({ height }) => height),
    containers: scene.containers,
  };
}
