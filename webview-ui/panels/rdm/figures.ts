import type { RsaResult } from '../../../src/protocol/rdm';
import { formatLabel } from '../../shared/format';
import { axisShapes, bar, leftNames, type Run } from './axes';
import { categoryColour, gradientStops, noClassColour } from './colours';
import { bracketLines, type Bracket } from './dendrogram';
import type { HeatScale } from './heat';
import { mapPoints } from './layerMap';
import { scaleEnds, scaleTitle } from './scaleText';
import { fitPoints, project } from './scatterPlot';
import { middleText, type Shape } from './shapes';

/** A drawing for a file: black on white, whatever the theme. */
export interface Figure {
  width: number;
  height: number;
  title: string;
  shapes: Shape[];
}

/** A picture as canvases and SVG take it. */
export interface FigureImage {
  source: CanvasImageSource;
  /** "data:image/png;base64,…" */
  url: string;
}

export const ink = '#1f1f1f';
const faint = '#6b6b6b';
const paper = '#ffffff';
const side = 460;

export function sheet(width: number, height: number): Shape {
  return { kind: 'rect', x: 0, y: 0, width, height, fill: paper };
}

/** Shapes at another place. */
export function moved(shapes: readonly Shape[], by: readonly [x: number, y: number]): Shape[] {
  const [dx, dy] = by;
  return shapes.map((shape): Shape => {
    if (shape.kind === 'line' || shape.kind === 'area')
      return { ...shape, points: shape.points.map(([x, y]) => [x + dx, y + dy] as const) };
    return { ...shape, x: shape.x + dx, y: shape.y + dy };
  });
}

/** What the colours stand for, from (0, 0). */
export function legendShapes(scale: HeatScale, measure: string): Shape[] {
  const [low, high] = scaleEnds(scale);
  return [
    { kind: 'gradient', x: 0, y: 0, width: 120, height: 9, stops: gradientStops(scale.colours) },
    { kind: 'text', x: 0, y: 22, text: low, fill: ink },
    { kind: 'text', x: 120, y: 22, text: high, fill: ink, anchor: 'end' },
    { kind: 'text', x: 130, y: 9, text: scaleTitle(scale, measure), fill: faint },
  ];
}

export interface RdmFigureInput {
  layer: string;
  image: FigureImage;
  crisp: boolean;
  scale: HeatScale;
  measure: string;
  runs: readonly Run[];
  brackets: readonly Bracket[];
  viewport: { x: number; y: number; span: number };
  scatter: { points: Float32Array; of: Int32Array; method: string; quality: string } | null;
}

/** An RDM with its axes, and the stimuli as a map beside it. */
export function rdmFigure({ layer, image, crisp, scale, measure, runs, brackets, viewport, scatter }: RdmFigureInput): Figure {
  const margin = 16;
  const left = margin + leftNames + 8 + bar.gap + bar.breadth;
  const top = margin + 40 + bar.gap + bar.breadth;
  const style = { colourOf: categoryColour, nameOf: formatLabel, text: ink };
  const axes = (['top', 'left'] as const).flatMap((axis) =>
    axisShapes(
      runs,
      {
        from: axis === 'top' ? viewport.x : viewport.y,
        span: viewport.span,
        length: side,
        side: axis,
        names: axis === 'top' ? 16 : brackets.length > 0 ? 0 : leftNames,
      },
      style,
    ),
  );
  const breadth = leftNames;
  const lines = bracketLines(brackets, { from: viewport.y, span: viewport.span, length: side, breadth }).map(
    (points): Shape => ({ kind: 'line', points, stroke: faint, width: 0.75 }),
  );
  const height = top + side + 48;
  const width = left + side + (scatter ? 32 + side : 0) + margin;
  return {
    width,
    height,
    title: `RDM of ${layer}`,
    shapes: [
      sheet(width, height),
      { kind: 'text', x: margin, y: margin + 12, text: layer, fill: ink, size: 14, weight: 600 },
      { kind: 'image', x: left, y: top, width: side, height: side, ...image, crisp },
      ...moved(axes, [left, top]),
      ...moved(lines, [margin, top]),
      ...moved(legendShapes(scale, measure), [left, top + side + 10]),
      ...(scatter ? moved(scatterShapes(scatter), [left + side + 32, top]) : []),
    ],
  };
}

