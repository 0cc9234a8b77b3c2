import { UnitscopeError } from '../../../src/protocol/errors';
import { runsOf } from './axes';
import { brackets } from './dendrogram';
import { compareFigure, multiplesFigure, rdmFigure, type Figure, type FigureImage } from './figures';
import { commonRange, type HeatScale } from './heat';
import { paint } from './heatPictures';
import { layerText, layerTexts } from './layerText';
import { matrixScale } from './matrixScale';
import { comparisonLabels, layoutLabels, measureName } from './options';
import { chosenReference, goodReferences } from './references';
import { drawShapes, svgDocument } from './shapes';
import type { ReadyLayer, RdmView } from './view';
import { coveredCells, whole } from './viewport';

const resolution = 920;
const smallResolution = 320;
const sharpness = 2;

/**
 * Draws what the view shows anew, black on white, and hands it to the extension to be saved.
 * Throws `rdm.missing` where there is nothing to draw yet.
 */
export async function exportPicture(view: RdmView, format: 'png' | 'svg'): Promise<void> {
  const figure = await figureOf(view);
  const name = `${figure.title.replace(/[^A-Za-z0-9._-]+/g, '_')}.${format}`;
  if (format === 'svg') {
    const text = svgDocument(figure.width, figure.height, figure.title, figure.shapes);
    await view.host.call('export.picture', { name, mime: 'image/svg+xml', data: new TextEncoder().encode(text) });
    return;
  }
  await view.host.call('export.picture', { name, mime: 'image/png', data: await png(figure) });
}

async function png({ width, height, shapes }: Figure): Promise<Uint8Array> {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [Math.round(width * sharpness), Math.round(height * sharpness)];
  const context = canvas.getContext('2d')!;
  context.scale(sharpness, sharpness);
  drawShapes(context, shapes, 'Helvetica, Arial, sans-serif');
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new UnitscopeError('output.failed', 'The picture is too large for a PNG; export it as SVG.');
  return new Uint8Array(await blob.arrayBuffer());
}

function figureOf(view: RdmView): Promise<Figure> {
  switch (view.tab.peek()) {
    case 'rdm':
      return rdm(view);
    case 'layers':
      return multiples(view);
    case 'compare':
      return Promise.resolve(compare(view));
  }
}

async function rdm(view: RdmView): Promise<Figure> {
  const layer = need(view.layer.peek());
  const scale = view.scaleOf(layer);
  const count = view.count.peek();
  const viewport = view.viewport.peek() ?? whole(count);
  // Whole cells only: the picture ends where its cells do.
  const [x, y, across, down] = coveredCells(viewport, count);
  const span = Math.min(across, down);
  const region = [Math.min(x, count - span), Math.min(y, count - span), span, span] as [number, number, number, number];
  const image = await picture(view, layer, scale, region, resolution);
  const tree = view.arrangement.peek()?.tree;
  const layout = view.layout.value.peek();
  const usable = layout?.layer === layer.layer && layout.layout.points.length === count * 2 ? layout : null;
  return rdmFigure({
    layer: layerText(view.session.layers.peek(), layer.layer),
    image,
    crisp: span <= resolution,
    scale,
    measure: measureName(need(view.settings.peek()).recipe.measure),
    runs: runsOf(view.rows.peek(), view.categories.peek()),
    brackets: tree ? brackets(tree) : [],
    viewport: { x: region[0], y: region[1], span },
    scatter: usable && {
      points: usable.layout.points,
      of: view.categories.peek().of,
      method: layoutLabels[usable.method],
      quality: usable.layout.quality,
    },
  });
}

async function multiples(view: RdmView): Promise<Figure> {
  const ready = view.ready.peek();
  const first = need(ready[0]);
  const count = view.count.peek();
  const range = commonRange(ready.map(({ quantiles }) => quantiles));
  const names = view.session.layers.peek();
  const pictures: { name: string; image: FigureImage }[] = [];
  for (const layer of ready) {
    const image = await picture(view, layer, view.scaleOf(layer, range), [0, 0, count, count], smallResolution);
    pictures.push({ name: layerText(names, layer.layer), image });
  }
  const measure = measureName(need(view.settings.peek()).recipe.measure);
  return multiplesFigure({ pictures, crisp: count <= smallResolution, scale: view.scaleOf(first, range), measure });
}

function compare(view: RdmView): Figure {
  const result = need(view.rsa.value.peek());
  const scale = matrixScale(view, result);
  const bold = chosenReference(view, result);
  return compareFigure({
    result,
    layers: layerTexts(view.session.layers.peek(), result.layers),
    comparison: comparisonLabels[result.comparison],
    image: imageOf(paint(Float32Array.from(result.matrix), result.layers.length, scale)),
    scale,
    references: goodReferences(result).map(({ reference, colour }) => ({
      name: reference.name,
      values: reference.values,
      colour,
      bold: reference === bold,
    })),
  });
}

async function picture(
  view: RdmView,
  layer: ReadyLayer,
  scale: HeatScale,
  region: [number, number, number, number],
  size: number,
): Promise<FigureImage> {
  const rows = view.rows.peek();
  const image = await view.matrices.fetch({ layer: layer.layer, rows, region, size: Math.min(size, region[2]) });
  return imageOf(paint(image.values, image.width, scale));
}

function imageOf(source: OffscreenCanvas): FigureImage {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [source.width, source.height];
  canvas.getContext('2d')!.drawImage(source, 0, 0);
  return { source: canvas, url: canvas.toDataURL('image/png') };
}

function need<T>(value: T | null | undefined): T {
  if (value === null || value === undefined)
    throw new UnitscopeError('rdm.missing', 'There is nothing to draw yet. Wait until it is computed.');
  return value;
}
