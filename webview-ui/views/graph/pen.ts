import { iconPaths, type IconName } from '../../ui/iconDrawings';

export type FontName = 'title' | 'strong' | 'detail' | 'label';

/** `enlarged`: how many times as large as it is at a zoom of 1. */
export function fontOf(name: FontName, family: string, enlarged = 1): string {
  const [weight, size] = { title: ['500', 12], strong: ['600', 12], detail: ['400', 11], label: ['400', 10] }[name];
  return `${weight} ${Number(size) * enlarged}px ${family}`;
}

/** What a drawing is made with: a canvas, or an SVG. */
export interface Pen {
  rect(x: number, y: number, width: number, height: number, style: RectStyle): void;
  /** Strokes lines and curves "x1 y1 x2 y2" that run along the flow at both ends, all in one colour. */
  curves(pieces: readonly number[], horizontal: boolean, colour: string, lineWidth: number, dash?: readonly number[]): void;
  triangles(corners: readonly number[], colour: string): void;
  text(text: string, x: number, y: number, font: FontName, colour: string, align?: 'left' | 'right' | 'center', enlarged?: number): void;
  icon(name: IconName, x: number, y: number, size: number, colour: string): void;
}

export interface RectStyle {
  radius?: number;
  fill?: string;
  stroke?: string;
  lineWidth?: number;
  dash?: readonly number[];
}

type Context = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

const icons = new Map<IconName, { stroked: Path2D; filled: Path2D }>();

export class CanvasPen implements Pen {
  constructor(
    private readonly context: Context,
    private readonly family: string,
  ) {
    context.textBaseline = 'middle';
    context.lineJoin = 'round';
  }

  rect(x: number, y: number, width: number, height: number, { radius = 0, fill, stroke, lineWidth = 1, dash }: RectStyle): void {
    const { context } = this;
    if (radius === 0 && fill && !stroke) {
      context.fillStyle = fill;
      context.fillRect(x, y, width, height);
      return;
    }
    context.beginPath();
    context.roundRect(x, y, width, height, radius);
    if (fill) {
      context.fillStyle = fill;
      context.fill();
    }
    if (!stroke) return;
    context.setLineDash(dash ? [...dash] : []);
    context.strokeStyle = stroke;
    context.lineWidth = lineWidth;
    context.stroke();
  }

  curves(pieces: readonly number[], horizontal: boolean, colour: string, lineWidth: number, dash?: readonly number[]): void {
    if (pieces.length === 0) return;
    const { context } = this;
    context.beginPath();
    for (let at = 0; at < pieces.length; at += 4) {
      const x1 = pieces[at]!;
      const y1 = pieces[at + 1]!;
      const x2 = pieces[at + 2]!;
      const y2 = pieces[at + 3]!;
      context.moveTo(x1, y1);
      if (x1 === x2 || y1 === y2) context.lineTo(x2, y2);
      else if (horizontal) context.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
      else context.bezierCurveTo(x1, (y1 + y2) / 2, x2, (y1 + y2) / 2, x2, y2);
    }
    context.setLineDash(dash ? [...dash] : []);
    context.strokeStyle = colour;
    context.lineWidth = lineWidth;
    context.stroke();
  }

  triangles(corners: readonly number[], colour: string): void {
    const { context } = this;
    context.beginPath();
    for (let at = 0; at < corners.length; at += 6) {
      context.moveTo(corners[at]!, corners[at + 1]!);
      context.lineTo(corners[at + 2]!, corners[at + 3]!);
      context.lineTo(corners[at + 4]!, corners[at + 5]!);
    }
    context.fillStyle = colour;
    context.fill();
  }

