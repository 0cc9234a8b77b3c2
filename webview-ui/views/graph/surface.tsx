import { useSignal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { themeVersion } from '../../shared/theme';
import { follow } from '../../shared/follow';
import { openMenu, swallowsNativeMenu } from '../contextMenu';
import { HoverCard } from './card';
import { spoken } from './describe';
import { drawGraph } from './drawing';
import type { GraphDrawing } from './graphDrawing';
import { directionOf, neighbour } from './navigation';
import { readPalette, type Palette } from './palette';
import { CanvasPen } from './pen';
import { boxAt } from './placed';
import { zoomed, type Viewport } from './viewport';
import { titleHeight } from './compound';
import './surface.css';

const step = 60;

/** The drawing of the graph: panned, zoomed, pointed at and walked. */
export function Surface({ view }: { view: GraphDrawing }): VNode {
  const surface = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = useRef<Palette | null>(null);
  const pointer = useSignal<readonly [number, number] | null>(null);
  const dragging = useSignal(false);
  const drag = useRef<{ id: number; x: number; y: number; viewport: Viewport; box: number | null; moved: boolean } | null>(null);

  useLayoutEffect(() => {
    const measure = (): void => {
      const { clientWidth, clientHeight } = surface.current!;
      const before = view.camera.window.peek();
      if (clientWidth === before[0] && clientHeight === before[1]) return;
      view.camera.resize([clientWidth, clientHeight], view.placed.peek(), view.selectedBox.peek());
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(surface.current!);
    return () => observer.disconnect();
  }, [view]);

  const frame = useRef(0);
  useSignalEffect(() => {
    follow(themeVersion);
    palette.current = null;
  });
  useSignalEffect(() => {
    for (const signal of [view.placed, view.camera.viewport, view.camera.window, view.hovered, view.selectedBox, view.search.matches, view.tints, themeVersion, view.camera.ratio]) follow(signal);
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(draw);
  });
  useEffect(() => () => cancelAnimationFrame(frame.current), []);

  const draw = (): void => {
    const element = canvas.current;
    const index = view.index.peek();
    const placed = view.placed.peek();
    const viewport = view.camera.viewport.peek();
    const [width, height] = view.camera.window.peek();
    if (!element || width === 0 || height === 0) return;
    const ratio = window.devicePixelRatio;
    const [across, down] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (element.width !== across || element.height !== down) [element.width, element.height] = [across, down];
    const context = element.getContext('2d', { alpha: false })!;
    palette.current ??= readPalette();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = palette.current.ground;
    context.fillRect(0, 0, across, down);
    if (!index || !placed || !viewport) return;
    const { scale, x, y } = viewport;
    context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
    const { boxes: matches, current } = view.search.matches.peek();
    drawGraph(
      new CanvasPen(context, palette.current.family),
      placed,
      { palette: palette.current, index },
      { x: -x / scale, y: -y / scale, width: width / scale, height: height / scale, scale },
      { selected: view.selectedBox.peek(), hovered: view.hovered.peek(), matches, current, tint: view.tints.peek()?.(palette.current) },
    );
  };

  const local = (event: MouseEvent): [number, number] => {
    const { left, top } = surface.current!.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };
  const hit = ([px, py]: readonly [number, number]): number | null => {
    const placed = view.placed.peek();
    const viewport = view.camera.viewport.peek();
    return placed && viewport ? boxAt(placed, (px - viewport.x) / viewport.scale, (py - viewport.y) / viewport.scale) : null;
  };
  /** Whether a point is on the title of an open box: the rest of it is ground, as what is around it. */
  const onTitle = (box: number, [, py]: readonly [number, number]): boolean => {
    const placed = view.placed.peek()!;
    const { scale, y } = view.camera.viewport.peek()!;
    return !placed.scene.boxes[box]!.open || (py - y) / scale < placed.y[box]! + titleHeight + 2;
  };

  // Not passive: the page must not zoom or scroll with the graph.
  useEffect(() => {
    const element = surface.current!;
    const wheel = (event: WheelEvent): void => {
      const viewport = view.camera.viewport.peek();
      if (!viewport) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? 300 : 1;
      if (event.ctrlKey || event.metaKey) {
        const delta = Math.max(-60, Math.min(60, event.deltaY * unit));
        view.camera.viewport.value = zoomed(viewport, Math.exp(-delta * 0.01), local(event));
        return;
      }
      const [dx, dy] = event.shiftKey && event.deltaX === 0 ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
      view.camera.viewport.value = { ...viewport, x: viewport.x - dx * unit, y: viewport.y - dy * unit };
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [view]);

  const press = (event: PointerEvent): void => {
    const viewport = view.camera.viewport.peek();
    if (!viewport || event.button > 1) return;
    const at = local(event);
    drag.current = { id: event.pointerId, x: at[0], y: at[1], viewport, box: hit(at), moved: false };
    surface.current!.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent): void => {
    const at = local(event);
    const held = drag.current;
    if (held?.id === event.pointerId) {
      const [dx, dy] = [at[0] - held.x, at[1] - held.y];
      if (!held.moved && Math.hypot(dx, dy) < 4) return;
      held.moved = true;
      dragging.value = true;
      view.hovered.value = null;
      view.camera.viewport.value = { ...held.viewport, x: held.viewport.x + dx, y: held.viewport.y + dy };
      return;
    }
    const box = hit(at);
    view.hovered.value = box !== null && onTitle(box, at) ? box : null;
    pointer.value = at;
  };
  const release = (event: PointerEvent): void => {
    const held = drag.current;
    if (held?.id !== event.pointerId) return;
    drag.current = null;
    dragging.value = false;
    if (held.moved || event.type !== 'pointerup') return;
    const at = local(event);
    const box = held.box;
    if (box !== null && onTitle(box, at)) {
      view.select(box);
      if (onChevron(box, at)) view.toggle(box, event.altKey, at);
    } else view.select(null);
  };
  const onChevron = (box: number, [px, py]: readonly [number, number]): boolean => {
    const placed = view.placed.peek()!;
    const { scale, x, y } = view.camera.viewport.peek()!;
    const [dx, dy] = [(px - x) / scale - placed.x[box]!, (py - y) / scale - placed.y[box]!];
    return placed.scene.boxes[box]!.openable && dx < 25 && dy < 30;
  };
  const open = (box: number, all: boolean, at: readonly [number, number] | null): void => {
    const one = view.placed.peek()?.scene.boxes[box];
    if (!one) return;
    if (one.openable) view.toggle(box, all, at);
    else view.activate(box);
  };

  const key = (event: KeyboardEvent): void => {
    const placed = view.placed.peek();
    const viewport = view.camera.viewport.peek();
    if (!placed || !viewport || !surface.current || event.target !== surface.current) return;
    const box = view.selectedBox.peek();
    const direction = directionOf(event.key, placed.horizontal);
    if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const anchor = surface.current.querySelector<HTMLElement>('.graph-current');
      if (anchor) openMenu(anchor, event);
    } else if (event.key === 'F3') view.search.next(event.shiftKey ? -1 : 1);
    else if (event.ctrlKey || event.metaKey || event.altKey) {
      if (direction === null || event.altKey) return;
      const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] as [number, number];
      view.camera.viewport.value = { ...viewport, x: viewport.x + dx * step, y: viewport.y + dy * step };
    } else if (direction !== null) {
      const next = box === null ? firstOf() : neighbour(placed, box, direction, placed.horizontal);
      if (next !== null) {
        view.select(next);
        view.camera.bringIntoView(placed, next);
      }
    } else if (event.key === 'Home' || event.key === 'End') {
      const to = event.key === 'Home' ? firstOf() : placed.scene.boxes.findLastIndex(({ parent }) => parent < 0);
      if (to !== null && to >= 0) {
        view.select(to);
        view.camera.bringIntoView(placed, to);
      }
    } else if (event.key === 'Enter' || event.key === ' ') {
      if (box === null) return;
      if (event.key === ' ') view.inspect();
      else open(box, event.shiftKey, null);
    } else if (event.key === 'Backspace') {
      const parent = box === null ? -1 : placed.scene.boxes[box]!.parent;
      if (parent < 0) return;
      view.select(parent);
      view.camera.bringIntoView(placed, parent);
    } else if (event.key === '+' || event.key === '=') view.camera.zoom(1.25);
    else if (event.key === '-') view.camera.zoom(0.8);
    else if (event.key === '0') view.fitAll();
    else if (event.key === '1') view.camera.actualSize();
    else if (event.key === 'Escape') {
      if (view.search.text.peek() !== '') view.search.start('');
      else if (box !== null) view.select(null);
      else return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const firstOf = (): number | null => (view.placed.peek()!.scene.boxes.length > 0 ? 0 : null);

  const index = view.index.value;
  const placed = view.placed.value;
  const selected = view.selectedBox.value;
  const viewport = view.camera.viewport.value;
  const said = placed && index && selected !== null ? [spoken(placed, index, selected), view.remarkOn(selected)].filter(Boolean).join(', ') : '';
  const currentId = useId();
  return (
    <div
      ref={surface}
      class={`graph-surface${dragging.value ? ' graph-dragging' : ''}`}
      tabIndex={0}
      role="application"
      aria-roledescription="graph"
      aria-label={`Graph of ${view.name.value}. Arrow keys follow the edges, Enter opens, plus and minus zoom. The list has the same as text.`}
      aria-activedescendant={selected === null ? undefined : currentId}
      onPointerDown={press}
      onPointerMove={move}
      onPointerUp={release}
      onPointerCancel={release}
      onPointerLeave={() => (view.hovered.value = null)}
      onDblClick={(event) => {
        const at = local(event);
        const box = hit(at);
        // The chevron has opened or closed it at the first click of the two.
        if (box !== null && onTitle(box, at) && !onChevron(box, at)) open(box, event.altKey, at);
      }}
      onKeyDown={key}
      onContextMenuCapture={(event) => {
        swallowsNativeMenu(event);
        if (!canvas.current || event.target !== canvas.current) return;
        const at = local(event);
        const box = hit(at);
        const on = box !== null && onTitle(box, at) ? box : null;
        if (on !== null) view.select(on);
        canvas.current.dataset.vscodeContext = view.contextOf(on);
      }}
    >
      <canvas ref={canvas} class="graph-canvas" aria-hidden="true" />
      {placed && viewport && selected !== null && (
        <div
          id={currentId}
          class="graph-current"
          role="img"
          aria-label={said}
          data-key={placed.scene.boxes[selected]!.key}
          data-vscode-context={view.contextOf(selected)}
          style={{
            left: `${placed.x[selected]! * viewport.scale + viewport.x}px`,
            top: `${placed.y[selected]! * viewport.scale + viewport.y}px`,
            width: `${placed.width[selected]! * viewport.scale}px`,
            height: `${placed.height[selected]! * viewport.scale}px`,
          }}
        />
      )}
      <div class="hidden" role="status">
        {said}
      </div>
      {placed && index && view.hovered.value !== null && pointer.value && (
        <HoverCard view={view} placed={placed} index={index} box={view.hovered.value} at={pointer.value} />
      )}
    </div>
  );
}
