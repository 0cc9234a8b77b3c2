import { layOut, type LayerEdge, type LayerItem } from './layered';

/** Where boxes lie in boxes: what the worker is asked. Boxes by number; a container's own boxes come after it. */
export interface CompoundRequest {
  horizontal: boolean;
  /** Sizes of boxes; those of containers are the least that their titles need. */
  width: Float64Array;
  height: Float64Array;
  /** Containers, the outermost first; the first one is the drawing itself. */
  containers: CompoundContainer[];
}

export interface CompoundContainer {
  /** -1: the drawing itself. */
  box: number;
  items: number[];
  /** Of each item, its place in the order of computation. */
  orders: number[];
  /** Values that come in from around it and that go out. */
  entries: number;
  exits: number;
  edges: CompoundEdge[];
}

export interface CompoundEdge {
  /** Places in `items`, then the entries, then the exits. */
  from: number;
  to: number;
  /** Of a container at the end: the exit it leaves by, the entry it comes in by; else -1. */
  fromPort: number;
  toPort: number;
}

export interface CompoundResult {
  x: Float64Array;
  y: Float64Array;
  width: Float64Array;
  height: Float64Array;
  size: [width: number, height: number];
  /** Of each container, of each of its edges: corners x0, y0, x1, y1, …; empty where too long to be routed. */
  routes: Float64Array[][];
}

export const titleHeight = 26;
const padding = 14;

/** Lays each container out by itself, the innermost first, and puts it into the one around it as a box. */
export function layOutCompound(request: CompoundRequest): CompoundResult {
  const { horizontal, containers } = request;
  // In here the flow runs down: `across` is to its side, `along` its direction.
  const across = Float64Array.from(horizontal ? request.height : request.width);
  const along = Float64Array.from(horizontal ? request.width : request.height);
  const left = new Float64Array(across.length);
  const top = new Float64Array(across.length);
  const ports = new Map<number, { entries: number[]; exits: number[] }>();
  const placed: { routes: Float64Array[]; shift: [number, number] }[] = [];
  const options = horizontal ? { itemGap: 22, rankGap: 118 } : { itemGap: 28, rankGap: 34 };
  const size: [number, number] = [0, 0];

  for (let at = containers.length - 1; at >= 0; at--) {
    const { box, items, orders, entries, exits, edges } = containers[at]!;
    const vertices: LayerItem[] = items.map((item, index) => ({ width: across[item]!, height: along[item]!, order: orders[index]! }));
    for (let port = 0; port < entries; port++) vertices.push({ width: 2, height: 0, order: -1, port: 'entry' });
    for (let port = 0; port < exits; port++) vertices.push({ width: 2, height: 0, order: Infinity, port: 'exit' });
    const meets = (vertex: number, port: number, side: 'entries' | 'exits'): number =>
      (port >= 0 ? ports.get(items[vertex]!)?.[side][port] : undefined) ?? vertices[vertex]!.width / 2;
    const layered = edges.map(
      ({ from, to, fromPort, toPort }): LayerEdge => ({ from, to, fromAt: meets(from, fromPort, 'exits'), toAt: meets(to, toPort, 'entries') }),
    );
    const result = layOut(vertices, layered, options);
    // The title stands above what is in the box, whichever way the flow runs.
    const before: [number, number] = box === -1 ? [0, 0] : horizontal ? [titleHeight + 4, padding] : [padding, titleHeight + 4];
    const titled = horizontal ? along : across;
    let [width, height] = [result.width, result.height];
    let shift = before[0];
    if (box === -1) {
      size[0] = width;
      size[1] = height;
    } else {
      width += before[0] + padding;
      height += before[1] + padding;
      const least = titled[box]!;
      if (horizontal) height = Math.max(height, least);
      else if (width < least) {
        shift += (least - width) / 2;
        width = least;
      }
      across[box] = width;
      along[box] = height;
    }
    items.forEach((item, index) => {
      left[item] = result.x[index]! + shift;
      top[item] = result.y[index]! + before[1];
    });
    const centre = (vertex: number): number => result.x[vertex]! + vertices[vertex]!.width / 2 + shift;
    ports.set(box, {
      entries: Array.from({ length: entries }, (_, port) => centre(items.length + port)),
      exits: Array.from({ length: exits }, (_, port) => centre(items.length + entries + port)),
    });
    // Edges begin and end on the border.
    edges.forEach(({ from, to }, edge) => {
      const route = result.routes[edge]!;
      if (route.length === 0) return;
      if (from >= items.length && from < items.length + entries) route[1] = -before[1];
      if (to >= items.length + entries) route[route.length - 1] = height - before[1];
    });
    placed[at] = { routes: result.routes, shift: [shift, before[1]] };
  }

  // From places in the box around to places in the drawing.
  for (const { box, items } of containers)
    if (box >= 0)
      for (const item of items) {
        left[item]! += left[box]!;
        top[item]! += top[box]!;
      }
  const routes = containers.map(({ box }, at) => {
    const { routes: own, shift } = placed[at]!;
    const dx = shift[0] + (box >= 0 ? left[box]! : 0);
    const dy = shift[1] + (box >= 0 ? top[box]! : 0);
    return own.map((route) => {
      const moved = new Float64Array(route.length);
      for (let point = 0; point < route.length; point += 2) {
        moved[point + (horizontal ? 1 : 0)] = route[point]! + dx;
        moved[point + (horizontal ? 0 : 1)] = route[point + 1]! + dy;
      }
      return moved;
    });
  });
  return horizontal
    ? { x: top, y: left, width: along, height: across, size: [size[1], size[0]], routes }
    : { x: left, y: top, width: across, height: along, size, routes };
}
