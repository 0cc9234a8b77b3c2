/** Drawings that go to a canvas on screen and to an SVG in a file. Lengths in CSS pixels. */
export type Shape =
  | { kind: 'rect'; x: number; y: number; width: number; height: number; fill: string; opacity?: number; title?: string }
  | { kind: 'line'; points: readonly (readonly [number, number])[]; stroke: string; width?: number; opacity?: number }
  | { kind: 'area'; points: readonly (readonly [number, number])[]; fill: string; opacity?: number }
  | { kind: 'circle'; x: number; y: number; radius: number; fill: string; stroke?: string; title?: string }
  | {
      kind: 'text';
      x: number;
      y: number;
      text: string;
      fill: string;
      size?: number;
      anchor?: 'start' | 'middle' | 'end';
      weight?: number;
      /** Turned counter-clockwise by a quarter. */
      upright?: boolean;
    }
  | { kind: 'gradient'; x: number; y: number; width: number; height: number; stops: readonly string[] }
  | { kind: 'image'; x: number; y: number; width: number; height: number; source: CanvasImageSource; url: string; crisp: boolean };

const textSize = 11;

/** Draws on a canvas whose unit is the CSS pixel. */
export function drawShapes(context: CanvasRenderingContext2D, shapes: readonly Shape[], font: string): void {
  for (const shape of shapes) {
    context.globalAlpha = 'opacity' in shape ? (shape.opacity ?? 1) : 1;
    switch (shape.kind) {
      case 'rect':
        context.fillStyle = shape.fill;
        context.fillRect(shape.x, shape.y, shape.width, shape.height);
        break;
      case 'line':
        context.strokeStyle = shape.stroke;
        context.lineWidth = shape.width ?? 1;
        trace(context, shape.points);
        context.stroke();
        break;
      case 'area':
        context.fillStyle = shape.fill;
        trace(context, shape.points);
        context.fill();
        break;
      case 'circle':
        context.fillStyle = shape.fill;
        context.beginPath();
        context.arc(shape.x, shape.y, shape.radius, 0, 2 * Math.PI);
        context.fill();
        if (shape.stroke) {
          context.strokeStyle = shape.stroke;
          context.lineWidth = 1;
          context.stroke();
        }
        break;
      case 'text':
        context.fillStyle = shape.fill;
        context.font = `${shape.weight ?? 400} ${shape.size ?? textSize}px ${font}`;
        context.textAlign = shape.anchor === 'middle' ? 'center' : (shape.anchor ?? 'start');
        context.textBaseline = 'alphabetic';
        context.save();
        context.translate(shape.x, shape.y);
        if (shape.upright) context.rotate(-Math.PI / 2);
        context.fillText(shape.text, 0, 0);
        context.restore();
        break;
      case 'gradient': {
        const gradient = context.createLinearGradient(shape.x, 0, shape.x + shape.width, 0);
        shape.stops.forEach((stop, at) => gradient.addColorStop(at / (shape.stops.length - 1), stop));
        context.fillStyle = gradient;
        context.fillRect(shape.x, shape.y, shape.width, shape.height);
        break;
      }
      case 'image':
        context.imageSmoothingEnabled = !shape.crisp;
        context.drawImage(shape.source, shape.x, shape.y, shape.width, shape.height);
        break;
    }
  }
  context.globalAlpha = 1;
}

function trace(context: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  context.beginPath();
  points.forEach(([x, y], at) => (at === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
}

/** The same as an SVG document. */
export function svgDocument(width: number, height: number, title: string, shapes: readonly Shape[]): string {
  const gradients: string[] = [];
  const body = shapes.map((shape) => element(shape, gradients)).join('\n');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Helvetica, Arial, sans-serif">`,
    `<title>${escape(title)}</title>`,
    ...(gradients.length > 0 ? [`<defs>${gradients.join('')}</defs>`] : []),
    body,
    '</svg>\n',
  ].join('\n');
}

function element(shape: Shape, gradients: string[]): string {
  const place = (at: { x: number; y: number; width: number; height: number }): string =>
    `x="${round(at.x)}" y="${round(at.y)}" width="${round(at.width)}" height="${round(at.height)}"`;
  const faint = 'opacity' in shape && shape.opacity !== undefined ? ` opacity="${shape.opacity}"` : '';
  const titled = (tag: string, attributes: string, title: string | undefined): string =>
    title === undefined ? `<${tag} ${attributes}/>` : `<${tag} ${attributes}><title>${escape(title)}</title></${tag}>`;
  switch (shape.kind) {
    case 'rect':
      return titled('rect', `${place(shape)} fill="${shape.fill}"${faint}`, shape.title);
    case 'line':
      return `<polyline points="${points(shape.points)}" fill="none" stroke="${shape.stroke}" stroke-width="${shape.width ?? 1}"${faint}/>`;
    case 'area':
      return `<polygon points="${points(shape.points)}" fill="${shape.fill}"${faint}/>`;
    case 'circle': {
      const stroke = shape.stroke ? ` stroke="${shape.stroke}"` : '';
      const attributes = `cx="${round(shape.x)}" cy="${round(shape.y)}" r="${shape.radius}" fill="${shape.fill}"${stroke}`;
      return titled('circle', attributes, shape.title);
    }
    case 'text': {
      const at = shape.upright
        ? `transform="translate(${round(shape.x)} ${round(shape.y)}) rotate(-90)"`
        : `x="${round(shape.x)}" y="${round(shape.y)}"`;
      const weight = shape.weight ? ` font-weight="${shape.weight}"` : '';
      return `<text ${at} font-size="${shape.size ?? textSize}" text-anchor="${shape.anchor ?? 'start'}" fill="${shape.fill}"${weight}>${escape(shape.text)}</text>`;
    }
    case 'gradient': {
      const id = `gradient${gradients.length}`;
      const stops = shape.stops.map((stop, at) => `<stop offset="${round(at / (shape.stops.length - 1))}" stop-color="${stop}"/>`);
      gradients.push(`<linearGradient id="${id}">${stops.join('')}</linearGradient>`);
      return `<rect ${place(shape)} fill="url(#${id})"/>`;
    }
    case 'image':
      return `<image ${place(shape)} href="${shape.url}"${shape.crisp ? ' image-rendering="pixelated"' : ''}/>`;
  }
}

function points(list: readonly (readonly [number, number])[]): string {
  return list.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
}

function round(length: number): number {
  return Math.round(length * 100) / 100;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);
}

/** A letter of a wide proportional face, on average, as a share of the size. */
const letterWidth = 0.62;

/** A text that fits a width, its end given up where it must be; empty where not even a few letters fit. */
export function fitText(text: string, width: number, size = textSize): string {
  const each = size * letterWidth;
  const letters = Math.floor(width / each);
  if (text.length <= letters) return text;
  return letters < 3 ? '' : `${text.slice(0, letters - 1).trimEnd()}…`;
}

/** As `fitText`, but the middle is given up: names of layers differ at their ends. */
export function middleText(text: string, width: number, size = textSize): string {
  const letters = Math.floor(width / (size * letterWidth));
  if (text.length <= letters) return text;
  if (letters < 5) return fitText(text, width, size);
  const end = Math.ceil((letters - 1) * 0.6);
  return `${text.slice(0, letters - 1 - end)}…${text.slice(text.length - end)}`;
}