function scatterShapes({ points, of, method, quality }: NonNullable<RdmFigureInput['scatter']>): Shape[] {
  const placed = project(points, fitPoints(points, side, side));
  const dots = Array.from(
    of,
    (category, row): Shape => ({
      kind: 'circle',
      x: placed[row * 2]!,
      y: placed[row * 2 + 1]!,
      radius: of.length > 1000 ? 2 : 4,
      fill: categoryColour(category),
    }),
  );
  return [
    { kind: 'text', x: 0, y: -8, text: `${method}: ${quality}`, fill: faint },
    ...frame(side, side),
    ...dots,
  ];
}

function frame(width: number, height: number): Shape[] {
  const corners = [[0, 0], [width, 0], [width, height], [0, height], [0, 0]] as const;
  return [{ kind: 'line', points: corners, stroke: '#c8c8c8' }];
}

export interface MultiplesFigureInput {
  pictures: readonly { name: string; image: FigureImage }[];
  crisp: boolean;
  scale: HeatScale;
  measure: string;
}

/** RDMs side by side with their names. */
export function multiplesFigure({ pictures, crisp, scale, measure }: MultiplesFigureInput): Figure {
  const [each, gap, margin] = [160, 16, 16];
  const columns = Math.min(pictures.length, Math.max(2, Math.ceil(Math.sqrt(pictures.length * 1.4))));
  const width = margin * 2 + columns * (each + gap) - gap;
  const height = margin * 2 + Math.ceil(pictures.length / columns) * (each + 36) + 30;
  const cells = pictures.flatMap(({ name, image }, at): Shape[] => {
    const x = margin + (at % columns) * (each + gap);
    const y = margin + Math.floor(at / columns) * (each + 36);
    return [
      { kind: 'image', x, y, width: each, height: each, ...image, crisp },
      { kind: 'text', x, y: y + each + 15, text: middleText(name, each), fill: ink },
    ];
  });
  return {
    width: Math.max(width, 320),
    height,
    title: 'RDMs of layers',
    shapes: [sheet(Math.max(width, 320), height), ...cells, ...moved(legendShapes(scale, measure), [margin, height - margin - 26])],
  };
}

export interface CompareFigureInput {
  result: RsaResult;
  layers: readonly string[];
  comparison: string;
  image: FigureImage;
  scale: HeatScale;
  references: readonly { name: string; colour: string; values: RsaResult['references'][number]['values']; bold: boolean }[];
}

/** The similarity of layers as a matrix, over depth to references, and as a map. */
export function compareFigure({ result, layers, comparison, image, scale, references }: CompareFigureInput): Figure {
  const margin = 16;
  const names = 130;
  const right = margin + names + side + 40;
  const width = right + 520 + margin;
  const top = margin + 26;
  const height = top + side + (references.length > 0 ? 150 : 40);
  const cell = side / layers.length;
  const every = Math.max(1, Math.ceil(12 / cell));
  const rows = layers.flatMap((name, row): Shape[] =>
    row % every === 0
      ? [{ kind: 'text', x: -6, y: (row + 0.5) * cell + 4, text: middleText(name, names - 10), fill: ink, anchor: 'end' }]
      : [],
  );
  const curve = references.length > 0 ? curveShapes(result, layers, comparison, references, 520, 250) : [];
  const mapTop = references.length > 0 ? top + 372 : top;
  const points = mapPoints(result.map, [...layers, ...references.map(({ name }) => name)], layers.length, 520, height - mapTop - margin);
  const map: Shape[] = [
    ...frame(520, height - mapTop - margin),
    { kind: 'line', points: points.slice(0, layers.length).map(({ x, y }) => [x, y] as const), stroke: '#b5b5b5' },
    ...points.flatMap(({ x, y, label }, at): Shape[] => {
      const reference = references[at - layers.length];
      const mark: Shape = reference
        ? { kind: 'area', points: [[x, y - 7], [x + 7, y], [x, y + 7], [x - 7, y]], fill: reference.colour }
        : { kind: 'circle', x, y, radius: 4, fill: '#3b6fb6' };
      return label
        ? [mark, { kind: 'text', x: label.x, y: label.y, text: label.text, fill: reference ? ink : faint, anchor: label.anchor, weight: reference ? 600 : 400 }]
        : [mark];
    }),
  ];
  return {
    width,
    height,
    title: `Comparison of layers (${comparison})`,
    shapes: [
      sheet(width, height),
      { kind: 'text', x: margin + names, y: margin + 12, text: `Layers with each other: ${comparison}`, fill: ink, size: 13, weight: 600 },
      { kind: 'image', x: margin + names, y: top, width: side, height: side, ...image, crisp: true },
      ...moved(rows, [margin + names, top]),
      ...moved(legendShapes(scale, comparison), [margin + names, top + side + 10]),
      ...moved(curve, [right, top]),
      ...moved(map, [right, mapTop]),
    ],
  };
}

