import { BarController, BarElement, Chart, LinearScale, Tooltip } from 'chart.js';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { UnitDetail } from '../../../src/protocol/patches';
import { formatCount, formatScore, plural } from '../../shared/format';
import { themeColour, themeVersion } from '../../shared/theme';

Chart.register(BarController, BarElement, LinearScale, Tooltip);

/** How a unit's scores are distributed over the stimuli: a chart, and the same as a table. `most`: the scale's end, where charts are compared. */
export function Histogram({ histogram, most }: { histogram: UnitDetail['histogram']; most?: number }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = themeVersion.value;
  const { range, counts } = histogram;
  const bins = counts.map((count, at) => {
    const edge = (step: number): number => range[0] + ((range[1] - range[0]) * step) / counts.length;
    return { from: edge(at), to: edge(at + 1), count };
  });
  const total = counts.reduce((sum, count) => sum + count, 0);

  useEffect(() => {
    const chart = draw(canvas.current!, bins, most);
    return () => chart.destroy();
  }, [JSON.stringify(histogram), theme, most]);

  return (
    <div class="histogram">
      <div class="histogram-chart">
        <canvas
          ref={canvas}
          role="img"
          aria-label={`Histogram of ${plural(total, 'score')} from ${formatScore(range[0])} to ${formatScore(range[1])}; the table below has the numbers`}
        />
      </div>
      <details class="chart-table">
        <summary>As a table</summary>
        <table>
          <thead>
            <tr>
              <th>Score from</th>
              <th>to</th>
              <th>Stimuli</th>
            </tr>
          </thead>
          <tbody>
            {bins.map(({ from, to, count }) => (
              <tr key={from}>
                <td>{formatScore(from)}</td>
                <td>{formatScore(to)}</td>
                <td>{formatCount(count)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </div>
  );
}

/** Ticks are round numbers: no digits for their own sake. */
function formatTick(value: number): string {
  return String(Number(value.toPrecision(6))).replace('-', '−');
}

function draw(canvas: HTMLCanvasElement, bins: { from: number; to: number; count: number }[], most?: number): Chart {
  const text = themeColour('--vscode-descriptionForeground');
  const line = themeColour('--vscode-charts-lines') || text;
  const bar = themeColour('--vscode-charts-blue');
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const font = { family: getComputedStyle(document.body).fontFamily, size: 11 };
  const ticks = { color: text, font };
  return new Chart(canvas, {
    type: 'bar',
    data: {
      datasets: [
        {
          data: bins.map(({ from, to, count }) => ({ x: (from + to) / 2, y: count })),
          backgroundColor: bar,
          hoverBackgroundColor: themeColour('--vscode-foreground'),
          barPercentage: 1,
          categoryPercentage: 0.92,
          minBarLength: 1,
        },
      ],
    },
    options: {
      maintainAspectRatio: false,
      animation: still ? false : { duration: 200 },
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: {
        x: {
          type: 'linear',
          offset: false,
          min: bins[0]?.from,
          max: bins.at(-1)?.to,
          grid: { display: false },
          border: { color: line },
          ticks: {
            ...ticks,
            maxRotation: 0,
            maxTicksLimit: 7,
            includeBounds: false,
            callback: (value) => formatTick(Number(value)),
          },
          title: { display: true, text: 'Score', color: text, font },
        },
        y: {
          max: most,
          border: { display: false },
          grid: { color: `color-mix(in srgb, ${line} 30%, transparent)` },
          ticks: { ...ticks, maxTicksLimit: 4, precision: 0, callback: (value) => formatCount(Number(value)) },
          title: { display: true, text: 'Stimuli', color: text, font },
        },
      },
      plugins: {
        tooltip: {
          displayColors: false,
          animation: false,
          backgroundColor:
            themeColour('--vscode-editorHoverWidget-background') || themeColour('--vscode-editorWidget-background'),
          borderColor: themeColour('--vscode-editorHoverWidget-border') || themeColour('--vscode-editorWidget-border'),
          borderWidth: 1,
          titleColor: themeColour('--vscode-foreground'),
          bodyColor: themeColour('--vscode-foreground'),
          titleFont: { ...font, weight: 'normal' },
          bodyFont: { ...font, weight: 'bold' },
          callbacks: {
            title: ([item]) => {
              const bin = bins[item?.dataIndex ?? -1];
              return bin ? `${formatScore(bin.from)} to ${formatScore(bin.to)}` : '';
            },
            label: ({ dataIndex }) => plural(bins[dataIndex]?.count ?? 0, 'stimulus', 'stimuli'),
          },
        },
      },
    },
  });
}
