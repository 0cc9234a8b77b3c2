import { batch, signal } from '@preact/signals';
import { boxNear, middleOfFirst, rectOf, showingBox, type Placed } from './placed';
import { fitted, legible, resized, seen, showing, wellLegible, zoomed, type Viewport } from './viewport';

/** Where a box is in the window, and the boxes around it, from the inside out. */
interface Held {
  box: number;
  /** How the drawing lay then. */
  viewport: Viewport;
  places: { key: string; x: number; y: number }[];
  pointer: readonly [number, number] | null;
}

/** What of the drawing is in the window, and how it moves there. */
export class Camera {
  readonly viewport = signal<Viewport | null>(null);
  /** CSS pixels of the window on the drawing. */
  readonly window = signal<readonly [number, number]>([0, 0]);
  /** Physical pixels of a CSS pixel. */
  readonly ratio = signal(window.devicePixelRatio);
  private held: Held | null = null;
  /** What was fitted, and is to be again in the next drawing: all of it, or its beginning. */
  private refit: { whole: boolean } | null = null;
  /** Where it is moving to, and what was shown last on the way. */
  private moving: { goal: Viewport; shown: Viewport } | null = null;

  /** Remembers where a box is, and what holds it: in the next drawing it is to be there again, under the pointer where there is one. */
  hold(placed: Placed, box: number, pointer: readonly [number, number] | null): void {
    const viewport = this.viewport.peek();
    if (!viewport) return;
    const { scale, x, y } = viewport;
    const places: Held['places'] = [];
    for (let at = box; at >= 0; at = placed.scene.boxes[at]!.parent) places.push({ key: placed.scene.boxes[at]!.key, x: placed.x[at]! * scale + x, y: placed.y[at]! * scale + y });
    this.held = { box, viewport, places, pointer };
  }

  /**
   * Where nothing is held yet: what was fitted is to be fitted again, where that is wanted; else as `hold`, of a box where any of it is in
   * the window; else of what is in the middle of that, or next to it. What is held is held anew where the drawing has been moved since: it
   * stays where it was moved to.
   */
  holdSeen(placed: Placed, box: number | null, fit: boolean): void {
    const viewport = this.heading();
    const { held } = this;
    if (!viewport || held?.viewport === viewport) return;
    this.viewport.value = viewport; // what is on its way has arrived
    const window = this.window.peek();
    const fits = box === null ? [true, false] : [true];
    const whole = fit && !held ? fits.find((all) => this.isFitted(placed, all)) : undefined;
    if (whole !== undefined) {
      this.refit = { whole };
      return;
    }
    const wanted = held?.box ?? box;
    if (wanted !== null && seen(viewport, rectOf(placed, wanted), window) > 0) {
      const corner = [placed.x[wanted]! * viewport.scale + viewport.x, placed.y[wanted]! * viewport.scale + viewport.y] as const;
      this.hold(placed, wanted, held?.pointer ? corner : null);
      return;
    }
    const middle = [window[0] / 2, window[1] / 2] as const;
    const there = boxNear(placed, (middle[0] - viewport.x) / viewport.scale, (middle[1] - viewport.y) / viewport.scale);
    if (there !== null) this.hold(placed, there, middle);
  }

  /**
   * What was held stays where it was; what closed around it stays in the window. What was fitted is fitted. `still`: not even to show
   * more of what was held.
   */
  keepHeld(placed: Placed, still: boolean): void {
    const { held, refit } = this;
    this.held = this.refit = null;
    const viewport = this.viewport.peek();
    if (!viewport) return;
    if (refit) this.viewport.value = this.fitted(placed, refit.whole);
    if (!held) return;
    const at = held.places.findIndex(({ key }) => placed.scene.boxOfKey.has(key));
    if (at < 0) return;
    const { key } = held.places[at]!;
    let { x, y } = held.places[at]!;
    const box = placed.scene.boxOfKey.get(key)!;
    const { scale } = viewport;
    const [wide, high] = [placed.width[box]! * scale, placed.height[box]! * scale];
    if (held.pointer) {
      const [px, py] = held.pointer;
      if (px > x + wide - 4) x = px - wide / 2;
      if (py > y + high - 4) y = py - high / 2;
    }
    const next = { scale, x: x - placed.x[box]! * scale, y: y - placed.y[box]! * scale };
    // What the pointer is on stays under it; of what stays otherwise, all is to be seen.
    this.viewport.value = at === 0 && (held.pointer || still) ? next : showingBox(next, placed, box, this.window.peek());
  }

