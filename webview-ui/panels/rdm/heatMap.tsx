import { useComputed, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatLabel } from '../../shared/format';
import { themeColour, themeVersion } from '../../shared/theme';
import { LinkButton } from '../../ui/button';
import { axisShapes, bar, leftNames, runAt, runsOf } from './axes';
import { fontFamily, useDrawing } from './canvas';
import { categoryColour } from './colours';
import { bracketLines, brackets } from './dendrogram';
import { useGestures } from './gestures';
import {
  drawPictures,
  drawThumbnail,
  drawVeil,
  selectedRuns,
  smallestThumbnail,
  thumbnailPlaces,
} from './heatDrawing';
import { heatMenu } from './heatMenu';
import { useHeatPictures } from './heatPictures';
import { drawShapes } from './shapes';
import type { ReadyLayer, RdmView } from './view';
import { cellAt, crispSide, panBy, whole, zoomAt, type Viewport } from './viewport';

/** Beyond the class bars: class names, and thumbnails where cells are large enough for them. */
const topLane = 30;
const leftLane = leftNames + 6;
const topNames = 16;
const edge = 2;

interface HeatMapProps {
  view: RdmView;
  layer: ReadyLayer;
  /** Side of the picture without its axes, in CSS pixels: see `heatSide`. */
  side: number;
  /** For the keyboard's zoom. */
  onZoom: (factor: number) => void;
}

/** Margins of the picture, for axes. */
export function gutters(view: RdmView): { left: number; top: number; bar: number } {
  const thumbnails = view.settings.value?.thumbnails === true;
  const classes = view.categories.value.names.length > 0;
  const tree = view.arrangement.value?.tree;
  const bars = classes ? bar.gap + bar.breadth : 0;
  return {
    left: bars + (classes || tree ? leftLane : thumbnails ? topLane : 0) + edge,
    top: bars + (classes || thumbnails ? topLane : 0) + edge,
    bar: bars,
  };
}

/** Side of the picture for the room that there is, axes included. */
export function heatSide(view: RdmView, width: number, height: number): number {
  const { left, top } = gutters(view);
  const room = Math.max(120, Math.min(width - left - edge, height - top - edge));
  return crispSide(room, view.count.value, window.devicePixelRatio);
}

/** Width of picture and axes. */
export function heatWidth(view: RdmView, side: number): number {
  return gutters(view).left + side + edge;
}

