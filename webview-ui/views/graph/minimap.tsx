import { useComputed, useSignalEffect } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { follow } from '../../shared/follow';
import { themeVersion } from '../../shared/theme';
import { kindOf } from './drawing';
import type { GraphDrawing } from './graphDrawing';
import { readPalette, type Palette } from './palette';
import { rectOf, type Placed } from './placed';
import { isWhole, type Viewport } from './viewport';

const longest = 168;
const shortest = 44;

/** The whole drawing, small, with what the window shows of it: press or drag to go there. */
export function Minimap({ view }: { view: GraphDrawing }): VNode | null {
  const canvas = useRef<HTMLCanvasElement>(null);
  const whole = useRef<{ placed: Placed; tints: unknown; theme: number; ratio: number; picture: OffscreenCanvas; palette: Palette } | null>(null);
  const placed = view.placed.value;
  const size = placed && sizeOf(placed);
  // Of what is seen as a whole it would only cover a part.
  const hidden = useComputed(() => {
    const { value: drawn } = view.placed;
    const { value: viewport } = view.camera.viewport;
    return !drawn || !viewport || isWhole(viewport, drawn.size, view.camera.window.value);
  });

  useSignalEffect(() => {
    const drawn = view.placed.value;
    const viewport = view.camera.viewport.value;
    const [width, height] = view.camera.window.value;
    const tints = view.tints.value;
    const selected = view.selectedBox.value;
    follow(themeVersion);
    const element = canvas.current;
    if (!element || !drawn || !viewport) return;
    const [across, down] = sizeOf(drawn);
    const ratio = view.camera.ratio.value;
    const known = whole.current;
    if (known?.placed !== drawn || known.tints !== tints || known.theme !== themeVersion.peek() || known.ratio !== ratio)
      whole.current = { placed: drawn, tints, theme: themeVersion.peek(), ratio, ...pictureOf(view, drawn, across * ratio, down * ratio) };
    const { picture, palette } = whole.current!;
    if (element.width !== picture.width || element.height !== picture.height) [element.width, element.height] = [picture.width, picture.height];
    const context = element.getContext('2d')!;
    const [sx, sy] = [picture.width / Math.max(1, drawn.size[0]), picture.height / Math.max(1, drawn.size[1])];
    context.clearRect(0, 0, picture.width, picture.height);
    context.drawImage(picture, 0, 0);
    if (selected !== null) {
      const rect = [drawn.x[selected]! * sx - 1, drawn.y[selected]! * sy - 1, Math.max(4, drawn.width[selected]! * sx + 2), Math.max(4, drawn.height[selected]! * sy + 2)] as const;
      context.fillStyle = context.strokeStyle = palette.focus;
      context.lineWidth = 1.5 * ratio;
      if (drawn.scene.boxes[selected]!.open) context.strokeRect(...rect);
      else context.fillRect(...rect);
    }
    const { scale, x, y } = viewport;
    element.classList.toggle('graph-minimap-above', selected !== null && !drawn.scene.boxes[selected]!.open && covers(element, viewport, rectOf(drawn, selected)));
    context.strokeStyle = palette.text;
    context.lineWidth = ratio;
    const [left, top] = [Math.max(0, (-x / scale) * sx), Math.max(0, (-y / scale) * sy)];
    const [right, bottom] = [Math.min(picture.width, ((width - x) / scale) * sx), Math.min(picture.height, ((height - y) / scale) * sy)];
    context.globalAlpha = 0.12;
    context.fillStyle = palette.text;
    context.fillRect(left, top, right - left, bottom - top);
    context.globalAlpha = 1;
    context.strokeRect(left + ratio / 2, top + ratio / 2, Math.max(2, right - left - ratio), Math.max(2, bottom - top - ratio));
  });

  if (!size) return null;
  const go = (event: PointerEvent): void => {
    const drawn = view.placed.peek();
    const viewport = view.camera.viewport.peek();
    if (event.buttons === 0 || !drawn || !viewport) return;
    const box = canvas.current!.getBoundingClientRect();
    const [width, height] = view.camera.window.peek();
    const px = ((event.clientX - box.left) / box.width) * drawn.size[0];
    const py = ((event.clientY - box.top) / box.height) * drawn.size[1];
    view.camera.viewport.value = { ...viewport, x: width / 2 - px * viewport.scale, y: height / 2 - py * viewport.scale };
  };
  return (
    <canvas
      ref={canvas}
      class="graph-floating graph-minimap"
      style={{ width: `${size[0]}px`, height: `${size[1]}px` }}
      hidden={hidden}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={go}
    />
  );
}

/** Whether it lies over a part of a box: that is seen through it then. */
function covers(map: HTMLElement, { scale, ...shift }: Viewport, [x, y, width, height]: readonly [number, number, number, number]): boolean {
  const corner = map.parentElement!;
  const [left, top] = [corner.offsetLeft + map.offsetLeft, corner.offsetTop + map.offsetTop];
  const meets = (start: number, length: number, from: number, room: number): boolean => start < from + room && start + length > from;
  return meets(x * scale + shift.x, width * scale, left, map.offsetWidth) && meets(y * scale + shift.y, height * scale, top, map.offsetHeight);
}

/** In CSS pixels. Long graphs are drawn wider than they are, so that something is seen. */
function sizeOf({ size: [width, height] }: Placed): [number, number] {
  const scale = longest / Math.max(1, width, height);
  return [Math.max(shortest, Math.round(width * scale)), Math.max(shortest, Math.round(height * scale))];
}

function pictureOf(view: GraphDrawing, { scene, size, x, y, width, height }: Placed, across: number, down: number): { picture: OffscreenCanvas; palette: Palette } {
  const palette = readPalette();
  const picture = new OffscreenCanvas(Math.round(across), Math.round(down));
  const context = picture.getContext('2d')!;
  const tint = view.tints.peek()?.(palette);
  const index = view.index.peek()!;
  const [sx, sy] = [picture.width / Math.max(1, size[0]), picture.height / Math.max(1, size[1])];
  scene.boxes.forEach((box, at) => {
    if (box.open) return;
    const own = tint?.(at);
    context.fillStyle = (tint ? (own?.stroke ?? own?.fill) : box.kind === 'node' ? palette.kinds[kindOf(index, box)] : palette.edge) ?? palette.line;
    context.fillRect(x[at]! * sx, y[at]! * sy, Math.max(1.5, width[at]! * sx), Math.max(1, height[at]! * sy));
  });
  return { picture, palette };
}
