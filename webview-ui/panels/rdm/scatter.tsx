import { useComputed, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { stimulusMenu } from '../../../src/protocol/retrievalViews';
import { formatCount, formatLabel } from '../../shared/format';
import { themeColour, themeVersion } from '../../shared/theme';
import { Button, IconButton, LinkButton } from '../../ui/button';
import { ProgressLine } from '../../ui/progress';
import { Select } from '../../ui/select';
import { useDrawing, useSize } from './canvas';
import { categoryColour } from './colours';
import { useGestures } from './gestures';
import { drawThumbnail, greyed } from './heatDrawing';
import { layoutLabels, optionsOf } from './options';
import { fitPoints, pointRadius, project, rowsInside, ScreenGrid, uncovered, zoomTransform, type Box2, type Transform } from './scatterPlot';
import { StimulusPicture, StimulusText } from './stimulus';
import type { RdmView } from './view';

const thumbnail = 30;
const reach = 12;

/** The stimuli of a layer as points that are near where the stimuli are similar. */
export function Scatter({ view }: { view: RdmView }): VNode {
  const settings = view.settings.value!;
  const marquee = useSignal(false);
  const zoom = useSignal<Transform | null>(null);
  return (
    <section class="scatter" aria-label="Stimuli as a map">
      <header class="scatter-head">
        <Select
          label="How stimuli are laid out"
          value={settings.layout}
          options={optionsOf(layoutLabels)}
          onChange={(layout) => {
            zoom.value = null;
            view.change({ layout });
          }}
        />
        <IconButton
          icon="images"
          label="Thumbnails"
          pressed={settings.thumbnails}
          onPress={() => view.change({ thumbnails: !settings.thumbnails })}
        />
        <IconButton
          icon="marquee"
          label="Select with a rectangle (or drag with Shift)"
          pressed={marquee.value}
          onPress={() => (marquee.value = !marquee.value)}
        />
        <IconButton icon="fit" label="Show all points" disabled={zoom.value === null} onPress={() => (zoom.value = null)} />
        <span class="scatter-selected">
          {view.selection.value.size > 0 && (
            <>
              {formatCount(view.selection.value.size)} selected{' '}
              <LinkButton title="Escape" onPress={() => view.select([])}>
                Clear
              </LinkButton>
            </>
          )}
        </span>
      </header>
      <Busy view={view} />
      <Plot view={view} marquee={marquee.value} zoom={zoom} />
      <ClassKey view={view} />
    </section>
  );
}

function Busy({ view }: { view: RdmView }): VNode | null {
  const { layout, layoutProgress } = view;
  if (layout.error.value)
    return (
      <p class="scatter-error warning">
        {layout.error.value.message} <LinkButton onPress={() => view.retry()}>Try again</LinkButton>
      </p>
    );
  if (!layout.loading.value) return null;
  const progress = layoutProgress.value;
  const method = layoutLabels[view.settings.value!.layout];
  return (
    <div class="scatter-busy">
      <ProgressLine value={progress && progress.total > 0 ? progress.done / progress.total : null} label={`Computing ${method}`} />
      <span class="quiet">Computing {method}…</span>
      <Button onPress={() => layout.cancel()}>Cancel</Button>
    </div>
  );
}

function Plot({ view, marquee, zoom }: { view: RdmView; marquee: boolean; zoom: { value: Transform | null } }): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const over = useRef<HTMLCanvasElement>(null);
  const { width, height } = useSize(frame).value;
  const known = view.layout.value.value;
  const usable = known?.layout.points.length === view.count.value * 2 ? known : null;
  const points = usable?.layout.points;
  const drawn = useSignal<Box2 | null>(null);
  const fitted = useRef<{ points: Float32Array; width: number; height: number; transform: Transform }>(undefined);
  if (points && (fitted.current?.points !== points || fitted.current.width !== width || fitted.current.height !== height))
    fitted.current = { points, width, height, transform: fitPoints(points, width, height) };
  const transform = zoom.value ?? fitted.current?.transform ?? { scale: 1, x: 0, y: 0 };
  const screen = useRef<{ points: Float32Array | undefined; transform: Transform; placed: Float32Array; grid: ScreenGrid | null }>(undefined);
  if (screen.current?.points !== points || JSON.stringify(screen.current?.transform) !== JSON.stringify(transform))
    screen.current = { points, transform, placed: project(points ?? new Float32Array(), transform), grid: null };
  const { placed } = screen.current!;
  const grid = (): ScreenGrid => (screen.current!.grid ??= new ScreenGrid(screen.current!.placed));
  const { of } = view.categories.value;
  const selection = view.selection.value;
  const thumbnails = view.settings.value?.thumbnails === true;
  const arrived = thumbnails ? view.thumbnails.version.value : 0;
  const theme = themeVersion.value;
  const radius = pointRadius(view.count.value);
  const edges: Box2 = { left: -thumbnail, top: -thumbnail, right: width + thumbnail, bottom: height + thumbnail };
  const layers = useComputed(() => groupRows(view.categories.value.of)).value;

  useDrawing(base, width, height, (context) => {
    if (placed.length === 0) return;
    const some = selection.size > 0;
    const pictured = new Set(thumbnails ? uncovered(placed, thumbnail, edges) : []);
    const dots = (category: number, rows: readonly number[], chosen: boolean): void => {
      context.fillStyle = categoryColour(category);
      context.globalAlpha = some && !chosen ? greyed : 0.9;
      if (some && !chosen) context.fillStyle = themeColour('--vscode-descriptionForeground');
      context.beginPath();
      for (const row of rows) {
        const x = placed[row * 2]!;
        const y = placed[row * 2 + 1]!;
        if (selection.has(row) !== chosen || pictured.has(row)) continue;
        if (x < -radius || y < -radius || x > width + radius || y > height + radius) continue;
        context.moveTo(x + radius, y);
        context.arc(x, y, radius, 0, 2 * Math.PI);
      }
      context.fill();
    };
    for (const [category, rows] of layers) dots(category, rows, false);
    if (some) for (const [category, rows] of layers) dots(category, rows, true);
    const side = thumbnail - 4;
    for (const row of pictured) {
      const { bitmap } = view.thumbnails.get(view.stimulusAt(row).index).peek();
      const [x, y] = [placed[row * 2]! - side / 2, placed[row * 2 + 1]! - side / 2];
      context.globalAlpha = some && !selection.has(row) ? greyed : 1;
      context.fillStyle = categoryColour(of[row]!);
      if (bitmap) {
        context.fillRect(x - 2, y - 2, side + 4, side + 4);
        drawThumbnail(context, bitmap, x, y, side);
      } else {
        context.beginPath();
        context.arc(x + side / 2, y + side / 2, radius, 0, 2 * Math.PI);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  });

  const hover = view.hover.value;
  const pinned = view.pinned.value;
  useDrawing(over, width, height, (context) => {
    const colour = themeColour('--vscode-foreground');
    const ground = themeColour('--vscode-editor-background');
    const ring = (row: number): void => {
      const size = (thumbnails ? thumbnail / 2 : radius) + 3;
      for (const [line, stroke] of [
        [4, ground],
        [1.5, colour],
      ] as const) {
        context.lineWidth = line;
        context.strokeStyle = stroke;
        context.beginPath();
        context.arc(placed[row * 2]!, placed[row * 2 + 1]!, size, 0, 2 * Math.PI);
        context.stroke();
      }
    };
    if (placed.length > 0) for (const row of [...(pinned ?? []), ...(hover?.rows ?? [])]) ring(row);
    const box = drawn.value;
    if (!box) return;
    context.strokeStyle = themeColour('--vscode-focusBorder') || colour;
    context.setLineDash([4, 3]);
    context.lineWidth = 1;
    context.strokeRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
    context.setLineDash([]);
  });

  const boxOf = (from: [number, number], to: [number, number]): Box2 => ({
    left: Math.min(from[0], to[0]),
    right: Math.max(from[0], to[0]),
    top: Math.min(from[1], to[1]),
    bottom: Math.max(from[1], to[1]),
  });
  useGestures(over, {
    zoom: (factor, at) => {
      const base = fitted.current?.transform.scale ?? 1;
      const bounded = Math.max(0.5, Math.min(200, (transform.scale * factor) / base)) * (base / transform.scale);
      zoom.value = zoomTransform(transform, bounded, at);
    },
    pan: (across, down) => {
      zoom.value = { ...transform, x: transform.x - across, y: transform.y - down };
    },
    hover: (at) => {
      const row = at && grid().nearest(at[0], at[1], thumbnails ? thumbnail / 2 : reach);
      view.hover.value = row === null ? null : { rows: [row], at: 'scatter' };
    },
    click: (at) => {
      const row = grid().nearest(at[0], at[1], thumbnails ? thumbnail / 2 : reach);
      view.select(row === null ? [] : [row]);
    },
    reset: () => (zoom.value = null),
    marquee: {
      wanted: (event) => marquee || event.shiftKey,
      change: (from, to) => (drawn.value = boxOf(from, to)),
      end: (from, to) => {
        drawn.value = null;
        view.select(rowsInside(placed, boxOf(from, to)));
      },
    },
  });

  const pointed = hover?.at === 'scatter' ? hover.rows[0] : undefined;
  const quality = usable ? usable.layout.quality : '';
  return (
    <>
      <div ref={frame} class="scatter-plot" data-theme={theme} data-thumbnails={arrived} data-box={drawn.value !== null}>
        <canvas ref={base} aria-hidden="true" />
        <canvas
          ref={over}
          role="img"
          data-vscode-context={pointed === undefined ? undefined : stimulusMenu(view.session.state.value?.modelUri ?? '', view.stimulusAt(pointed).index)}
          aria-label={`${usable ? layoutLabels[usable.method] : 'Map'} of ${formatCount(view.count.value)} stimuli. ${quality}`}
        />
        {pointed !== undefined && placed.length > 0 && (
          <div class="scatter-card" aria-hidden="true" style={cardPlace(placed[pointed * 2]!, placed[pointed * 2 + 1]!, width, height)}>
            <StimulusPicture view={view} row={pointed} />
            <StimulusText view={view} row={pointed} />
          </div>
        )}
      </div>
      <p class="scatter-quality quiet">{quality}</p>
    </>
  );
}

function cardPlace(x: number, y: number, width: number, height: number): Record<string, string> {
  const [across, down] = [x > width / 2, y > height / 2];
  return {
    ...(across ? { right: `${width - x + 14}px` } : { left: `${x + 14}px` }),
    ...(down ? { bottom: `${height - y + 8}px` } : { top: `${y + 8}px` }),
  };
}

/** Rows of each category. */
function groupRows(of: Int32Array): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  of.forEach((category, row) => {
    const group = groups.get(category);
    if (group) group.push(row);
    else groups.set(category, [row]);
  });
  return groups;
}

const most = 14;

/** What the colours stand for; a press selects a class. */
function ClassKey({ view }: { view: RdmView }): VNode | null {
  const { names, of } = view.categories.value;
  if (names.length === 0) return null;
  const select = (category: number): void => {
    const rows: number[] = [];
    of.forEach((one, row) => one === category && rows.push(row));
    view.select(rows);
  };
  return (
    <ul class="class-key" aria-label="Classes">
      {names.slice(0, most).map((name, category) => (
        <li key={name}>
          <button type="button" class="class-mark" title={`Select ${formatLabel(name)}`} onClick={() => select(category)}>
            <span class="class-dot" style={{ background: categoryColour(category) }} />
            <span class="class-mark-name">{formatLabel(name)}</span>
          </button>
        </li>
      ))}
      {names.length > most && <li class="quiet">and {formatCount(names.length - most)} more</li>}
    </ul>
  );
}
