import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { themeColour, themeVersion } from '../../shared/theme';

interface BarsProps {
  values: ArrayLike<number>;
  /** Says what the whole is, for those who do not see it. */
  label: string;
  /** Of one bar, by its place. */
  describe: (at: number) => string;
  /** Under its left and right end. */
  ends: [string, string];
  height?: number;
  onPick?: (at: number) => void;
}

/** Many bars in little room; where there are more than pixels, each column shows the greatest of its bars. */
export function Bars({ values, label, describe, ends, height = 72, onPick }: BarsProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const at = useSignal<number | null>(null);
  const width = useSignal(0);
  const theme = themeVersion.value;
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => (width.value = Math.round(entry?.contentRect.width ?? 0)));
    observer.observe(canvas.current!.parentElement!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (canvas.current && width.value > 0) draw(canvas.current, values, width.value, height, at.value);
  }, [values, width.value, height, at.value, theme]);
  const placeOf = (event: MouseEvent): number | null => {
    const box = canvas.current!.getBoundingClientRect();
    const place = Math.floor(((event.clientX - box.left) / box.width) * values.length);
    return place >= 0 && place < values.length ? place : null;
  };
  const step = (event: KeyboardEvent): void => {
    const moves: Partial<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    at.value = Math.max(0, Math.min(values.length - 1, (at.value ?? -1) + move));
  };
  return (
    <figure class="bars">
      <canvas
        ref={canvas}
        role="img"
        tabIndex={0}
        aria-label={label}
        onMouseMove={(event) => (at.value = placeOf(event))}
        onMouseLeave={() => (at.value = null)}
        onBlur={() => (at.value = null)}
        onKeyDown={step}
        onClick={(event) => {
          const place = placeOf(event);
          if (place !== null) onPick?.(place);
        }}
      />
      <figcaption class="bars-ends quiet" aria-live="polite">
        {at.value === null || at.value >= values.length ? (
          <>
            <span>{ends[0]}</span>
            <span>{ends[1]}</span>
          </>
        ) : (
          <span class="bars-read">{describe(at.value)}</span>
        )}
      </figcaption>
    </figure>
  );
}

function draw(canvas: HTMLCanvasElement, values: ArrayLike<number>, width: number, height: number, marked: number | null): void {
  const scale = window.devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d')!;
  const columns = canvas.width;
  let most = 0;
  for (const value of Array.from(values)) if (Number.isFinite(value)) most = Math.max(most, value);
  const bar = themeColour('--vscode-charts-blue');
  const highlight = themeColour('--vscode-foreground');
  const each = columns / values.length;
  const gap = each >= 4 * scale ? scale : 0;
  const drawBar = (left: number, wide: number, value: number): void => {
    const tall = most > 0 && value > 0 ? Math.max(scale, (Math.min(value, most) / most) * (canvas.height - scale)) : 0;
    context.fillRect(left, canvas.height - tall, Math.max(1, wide - gap), tall);
  };
  context.fillStyle = bar;
  if (each >= 1) for (let i = 0; i < values.length; i++) drawBar(i * each, each, values[i]!);
  else
    for (let column = 0; column < columns; column++) {
      let top = 0;
      for (let i = Math.floor(column / each); i < Math.min(values.length, (column + 1) / each); i++) top = Math.max(top, values[i]!);
      drawBar(column, 1, top);
    }
  context.fillStyle = themeColour('--vscode-charts-lines') || highlight;
  context.fillRect(0, canvas.height - scale, columns, scale);
  if (marked === null || marked >= values.length) return;
  context.fillStyle = highlight;
  drawBar(marked * each, Math.max(each, 2 * scale), values[marked]!);
}