/** Lines of similarity over depth with the interval of the bold one and the noise ceiling, from (0, 0). */
function curveShapes(
  result: RsaResult,
  layers: readonly string[],
  comparison: string,
  references: CompareFigureInput['references'],
  width: number,
  height: number,
): Shape[] {
  const [left, bottom] = [40, height];
  const ends = references.flatMap(({ values }) => values.flatMap(({ value, interval }) => [...(interval ?? []), ...(value === null ? [] : [value])]));
  const low = Math.min(0, ...ends);
  const high = Math.max(0.1, result.ceiling?.upper ?? 0, ...ends);
  const x = (at: number): number => left + ((width - left) * (at + 0.5)) / layers.length;
  const y = (value: number): number => bottom - ((value - low) / (high - low)) * (height - 10);
  const shapes: Shape[] = [{ kind: 'text', x: left, y: -8, text: `${comparison} to references`, fill: ink, size: 13, weight: 600 }];
  const step = [0.02, 0.05, 0.1, 0.2, 0.5].find((one) => (high - low) / one <= 6) ?? 1;
  for (let value = Math.ceil(low / step) * step; value <= high + 1e-9; value += step) {
    shapes.push(
      { kind: 'line', points: [[left, y(value)], [width, y(value)]], stroke: '#e2e2e2' },
      { kind: 'text', x: left - 6, y: y(value) + 4, text: String(Number(value.toFixed(2))).replace('-', '−'), fill: faint, anchor: 'end' },
    );
  }
  if (result.ceiling) {
    const { lower, upper } = result.ceiling;
    shapes.push(
      { kind: 'rect', x: left, y: y(upper), width: width - left, height: y(lower) - y(upper), fill: noClassColour, opacity: 0.25 },
      { kind: 'text', x: left + 6, y: y(upper) + 13, text: 'noise ceiling', fill: faint },
    );
  }
  for (const { values, colour, bold } of references) {
    const known = values.flatMap(({ value, interval }, at) => (value === null ? [] : [{ at, value, interval }]));
    if (bold && known.every(({ interval }) => interval))
      shapes.push({
        kind: 'area',
        points: [
          ...known.map(({ at, interval }) => [x(at), y(interval![1])] as const),
          ...known.map(({ at, interval }) => [x(at), y(interval![0])] as const).reverse(),
        ],
        fill: colour,
        opacity: 0.25,
      });
    shapes.push({ kind: 'line', points: known.map(({ at, value }) => [x(at), y(value)] as const), stroke: colour, width: bold ? 2.5 : 1 });
  }
  const every = Math.max(1, Math.ceil((14 * layers.length) / (width - left)));
  layers.forEach((name, at) => {
    if (at % every === 0)
      shapes.push({ kind: 'text', x: x(at) + 4, y: bottom + 6, text: middleText(name, 78, 10), fill: faint, upright: true, anchor: 'end', size: 10 });
  });
  references.forEach(({ name, colour, bold }, at) => {
    const across = left + (at % 4) * 120;
    const down = bottom + 96 + Math.floor(at / 4) * 14;
    shapes.push(
      { kind: 'rect', x: across, y: down - 5, width: 14, height: bold ? 3 : 1.5, fill: colour },
      { kind: 'text', x: across + 19, y: down, text: middleText(name, 96), fill: ink, weight: bold ? 600 : 400 },
    );
  });
  return shapes;
}
