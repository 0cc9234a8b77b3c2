import type { GraphDrawing } from './graphDrawing';
import { directionOf, neighbour } from './navigation';

const step = 60;

/** What keys do to a drawing that need not know where it is drawn: it is walked, opened, zoomed and moved. @returns whether the key does anything */
export function pressKey(view: GraphDrawing, event: KeyboardEvent): boolean {
  const placed = view.placed.peek();
  const viewport = view.camera.viewport.peek();
  if (!placed || !viewport) return false;
  const { boxes } = placed.scene;
  const box = view.selectedBox.peek();
  const first = boxes.length > 0 ? 0 : null;
  const go = (to: number | null): void => {
    if (to === null || to < 0) return;
    view.select(to);
    view.camera.bringIntoView(placed, to);
  };
  const direction = directionOf(event.key, placed.horizontal);
  if (event.key === 'F3') view.search.next(event.shiftKey ? -1 : 1);
  else if (event.ctrlKey || event.metaKey || event.altKey) {
    if (direction === null || event.altKey) return false;
    const [dx, dy] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] as [number, number];
    view.camera.viewport.value = { ...viewport, x: viewport.x + dx * step, y: viewport.y + dy * step };
  } else if (direction !== null) go(box === null ? first : neighbour(placed, box, direction, placed.horizontal));
  else if (event.key === 'Home') go(first);
  else if (event.key === 'End') go(boxes.findLastIndex(({ parent }) => parent < 0));
  else if (event.key === 'Enter' && box !== null) view.enter(box, event.shiftKey, null);
  else if (event.key === ' ' && box !== null) view.inspect();
  else if (event.key === 'Backspace' && box !== null && boxes[box]!.parent >= 0) go(boxes[box]!.parent);
  else if (event.key === '+' || event.key === '=') view.camera.zoom(1.25);
  else if (event.key === '-') view.camera.zoom(0.8);
  else if (event.key === '0') view.fitAll();
  else if (event.key === '1') view.camera.actualSize();
  else if (event.key === 'Escape' && view.search.text.peek() !== '') view.search.start('');
  else if (event.key === 'Escape' && (box !== null || view.picked.peek().length > 0)) view.select(null);
  else return false;
  return true;
}