  text(text: string, x: number, y: number, font: FontName, colour: string, align: CanvasTextAlign = 'left', enlarged = 1): void {
    const { context } = this;
    context.font = fontOf(font, this.family, enlarged);
    context.textAlign = align;
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  icon(name: IconName, x: number, y: number, size: number, colour: string): void {
    const { context } = this;
    let paths = icons.get(name);
    if (!paths) {
      const { stroked, filled } = iconPaths(name);
      paths = { stroked: new Path2D(stroked), filled: new Path2D(filled) };
      icons.set(name, paths);
    }
    context.save();
    context.translate(x, y);
    context.scale(size / 16, size / 16);
    context.setLineDash([]);
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = 1.2;
    context.stroke(paths.stroked);
    context.fill(paths.filled);
    context.restore();
  }
}

const round = (value: number): string => String(Math.round(value * 100) / 100);

/** Writes what is drawn as vectors and text. */
export class SvgPen implements Pen {
  private readonly parts: string[] = [];

  constructor(private readonly family: string) {}

  rect(x: number, y: number, width: number, height: number, { radius = 0, fill, stroke, lineWidth = 1, dash }: RectStyle): void {
    const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}"`;
    this.parts.push(`<rect ${place} fill="${fill ?? 'none'}"${stroked(stroke, lineWidth, dash)}/>`);
  }

  curves(pieces: readonly number[], horizontal: boolean, colour: string, lineWidth: number, dash?: readonly number[]): void {
    if (pieces.length === 0) return;
    const path: string[] = [];
    for (let at = 0; at < pieces.length; at += 4) {
      const [x1, y1, x2, y2] = pieces.slice(at, at + 4) as [number, number, number, number];
      const middle = horizontal ? (x1 + x2) / 2 : (y1 + y2) / 2;
      const controls = horizontal ? [middle, y1, middle, y2] : [x1, middle, x2, middle];
      const curve = x1 === x2 || y1 === y2 ? 'L' : `C${controls.map(round).join(' ')} `;
      path.push(`M${round(x1)} ${round(y1)}${curve}${round(x2)} ${round(y2)}`);
    }
    this.parts.push(`<path d="${path.join('')}" fill="none"${stroked(colour, lineWidth, dash)}/>`);
  }

  triangles(corners: readonly number[], colour: string): void {
    if (corners.length === 0) return;
    const path: string[] = [];
    for (let at = 0; at < corners.length; at += 6) {
      const [x1, y1, x2, y2, x3, y3] = corners.slice(at, at + 6).map(round);
      path.push(`M${x1} ${y1}L${x2} ${y2}L${x3} ${y3}Z`);
    }
    this.parts.push(`<path d="${path.join('')}" fill="${colour}"/>`);
  }

  text(text: string, x: number, y: number, font: FontName, colour: string, align: 'left' | 'right' | 'center' = 'left', enlarged = 1): void {
    const anchor = { left: 'start', right: 'end', center: 'middle' }[align];
    const [weight, size] = fontOf(font, '', enlarged).split(' ');
    this.parts.push(
      `<text x="${round(x)}" y="${round(y)}" dy="0.35em" font-weight="${weight}" font-size="${size}" text-anchor="${anchor}" fill="${colour}">${escaped(text)}</text>`,
    );
  }

  icon(name: IconName, x: number, y: number, size: number, colour: string): void {
    const { stroked: outline, filled } = iconPaths(name);
    this.parts.push(
      `<g transform="translate(${round(x)} ${round(y)}) scale(${round(size / 16)})"><path d="${outline}" fill="none"${stroked(colour, 1.2)} stroke-linecap="round"/>${filled === '' ? '' : `<path d="${filled}" fill="${colour}"/>`}</g>`,
    );
  }

  /** The whole file: a drawing of this size with a margin around it. */
  file(width: number, height: number, margin: number, ground: string, title: string): string {
    const [wide, high] = [width + 2 * margin, height + 2 * margin].map(round);
    const place = `x="${-margin}" y="${-margin}" width="${wide}" height="${high}"`;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="${-margin} ${-margin} ${wide} ${high}" font-family="${escaped(this.family)}"><title>${escaped(title)}</title><rect ${place} fill="${ground}"/>${this.parts.join('\n')}</svg>\n`;
  }
}

function stroked(colour: string | undefined, width: number, dash?: readonly number[]): string {
  if (!colour) return '';
  return ` stroke="${colour}" stroke-width="${round(width)}"${dash && dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : ''}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