  /** Moves as little as shows a box. */
  bringIntoView(placed: Placed, box: number): void {
    const viewport = this.viewport.peek();
    if (!viewport) return;
    const base = viewport.scale < legible && !placed.scene.boxes[box]!.open ? { ...viewport, ...zoomed(viewport, wellLegible / viewport.scale, [0, 0]) } : viewport;
    this.moveTo(showing(base, rectOf(placed, box), this.window.peek()));
  }

  /** All of the drawing, or the beginning of it where that is too small to read. */
  fit(placed: Placed, whole: boolean): void {
    this.moveTo(this.fitted(placed, whole));
  }

  private fitted(placed: Placed, whole: boolean): Viewport {
    return fitted(placed.size, this.window.peek(), placed.horizontal, whole ? null : middleOfFirst(placed));
  }

  /** Whether all of the drawing was fitted, and it has not been moved since. */
  isFitted(placed: Placed, whole: boolean): boolean {
    const now = this.heading();
    const { scale, x, y } = this.fitted(placed, whole);
    return now !== null && scale === now.scale && x === now.x && y === now.y;
  }

  /** The window has another size: a selected box that was in it is in it again; where nothing is selected, what was fitted is fitted again. */
  resize(window: readonly [number, number], placed: Placed | null, box: number | null): void {
    const before = this.window.peek();
    const viewport = this.heading();
    const fit = placed && box === null ? [true, false].find((whole) => this.isFitted(placed, whole)) : undefined;
    batch(() => {
      this.window.value = window;
      if (!placed || !viewport || before[0] * before[1] * window[0] * window[1] === 0) return;
      if (fit !== undefined) this.viewport.value = this.fitted(placed, fit);
      else if (box !== null) this.viewport.value = resized(viewport, before, window, rectOf(placed, box));
    });
  }

  zoom(factor: number): void {
    const viewport = this.heading();
    const [width, height] = this.window.peek();
    if (viewport) this.moveTo(zoomed(viewport, factor, [width / 2, height / 2]));
  }

  /** One pixel for one of the drawing. */
  actualSize(): void {
    this.zoom(1 / (this.heading()?.scale ?? 1));
  }

  /** Where it will be once it has arrived: the next step counts from there. */
  private heading(): Viewport | null {
    const viewport = this.viewport.peek();
    return this.moving?.shown === viewport ? this.moving.goal : viewport;
  }

  /** Moves there smoothly, or at once where motion is not wanted. Who moves it otherwise meanwhile ends it. */
  moveTo(goal: Viewport): void {
    const start = this.viewport.peek();
    if (!start || matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.viewport.value = goal;
      return;
    }
    const begin = performance.now();
    const moving = (this.moving = { goal, shown: start });
    const step = (now: number): void => {
      if (this.moving !== moving || this.viewport.peek() !== moving.shown) return;
      const share = Math.min(1, Math.max(0, (now - begin) / 160));
      const eased = 1 - (1 - share) ** 3;
      const scale = start.scale * (goal.scale / start.scale) ** eased;
      const along = goal.scale === start.scale ? eased : (scale - start.scale) / (goal.scale - start.scale);
      moving.shown = share === 1 ? goal : { scale, x: start.x + (goal.x - start.x) * along, y: start.y + (goal.y - start.y) * along };
      this.viewport.value = moving.shown;
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}
