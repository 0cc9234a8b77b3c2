import { useSignal, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef } from 'preact/hooks';
import { themeVersion } from '../../shared/theme';
import { follow } from '../../shared/follow';
import { openMenu, swallowsNativeMenu } from '../contextMenu';
import { BoxCard } from './boxCard';
import type { Rect } from './cardPlace';
import { titleHeight } from './compound';
import { spoken, spokenEdge } from './describe';
import { drawGraph } from './drawing';
import { EdgeCard } from './edgeCard';
import type { GraphDrawing } from './graphDrawing';
import { HoverCard } from './hoverCard';
import { pressKey } from './keys';
import { readPalette, type Palette } from './palette';
import { CanvasPen } from './pen';
import type { Placed } from './placed';
import { nowhere, pointedAt, type Pointed } from './pointed';
import { zoomed, type Viewport } from './viewport';
import './surface.css';

/** The drawing of the graph: panned, zoomed, pointed at and walked. */
export function Surface({ view }: { view: GraphDrawing }): VNode {
  const surface = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const palette = useRef<Palette | null>(null);
  const pointer = useSignal<readonly [number, number] | null>(null);
  const dragging = useSignal(false);
  const drag = useRef<{ id: number; x: number; y: number; viewport: Viewport; pressed: Pointed; moved: boolean } | null>(null);

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
    for (const signal of [view.placed, view.camera.viewport, view.camera.window, view.hovered, view.selectedBox, view.marked, view.search.matches, view.tints, themeVersion, view.camera.ratio]) follow(signal);
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
      { selected: view.selectedBox.peek(), hovered: view.hovered.peek(), marked: view.marked.peek(), matches, current, tint: view.tints.peek()?.(palette.current) },
    );
  };

  const local = (event: MouseEvent): [number, number] => {
    const { left, top } = surface.current!.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
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
    drag.current = { id: event.pointerId, x: at[0], y: at[1], viewport, pressed: pointedAt(view, at), moved: false };
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
      pointAt(nowhere);
      view.camera.viewport.value = { ...held.viewport, x: held.viewport.x + dx, y: held.viewport.y + dy };
      return;
    }
    pointAt(pointedAt(view, at));
    pointer.value = at;
  };
  const release = (event: PointerEvent): void => {
    const held = drag.current;
    if (held?.id !== event.pointerId) return;
    drag.current = null;
    dragging.value = false;
    if (held.moved || event.type !== 'pointerup') return;
    const { box, chevron, edge } = held.pressed;
    if (edge !== null) view.pickEdge(edge);
    else view.select(box);
    if (box !== null && chevron) view.toggle(box, event.altKey, local(event));
  };
  const key = (event: KeyboardEvent): void => {
    if (!surface.current || event.target !== surface.current) return;
    const anchor = surface.current.querySelector<HTMLElement>('.graph-current');
    const menu = event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey);
    if (menu) {
      if (anchor) openMenu(anchor, event);
    } else if (!pressKey(view, event)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  const pointAt = ({ box, edge }: Pointed): void => {
    view.hovered.value = box;
    view.hoveredEdge.value = edge;
  };

  const index = view.index.value;
  const placed = view.placed.value;
  const selected = view.selectedBox.value;
  const viewport = view.camera.viewport.value;
  const said =
    !placed || !index ? '' : selected !== null ? [spoken(placed, index, selected), view.remarkOn(selected)].filter(Boolean).join(', ') : spokenEdge(index, view.picked.value);
  const [hovered, hoveredEdge] = [view.hovered.value, view.hoveredEdge.value];
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
      onPointerLeave={() => pointAt(nowhere)}
      onDblClick={(event) => {
        const at = local(event);
        const { box, chevron } = pointedAt(view, at);
        // The chevron has opened or closed it at the first click of the two.
        if (box !== null && !chevron) view.enter(box, event.altKey, at);
      }}
      onKeyDown={key}
      onContextMenuCapture={(event) => {
        swallowsNativeMenu(event);
        if (!canvas.current || event.target !== canvas.current) return;
        const { box } = pointedAt(view, local(event));
        if (box !== null) view.select(box);
        canvas.current.dataset.vscodeContext = view.contextOf(box);
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
      {placed && index && pointer.value && hovered !== null && (
        <HoverCard camera={view.camera} about={`box ${hovered}`} rect={() => rectInWindow(view, placed, hovered, pointer.value![0])} follows={pointer.value[0]}>
          <BoxCard view={view} placed={placed} index={index} box={hovered} />
        </HoverCard>
      )}
      {placed && index && pointer.value && hoveredEdge !== null && (
        <HoverCard camera={view.camera} about={`edge ${hoveredEdge}`} rect={() => [pointer.value![0] - 6, pointer.value![1] - 6, 12, 12]}>
          <EdgeCard index={index} values={placed.scene.segments[hoveredEdge]!.values} />
        </HoverCard>
      )}
    </div>
  );
}

/** Where a box is in the window: one that is closed, or a part of an open one's title. */
function rectInWindow(view: GraphDrawing, { scene, x, y, width, height }: Placed, box: number, pointer: number): Rect {
  const { scale, x: dx, y: dy } = view.camera.viewport.peek()!;
  const [left, top, wide] = [x[box]! * scale + dx, y[box]! * scale + dy, width[box]! * scale];
  if (!scene.boxes[box]!.open) return [left, top, wide, height[box]! * scale];
  const from = Math.max(left, pointer - 60);
  return [from, top, Math.min(left + wide, pointer + 60) - from, titleHeight * scale];
}
