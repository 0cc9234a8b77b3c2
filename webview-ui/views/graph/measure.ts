import { fontOf } from './pen';

const widths = new Map<string, number>();
let context: CanvasRenderingContext2D | null = null;
let family = '';

/** Width of a text on a box, in pixels at a zoom of 1. */
export function measureText(text: string, font: 'title' | 'detail' | 'label'): number {
  const now = getComputedStyle(document.body).fontFamily;
  context ??= document.createElement('canvas').getContext('2d')!;
  if (now !== family) {
    widths.clear();
    family = now;
  }
  const key = `${font} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    context.font = fontOf(font === 'title' ? 'strong' : font, family);
    width = context.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}
