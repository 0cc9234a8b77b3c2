import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { RsaResult } from '../../../src/protocol/rdm';
import { formatScore } from '../../shared/format';
import { themeColour, themeVersion } from '../../shared/theme';
import { fontFamily, useDrawing, useSize } from './canvas';
import { paint } from './heatPictures';
import { layerText, layerTexts } from './layerText';
import { Legend } from './legend';
import { matrixScale } from './matrixScale';
import { Picture } from './multiples';
import { comparisonLabels } from './options';
import { drawShapes, middleText, type Shape } from './shapes';
import type { RdmView } from './view';
import { crispSide } from './viewport';

const namesWidth = 118;
const largest = 460;
/** More would be too many for a table that is read out. */
const tableMost = 40;

/** Names of rows beside a matrix, as many as there is room for, their ends at x = -6. */
function rowNames(names: readonly string[], side: number, fill: string): Shape[] {
  const cell = side / names.length;
  const every = Math.max(1, Math.ceil(12 / cell));
  return names.flatMap((name, row): Shape[] =>
    row % every === 0
      ? [{ kind: 'text', x: -6, y: (row + 0.5) * cell + 4, text: middleText(name, namesWidth - 8), fill, anchor: 'end' }]
      : [],
  );
}

/** The similarity of every two layers. */
export function Matrix({ view, result }: { view: RdmView; result: RsaResult }): VNode {
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width } = useSize(frame).value;
  const count = result.layers.length;
  const side = crispSide(Math.max(80, Math.min(largest, width - namesWidth - 2)), count, window.devicePixelRatio);
  const hover = useSignal<readonly [number, number] | null>(null);
  const chosen = useSignal<readonly [number, number] | null>(null);
  const names = layerTexts(view.session.layers.value, result.layers);
  const theme = themeVersion.value;
  const { colours } = view.settings.value!;
  const scale = useMemo(() => matrixScale(view, result), [result, colours]);
  const picture = useMemo(() => paint(Float32Array.from(result.matrix), count, scale), [scale]);
  const at = hover.value ?? chosen.value;
  const cell = side / count;

  useDrawing(canvas, namesWidth + side + 2, side + 2, (context) => {
    context.translate(namesWidth, 1);
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, 0, 0, side, side);
    const text = themeColour('--vscode-foreground');
    drawShapes(context, rowNames(names, side, text), fontFamily());
    for (const [row, column] of [hover.peek(), chosen.peek()].filter((one) => one !== null)) {
      for (const [line, colour] of [
        [3, themeColour('--vscode-editor-background')],
        [1.5, text],
      ] as const) {
        context.lineWidth = line;
        context.strokeStyle = colour;
        context.strokeRect(column * cell, row * cell, cell, cell);
      }
    }
  });

  const cellOf = (event: MouseEvent): [number, number] | null => {
    const box = canvas.current!.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - namesWidth) / cell);
    const row = Math.floor((event.clientY - box.top - 1) / cell);
    return row >= 0 && column >= 0 && row < count && column < count ? [row, column] : null;
  };
  const press = (event: KeyboardEvent): void => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (step) {
      const [row, column] = at ?? [0, 0];
      const inside = (place: number): number => Math.max(0, Math.min(count - 1, place));
      hover.value = [inside(row + step[0]!), inside(column + step[1]!)];
    } else if (event.key === 'Enter' && hover.value) chosen.value = hover.value;
    else return;
    event.preventDefault();
  };
  const value = at && result.matrix[at[0] * count + at[1]]!;
  return (
    <section class="matrix" ref={frame} aria-label="Layers with each other" data-theme={theme}>
      <h3>Layers with each other</h3>
      {width > 0 && (
        <canvas
          ref={canvas}
          style={{ width: `${namesWidth + side + 2}px`, height: `${side + 2}px` }}
          role="application"
          tabIndex={0}
          aria-label={`Similarity of ${count} layers with each other. Arrows move, Enter shows both RDMs.`}
          onPointerMove={(event) => (hover.value = cellOf(event))}
          onPointerLeave={() => (hover.value = null)}
          onClick={(event) => (chosen.value = cellOf(event))}
          onKeyDown={press}
        />
      )}
      <div class="matrix-under" style={{ paddingLeft: `${namesWidth}px` }}>
        <Legend scale={scale} measure={comparisonLabels[result.comparison]} />
      </div>
      <p class="matrix-readout" style={{ paddingLeft: `${namesWidth}px` }} aria-live="polite">
        {at ? (
          <>
            <strong>{formatScore(value!)}</strong> {names[at[0]]} <span class="quiet">and</span> {names[at[1]]}
          </>
        ) : (
          <span class="quiet">Click a cell to see both RDMs.</span>
        )}
      </p>
      {chosen.value && <Both view={view} layers={chosen.value.map((row) => result.layers[row]!)} />}
      {count <= tableMost && <MatrixTable names={names} matrix={result.matrix} />}
    </section>
  );
}

/** Two layers' RDMs side by side. */
function Both({ view, layers }: { view: RdmView; layers: string[] }): VNode {
  const found = [...new Set(layers)].flatMap((name) => view.ready.value.find(({ layer }) => layer === name) ?? []);
  return (
    <div class="matrix-both" style={{ paddingLeft: `${namesWidth}px` }}>
      {found.map((layer) => (
        <button
          key={layer.layer}
          type="button"
          class="multiple-button"
          title="Show this RDM"
          onClick={() => {
            view.show(layer.layer);
            view.tab.value = 'rdm';
          }}
        >
          <Picture view={view} layer={layer} range={view.scaleOf(layer).range} />
          <span>{layerText(view.session.layers.value, layer.layer)}</span>
        </button>
      ))}
    </div>
  );
}

function MatrixTable({ names, matrix }: { names: string[]; matrix: Float64Array }): VNode {
  return (
    <table class="hidden">
      <caption>Similarity of layers</caption>
      <thead>
        <tr>
          <td />
          {names.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.map((name, row) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {names.map((other, column) => (
              <td key={other}>{formatScore(matrix[row * names.length + column]!)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
