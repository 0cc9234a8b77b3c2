import assert from 'node:assert/strict';
import { axisShapes, categorize, runAt, runsOf } from '../../../webview-ui/panels/rdm/axes';
import { bracketLines, brackets } from '../../../webview-ui/panels/rdm/dendrogram';
import { selectedRuns, thumbnailPlaces } from '../../../webview-ui/panels/rdm/heatDrawing';
import { mapPoints } from '../../../webview-ui/panels/rdm/layerMap';
import { fitPoints, project, rowsInside, ScreenGrid, uncovered, zoomTransform } from '../../../webview-ui/panels/rdm/scatterPlot';
import { fitText, middleText, svgDocument } from '../../../webview-ui/panels/rdm/shapes';
import { cellAt, clampViewport, coveredCells, crispSide, panBy, whole, zoomAt } from '../../../webview-ui/panels/rdm/viewport';
import { noise } from '../../../webview-ui/gallery/fixtures/random';

const style = { colourOf: (category: number) => `#00000${category}`, nameOf: (name: string) => name, text: '#111' };

describe('View of an RDM', () => {
  it('zooms at a point and stays inside', () => {
    const zoomed = zoomAt(whole(100), 4, [0.25, 0.75], 100);
    assert.deepEqual(zoomed, { x: 18.75, y: 56.25, span: 25 });
    // What was under the pointer still is: place 25 across, 75 down.
    assert.deepEqual([zoomed.x + 0.25 * 25, zoomed.y + 0.75 * 25], [25, 75]);
    assert.deepEqual(zoomAt(zoomed, 1e-3, [0.5, 0.5], 100), whole(100));
    assert.equal(zoomAt(zoomed, 1e6, [0.5, 0.5], 100).span, 4);
    assert.equal(zoomAt(whole(3), 10, [0.5, 0.5], 3).span, 3);
    assert.deepEqual(panBy(zoomed, -10, 10, 100), { x: 0, y: 75, span: 25 });
    assert.deepEqual(clampViewport({ x: 98, y: -3, span: 10 }, 100), { x: 90, y: 0, span: 10 });
  });

  it('knows the cell at a point', () => {
    const view = { x: 10, y: 20, span: 10 };
    assert.deepEqual(cellAt(view, [0.55, 0.05], 100), [20, 15]);
    assert.equal(cellAt(view, [1, 0.5], 100), null);
    assert.equal(cellAt(view, [-0.01, 0.5], 100), null);
    assert.deepEqual(coveredCells({ x: 1.5, y: 0, span: 4 }, 5), [1, 0, 4, 4]);
  });

  it('gives every cell the same width in device pixels', () => {
    assert.equal(crispSide(500, 92, 1), 460);
    assert.equal(crispSide(500, 92, 2), 460);
    assert.equal(crispSide(500, 300, 1), 500); // 300 would be too small
    assert.equal(crispSide(500, 5000, 1), 500);
  });

  it('names the classes along an axis', () => {
    const categories = categorize(['b', 'a', null, 'b', 'a'], ['a', 'b', 'c']);
    assert.deepEqual(categories.names, ['a', 'b']);
    assert.deepEqual([...categories.of], [1, 0, -1, 1, 0]);
    const runs = runsOf(Int32Array.from([1, 4, 0, 3, 2]), categories);
    assert.deepEqual(runs, [
      { category: 0, name: 'a', from: 0, to: 2 },
      { category: 1, name: 'b', from: 2, to: 4 },
      { category: -1, name: null, from: 4, to: 5 },
    ]);
    assert.equal(runAt(runs, 3)?.name, 'b');
    assert.equal(runAt(runs, 4)?.name, null);

    const shapes = axisShapes(runs, { from: 1, span: 4, length: 400, side: 'top', names: 16 }, style);
    const bars = shapes.filter((shape) => shape.kind === 'rect');
    assert.deepEqual(bars.map(({ x, width, fill }) => [x, width, fill]), [
      [0, 99, '#000000'],
      [100, 199, '#000001'],
      [300, 99, '#00000-1'],
    ]);
    assert.deepEqual(shapes.filter((shape) => shape.kind === 'text').map(({ text, x }) => [text, x]), [['a', 50], ['b', 200]]);
    assert.equal(axisShapes(runs, { from: 0, span: 5, length: 400, side: 'left', names: 0 }, style).filter(({ kind }) => kind === 'text').length, 0);
  });

  it('draws the dendrogram of SciPy’s merges', () => {
    // scipy.cluster.hierarchy.average([1, 5, 5, 5, 5, 2]): (0,1) at 1, (2,3) at 2, both at 5
    const tree = { left: Int32Array.from([0, 2, 4]), right: Int32Array.from([1, 3, 5]), height: Float32Array.from([1, 2, 5]) };
    const list = brackets(tree);
    assert.deepEqual(list.map(({ places }) => places), [[0.5, 1.5], [2.5, 3.5], [1, 3]]);
    assert.deepEqual(list[2]!.heights.map((height) => Math.round(height * 10) / 10), [0.2, 0.4, 1]);
    const lines = bracketLines(list, { from: 0, span: 4, length: 40, breadth: 50 });
    assert.deepEqual(lines[2]!.map(([x, y]) => [Math.round(x), y]), [[40, 10], [0, 10], [0, 30], [30, 30]]);
    // Zoomed to the first two, the root leaves the picture downward, without its second leg.
    assert.deepEqual(bracketLines(list, { from: 0, span: 2, length: 40, breadth: 50 }).at(-1)!.map(([x, y]) => [Math.round(x), y]), [[40, 20], [0, 20], [0, 40]]);
    // What would be smaller than half a pixel is left out.
    assert.equal(bracketLines(list, { from: 0, span: 4, length: 1.5, breadth: 50 }).length, 1);
  });

  it('finds the runs of what is selected, and the thumbnails that fit', () => {
    assert.deepEqual(selectedRuns(Int32Array.from([4, 2, 0, 1, 3]), new Set([2, 0, 3])), [[1, 3], [4, 5]]);
    assert.deepEqual(selectedRuns(Int32Array.from([0, 1]), new Set()), []);
    assert.deepEqual(thumbnailPlaces(0, 92, 460, 92), []);
    assert.deepEqual(thumbnailPlaces(1.5, 4, 80, 5).map(({ place, at }) => [place, at]), [[1, -10], [2, 10], [3, 30], [4, 50]]);
  });
});

