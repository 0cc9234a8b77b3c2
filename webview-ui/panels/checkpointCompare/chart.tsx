import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { themeColour, themeVersion } from '../../shared/theme';
import { counts, formatRelative, stateLabels, type ChangeRow } from './rows';
import type { TensorState } from '../../../src/protocol/checkpoint';

const height = 190;
const edge = { left: 52, right: 12, top: 10, bottom: 40 };
const colours: Record<TensorState, `--${string}`> = {
  changed: '--vscode-charts-blue',
  same: '--vscode-descriptionForeground',
  new: '--vscode-charts-green',
  gone: '--vscode-charts-red',
  reshaped: '--vscode-charts-purple',
  unread: '--vscode-charts-yellow',
};
const marks: Record<TensorState, string> = { changed: '●', same: '○', new: '▲', gone: '▼', reshaped: '◆', unread: '✕' };

/** Relative change over depth, on a scale of powers of ten; what did not change, or has no number, on a line below. */
export function ChangeChart({ rows, selected, onPick }: { rows: readonly ChangeRow[]; selected: string | null; onPick: (name: string) => void }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useSignal(0);
  const pointed = useSignal<ChangeRow | null>(null);
  const theme = themeVersion.value;
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => (width.value = Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(canvas.current!.parentElement!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (width.value > 0) draw(canvas.current!, rows, width.value, pointed.value?.name ?? selected);
  }, [rows, width.value, selected, pointed.value, theme]);
  const rowAt = (event: MouseEvent): ChangeRow | null => {
    const x = event.clientX - canvas.current!.getBoundingClientRect().left - edge.left;
    const inner = width.peek() - edge.left - edge.right;
    return rows[Math.round((x / inner) * rows.length - 0.5)] ?? null;
  };
  const { value: row } = pointed;
  return (
    <figure class="change-chart">
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Relative change of ${rows.length} tensors over depth; the table below has the numbers`}
        onMouseMove={(event) => (pointed.value = rowAt(event))}
        onMouseLeave={() => (pointed.value = null)}
        onClick={(event) => {
          const picked = rowAt(event);
          if (picked) onPick(picked.name);
        }}
      />
      <figcaption class="change-legend">
        {row ? (
          <span class="change-read">
            <strong>{row.name}</strong> {stateLabels[row.state]}
            {row.state === 'changed' && `, ${formatRelative(row.relative)}`}
          </span>
        ) : (
          counts(rows).map(([state, count]) => (
            <span key={state}>
              <span style={{ color: `var(${colours[state]})` }}>{marks[state]}</span> {count} {stateLabels[state]}
            </span>
          ))
        )}
      </figcaption>
    </figure>
  );
}

const onScale = ({ state, relative }: ChangeRow): boolean => state === 'changed' && relative > 0 && Number.isFinite(relative);

function draw(canvas: HTMLCanvasElement, rows: readonly ChangeRow[], width: number, marked: string | null): void {
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d')!;
  context.scale(scale, scale);
  const text = themeColour('--vscode-descriptionForeground');
  const line = themeColour('--vscode-charts-lines') || text;
  const foreground = themeColour('--vscode-foreground');
  const bottom = height - edge.bottom;
  const lane = height - edge.bottom / 2;
  const values = rows.filter(onScale).map(({ relative }) => Math.log10(relative));
  let low = Math.floor(Math.min(0, ...values.slice(0, 100_000)));
  const high = Math.max(low + 1, Math.ceil(Math.max(-1, ...values.slice(0, 100_000)) + 1e-9));
  if (high - low > 8) low = high - 8; // below that is rounding
  const x = (at: number): number => edge.left + ((at + 0.5) / rows.length) * (width - edge.left - edge.right);
  const y = (value: number): number => bottom - ((Math.max(low, Math.log10(value)) - low) / (high - low)) * (bottom - edge.top);
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const every = high - low > 5 ? 2 : 1;
  for (let power = low; power <= high; power += every) {
    context.fillStyle = text;
    context.fillText(formatRelative(10 ** power), edge.left - 8, y(10 ** power));
    context.globalAlpha = 0.3;
    context.fillStyle = line;
    context.fillRect(edge.left, Math.round(y(10 ** power)), width - edge.left - edge.right, 1);
    context.globalAlpha = 1;
  }
  context.fillStyle = text;
  context.fillText('none', edge.left - 8, lane);
  const size = Math.max(1.5, Math.min(4, ((width - edge.left) / rows.length) * 0.4));
  rows.forEach((row, at) => {
    const top = onScale(row) ? y(row.relative) : lane;
    context.fillStyle = context.strokeStyle = themeColour(colours[row.state]);
    if (onScale(row)) {
      context.globalAlpha = 0.35;
      context.fillRect(x(at) - 0.5, top, 1, bottom - top);
      context.globalAlpha = 1;
    }
    mark(context, row.state, x(at), top, row.name === marked ? size + 2 : size);
    if (row.name !== marked) return;
    context.strokeStyle = foreground;
    context.beginPath();
    context.arc(x(at), top, size + 5, 0, 2 * Math.PI);
    context.stroke();
  });
}

/** States are told apart by shape, whatever the colour. */
function mark(context: CanvasRenderingContext2D, state: TensorState, x: number, y: number, size: number): void {
  const polygon = (...points: [number, number][]): void => {
    context.beginPath();
    for (const [dx, dy] of points) context.lineTo(x + dx * size, y + dy * size);
    context.fill();
  };
  if (state === 'new') polygon([0, -1.1], [1.1, 0.9], [-1.1, 0.9]);
  else if (state === 'gone') polygon([0, 1.1], [1.1, -0.9], [-1.1, -0.9]);
  else if (state === 'reshaped') polygon([0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]);
  else if (state === 'unread') {
    context.fillRect(x - size, y - 0.5, 2 * size, 1);
    context.fillRect(x - 0.5, y - size, 1, 2 * size);
  } else {
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
    if (state === 'same') context.stroke();
    else context.fill();
  }
}