/** The RDM of a layer with its axes; zoomed, panned, pointed at and picked from. */
export function HeatMap({ view, layer, side, onZoom }: HeatMapProps): VNode {
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const count = view.count.value;
  const viewport = view.viewport.value ?? whole(count);
  const { left, top, bar: barred } = gutters(view);
  const ratio = window.devicePixelRatio;
  const [full, tall] = [left + side + edge, top + side + edge];
  const rows = view.rows.value;
  const runs = useComputed(() => runsOf(view.rows.value, view.categories.value)).value;
  const tree = view.arrangement.value?.tree ?? null;
  const list = useComputed(() => {
    const found = view.arrangement.value?.tree;
    return found ? brackets(found) : [];
  }).value;
  const marks = useComputed(() => selectedRuns(view.rows.value, view.selection.value)).value;
  const { pictures, loading, error } = useHeatPictures(view, layer, viewport, Math.round(side * ratio));
  const painted = pictures.value;
  const thumbnails = view.settings.value?.thumbnails === true;
  const pictured = thumbnails && side / viewport.span >= smallestThumbnail;
  const theme = themeVersion.value;
  const cursor = useSignal<readonly [number, number] | null>(null);
  const arrived = pictured ? view.thumbnails.version.value : 0;

  useDrawing(base, full, tall, (context) => {
    const font = fontFamily();
    const style = { colourOf: categoryColour, nameOf: formatLabel, text: themeColour('--vscode-foreground') };
    context.translate(left, top);
    drawPictures(context, painted, viewport, side, ratio);
    drawVeil(context, marks, viewport, side, ratio, themeColour('--vscode-editor-background'));
    const scale = side / viewport.span;
    for (const axis of ['top', 'left'] as const) {
      const from = axis === 'top' ? viewport.x : viewport.y;
      // Thumbnails take the place of class names, and leave them half of it on the left; a dendrogram takes it all.
      const names = axis === 'top' ? (pictured ? 0 : topNames) : tree ? 0 : leftNames - (pictured ? topLane : 0);
      const shift = pictured ? topLane : 0;
      const shapes = axisShapes(runs, { from, span: viewport.span, length: side, side: axis, names, shift }, style);
      drawShapes(context, shapes, font);
      context.fillStyle = themeColour('--vscode-focusBorder') || style.text;
      for (const [first, end] of marks) {
        const at = Math.max(0, (first - from) * scale);
        const length = Math.min(side, (end - from) * scale) - at;
        if (length <= 0) continue;
        if (axis === 'top') context.fillRect(at, -2, Math.max(1, length), 2);
        else context.fillRect(-2, at, 2, Math.max(1, length));
      }
      if (!pictured) continue;
      for (const { place, at, size } of thumbnailPlaces(from, viewport.span, side, count)) {
        const { bitmap } = view.thumbnails.get(view.stimulusAt(rows[place]!).index).peek();
        if (!bitmap || at < -size / 2 || at + size / 2 > side) continue;
        const breadth = Math.min(topLane - 2, size - 1);
        const centre = at + (size - breadth) / 2;
        if (axis === 'top') drawThumbnail(context, bitmap, centre, -barred - breadth - 2, breadth);
        else drawThumbnail(context, bitmap, -barred - breadth - 2, centre, breadth);
      }
    }
    if (list.length > 0) {
      const breadth = leftNames - 4;
      const lines = bracketLines(list, { from: viewport.y, span: viewport.span, length: side, breadth });
      context.translate(edge - left, 0);
      context.strokeStyle = themeColour('--vscode-descriptionForeground');
      context.lineWidth = 1;
      context.beginPath();
      for (const line of lines) line.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
      context.stroke();
    }
  });

  const hover = view.hover.value;
  const pinned = view.pinned.value;
  const placeOf = useComputed(() => {
    const places = new Int32Array(view.rows.value.length);
    view.rows.value.forEach((row, place) => (places[row] = place));
    return places;
  }).value;
  useDrawing(over, full, tall, (context) => {
    context.translate(left, top);
    const scale = side / viewport.span;
    const colour = themeColour('--vscode-foreground');
    const ground = themeColour('--vscode-editor-background');
    const box = (row: number, column: number): [number, number, number] => [
      (placeOf[column]! - viewport.x) * scale,
      (placeOf[row]! - viewport.y) * scale,
      Math.max(scale, 5),
    ];
    const inside = (x: number, y: number): boolean => x >= -1 && y >= -1 && x < side && y < side;
    const outline = ([x, y, size]: [number, number, number], width: number): void => {
      if (!inside(x, y)) return;
      const shift = size > scale ? (scale - size) / 2 : 0;
      context.lineWidth = width + 2;
      context.strokeStyle = ground;
      context.strokeRect(x + shift, y + shift, size, size);
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.strokeRect(x + shift, y + shift, size, size);
    };
    if (pinned) {
      outline(box(pinned[0], pinned[1]), 1.5);
      outline(box(pinned[1], pinned[0]), 1.5);
    }
    if (!hover) return;
    const [row, column] = hover.rows;
    if (row === undefined) return;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.globalAlpha = 0.8;
    const across = (placeOf[row]! - viewport.y + 0.5) * scale;
    const down = (placeOf[column ?? row]! - viewport.x + 0.5) * scale;
    const gap = Math.max(scale / 2, 3);
    for (const width of [3, 1]) {
      context.lineWidth = width;
      context.strokeStyle = width === 3 ? ground : colour;
      context.globalAlpha = width === 3 ? 0.35 : 0.9;
      context.beginPath();
      if (across >= 0 && across <= side) {
        context.moveTo(-barred, across);
        context.lineTo(Math.max(0, Math.min(side, down - gap)), across);
        context.moveTo(Math.max(0, Math.min(side, down + gap)), across);
        context.lineTo(side, across);
      }
      if (down >= 0 && down <= side) {
        context.moveTo(down, -barred);
        context.lineTo(down, Math.max(0, Math.min(side, across - gap)));
        context.moveTo(down, Math.max(0, Math.min(side, across + gap)));
        context.lineTo(down, side);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
    if (column !== undefined) outline(box(row, column), 1);
  });

  const set = (next: Viewport): void => {
    view.viewport.value = next.span >= count ? null : next;
  };
  const share = ([x, y]: [number, number]): [number, number] => [(x - left) / side, (y - top) / side];
  const before = useRef<readonly [number, number] | null>(null);
  /** Row of the thumbnail beside the picture that is pointed at. */
  const thumbnail = useSignal<number | null>(null);
  useGestures(over, {
    zoom: (factor, at) => {
      const [x, y] = share(at);
      set(zoomAt(viewport, factor, [Math.max(0, Math.min(1, x)), Math.max(0, Math.min(1, y))], count));
    },
    pan: (across, down) => set(panBy(viewport, across / side, down / side, count)),
    hover: (at) => {
      const cell = at && cellAt(viewport, share(at), count);
      view.hover.value = cell ? { rows: cell.map((place) => rows[place]!), at: 'heat' } : null;
      const found = at && !cell ? axisAt(at) : null;
      thumbnail.value = found?.part === 'thumbnail' ? rows[found.place]! : null;
      over.current!.style.cursor = cell ? 'crosshair' : 'default';
      over.current!.title = at && !cell ? axisTitle(at) : '';
    },
    click: (at, event) => {
      const cell = cellAt(viewport, share(at), count);
      if (cell) {
        const [row, column] = [rows[cell[0]]!, rows[cell[1]]!];
        if (event.detail < 2) before.current = view.pinned.peek();
        if (row === column) view.select([row]);
        else view.pin([row, column]);
        return;
      }
      const found = axisAt(at);
      if (found === null) return;
      if (found.part === 'thumbnail') view.select([rows[found.place]!]);
      else {
        const run = runAt(runs, found.place);
        if (run) view.select(rows.subarray(run.from, run.to));
      }
    },
    reset: () => {
      view.viewport.value = null;
      view.pinned.value = before.current;
    },
  });

  /** What of an axis is at a point: a class bar or a thumbnail, and at which place. */
  function axisAt(at: [number, number]): { place: number; part: 'bar' | 'thumbnail' } | null {
    const [x, y] = share(at);
    const onLeft = x < 0 && y >= 0 && y < 1;
    const onTop = y < 0 && x >= 0 && x < 1;
    if (!onLeft && !onTop) return null;
    const away = onLeft ? left - at[0] : top - at[1];
    const place = Math.floor(onLeft ? viewport.y + y * viewport.span : viewport.x + x * viewport.span);
    if (place >= count) return null;
    if (away <= barred) return { place, part: 'bar' };
    return pictured && away <= barred + topLane ? { place, part: 'thumbnail' } : null;
  }
  function axisTitle(at: [number, number]): string {
    const found = axisAt(at);
    if (!found) return '';
    if (found.part === 'thumbnail') return view.stimulusAt(rows[found.place]!).name;
    const run = runAt(runs, found.place);
    return run ? `${run.name === null ? 'No class' : formatLabel(run.name)}: ${run.to - run.from}` : '';
  }

  useEffect(() => {
    cursor.value = null;
  }, [rows]);
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (event.key === '+' || event.key === '=') onZoom(1.5);
    else if (event.key === '-') onZoom(1 / 1.5);
    else if (event.key === '0') view.viewport.value = null;
    else if (step && event.shiftKey) {
      const last = cursor.value ?? [Math.floor(viewport.y + viewport.span / 2), Math.floor(viewport.x + viewport.span / 2)];
      const next = last.map((place, axis) => Math.max(0, Math.min(count - 1, place + step[axis]!))) as [number, number];
      cursor.value = next;
      view.hover.value = { rows: next.map((place) => rows[place]!), at: 'heat' };
    } else if (step) set(panBy(viewport, step[1]! * 0.1, step[0]! * 0.1, count));
    else if (event.key === 'Enter' && hover?.rows.length === 2) view.pin([hover.rows[0]!, hover.rows[1]!]);
    else return;
    event.preventDefault();
  };
  return (
    <div
      class={`heat-map${loading ? ' heat-loading' : ''}`}
      style={{ width: `${full}px`, height: `${tall}px` }}
      data-theme={theme}
      data-thumbnails={arrived}
      aria-busy={loading}
    >
      <canvas ref={base} class="heat-base" style={{ width: `${full}px`, height: `${tall}px` }} aria-hidden="true" />
      <canvas
        ref={over}
        class="heat-over"
        style={{ width: `${full}px`, height: `${tall}px` }}
        role="application"
        tabIndex={0}
        data-vscode-context={heatMenu(view, thumbnail.value)}
        aria-label={`Dissimilarities of ${count} stimuli. Plus and minus zoom, arrows pan, Shift with arrows moves from pair to pair, Enter pins a pair.`}
        onKeyDown={press}
      />
      {error !== null && (
        <p class="heat-error">
          {error} <LinkButton onPress={() => view.retry()}>Try again</LinkButton>
        </p>
      )}
    </div>
  );
}