describe('Map of stimuli', () => {
  const points = Float32Array.from({ length: 4000 }, (_, at) => noise(at, 1) * 10 - 3);

  it('fits into the picture with both axes on one scale, y upward', () => {
    const square = Float32Array.from([0, 0, 2, 0, 2, 1, 0, 1]);
    const placed = project(square, fitPoints(square, 236, 400));
    assert.deepEqual([...placed], [18, 250, 218, 250, 218, 150, 18, 150]);
    const one = project(Float32Array.from([5, 7]), fitPoints(Float32Array.from([5, 7]), 100, 60));
    assert.ok(one.every(Number.isFinite));
  });

  it('zooms at a point', () => {
    const before = fitPoints(points, 300, 300);
    const after = zoomTransform(before, 3, [120, 80]);
    const x = (120 - before.x) / before.scale;
    const y = (before.y - 80) / before.scale;
    const placed = project(Float32Array.from([x, y]), after);
    assert.ok(Math.abs(placed[0]! - 120) < 1e-3 && Math.abs(placed[1]! - 80) < 1e-3);
  });

  it('finds the nearest stimulus as a search through all does', () => {
    const placed = project(points, fitPoints(points, 600, 400));
    const grid = new ScreenGrid(placed);
    for (let probe = 0; probe < 200; probe++) {
      const [x, y] = [noise(probe, 2) * 600, noise(probe, 3) * 400];
      let best: number | null = null;
      let least = 12 * 12;
      for (let row = 0; row < 2000; row++) {
        const away = (placed[row * 2]! - x) ** 2 + (placed[row * 2 + 1]! - y) ** 2;
        if (away <= least) [least, best] = [away, row];
      }
      assert.equal(grid.nearest(x, y, 12), best);
    }
    assert.equal(grid.nearest(-500, -500, 12), null);
  });

  it('selects with a rectangle and leaves pictures uncovered', () => {
    const placed = project(points, fitPoints(points, 600, 400));
    const inside = rowsInside(placed, { left: 100, top: 100, right: 200, bottom: 180 });
    assert.ok(inside.length > 0);
    for (let row = 0; row < 2000; row++) {
      const [x, y] = [placed[row * 2]!, placed[row * 2 + 1]!];
      assert.equal(inside.includes(row), x >= 100 && x <= 200 && y >= 100 && y <= 180);
    }
    const shown = uncovered(placed, 30, { left: 0, top: 0, right: 600, bottom: 400 });
    assert.ok(shown.length > 50);
    for (const one of shown)
      for (const other of shown)
        if (one < other)
          assert.ok(Math.abs(placed[one * 2]! - placed[other * 2]!) >= 30 || Math.abs(placed[one * 2 + 1]! - placed[other * 2 + 1]!) >= 30);
  });

  it('names layers where names do not cover one another, references first', () => {
    const map = Float64Array.from([0, 0, 0.001, 0, 0.002, 0, 1, 1, 0.001, 0]);
    const placed = mapPoints(map, ['first', 'second', 'third', 'last', 'IT'], 4, 400, 300);
    assert.equal(placed[4]!.label?.text, 'IT');
    assert.equal(placed[3]!.label?.text, 'last');
    assert.equal(placed[1]!.label, null);
  });
});

describe('Drawings of an RDM for files', () => {
  it('are SVG whose text cannot break out', () => {
    const svg = svgDocument(20, 10, 'a < b', [
      { kind: 'text', x: 1, y: 2, text: '<script>&"', fill: '#000' },
      { kind: 'image', x: 0, y: 0, width: 5, height: 5, source: {} as CanvasImageSource, url: 'data:image/png;base64,AA', crisp: true },
      { kind: 'gradient', x: 0, y: 0, width: 5, height: 1, stops: ['#000000', '#ffffff'] },
      { kind: 'rect', x: 0, y: 0, width: 1.23456, height: 1, fill: '#123456', title: 'class' },
    ]);
    assert.ok(svg.includes('&lt;script&gt;&amp;&quot;') && !svg.includes('<script>'));
    assert.ok(svg.includes('<title>a &lt; b</title>'));
    assert.ok(svg.includes('href="data:image/png;base64,AA" image-rendering="pixelated"'));
    assert.ok(svg.includes('fill="url(#gradient0)"') && svg.includes('<linearGradient id="gradient0">'));
    assert.ok(svg.includes('width="1.23"') && svg.includes('<title>class</title>'));
  });

  it('shorten names where they must', () => {
    assert.equal(fitText('stripes', 100), 'stripes');
    assert.equal(fitText('a_rather_long_class', 60), 'a_rathe…');
    assert.equal(fitText('stripes', 12), '');
    assert.equal(middleText('layer1.0.conv1', 200), 'layer1.0.conv1');
    const short = middleText('detector/feature_extractor/layer4.1.relu_1', 110);
    assert.ok(short.startsWith('detec') && short.endsWith('relu_1') && short.length <= 18, short);
  });
});
