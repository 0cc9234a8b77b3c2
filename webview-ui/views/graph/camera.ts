import { signal } from '@preact/signals';
import { middleOfFirst, type Placed } from './placed';
import { fitted, showing, zoomed, type Viewport } from './viewport';

/** What of the drawing is in the window, and how it moves there. */
export class Camera {
  readonly viewport = signal<Viewport | null>(null);
  /** CSS pixels of the window on the drawing. */
  readonly window = signal<readonly [number, number]>([0, 0]);
  /** Physical pixels of a CSS pixel. */
  readonly ratio = signal(window.devicePixelRatio);
  private held: { key: string; x: number; y: number; pointer: readonly [number, number] | null } | null = null;
  /** Where it is moving to, and what was shown last on the way. */
  private moving: { goal: Viewport; shown: Viewport } | null = null;

  /** Remembers where a box is: in the next drawing it is to be there again, under the pointer where there is one. */
  hold(placed: Placed, box: number, pointer: readonly [number, number] | null): void {
    const viewport = this.viewport.peek();
    if (!viewport) return;
    const { scale, x, y } = viewport;
    this.held = { key: placed.scene.boxes[box]!.key, x: placed.x[box]! * scale + x, y: placed.y[box]! * scale + y, pointer };
  }

  /** What was clicked stays under the pointer. */
  keepHeld(placed: Placed): void {
    const { held } = this;
    this.held = null;
    const viewport = this.viewport.peek();
    const box = held && placed.scene.boxOfKey.get(held.key);
    if (!held || box === null || box === undefined || !viewport) return;
    const { scale } = viewport;
    let { x, y } = held;
    const [wide, high] = [placed.width[box]! * scale, placed.height[box]! * scale];
    if (held.pointer) {
      const [px, py] = held.pointer;
      if (px > x + wide - 4) x = px - wide / 2;
      if (py > y + high - 4) y = py - high / 2;
    }
    this.viewport.value = { scale, x: x - placed.x[box]! * scale, y: y - placed.y[box]! * scale };
  }

  /** Moves as little as shows a box. */
  bringIntoView(placed: Placed, box: number): void {
    const viewport = this.viewport.peek();
    if (!viewport) return;
    const base = viewport.scale < 0.6 && !placed.scene.boxes[box]!.open ? { ...viewport, ...zoomed(viewport, 0.8 / viewport.scale, [0, 0]) } : viewport;
    this.moveTo(showing(base, [placed.x[box]!, placed.y[box]!, placed.width[box]!, placed.height[box]!], this.window.peek()));
  }

  /** All of the drawing, or the beginning of it where that is too small to read. */
  fit(placed: Placed, whole: boolean): void {
    this.moveTo(fitted(placed.size, this.window.peek(), placed.horizontal, whole ? null : middleOfFirst(placed)));
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
