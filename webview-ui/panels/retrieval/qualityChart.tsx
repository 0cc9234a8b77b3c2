import { CategoryScale, Chart, LinearScale, LineController, LineElement, PointElement, Tooltip, type ChartDataset } from 'chart.js';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { QualityReport } from '../../../src/protocol/retrieval';
import { themeVersion } from '../../shared/theme';
import { chartTheme, lineOptions, lineStyle, tooltipStyle } from '../../views/lineChart';
import { categoryColour } from '../rdm/colours';
import { middleText } from '../rdm/shapes';

Chart.register(CategoryScale, LineController, LineElement, PointElement, LinearScale, Tooltip);

export const figureLabels = {
  recallAt1: 'Recall@1',
  recallAt5: 'Recall@5',
  recallAt10: 'Recall@10',
  meanAveragePrecision: 'mAP',
  knn1: '1-NN',
  knn10: '10-NN',
} as const;
export type Figure = keyof typeof figureLabels;

interface QualityChartProps {
  report: QualityReport;
  names: string[];
  /** The figure whose line is bold. */
  bold: Figure;
  onPick: (layer: string) => void;
}

/** The figures of all layers over depth; the table below has the numbers. */
export function QualityChart({ report, names, bold, onPick }: QualityChartProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = themeVersion.value;
  useEffect(() => {
    const chart = draw(canvas.current!, report, names, bold, onPick);
    return () => chart.destroy();
  }, [report, bold, names.join(), theme]);
  return (
    <section class="quality-chart" aria-label="Quality over depth">
      <div class="quality-canvas">
        <canvas ref={canvas} role="img" aria-label={`${figureLabels[bold]} of ${names.length} layers over depth; the table below has the numbers`} />
      </div>
      <ul class="quality-key">
        {(Object.keys(figureLabels) as Figure[])
          .filter((figure) => figure !== 'knn1') // the same as recall@1
          .map((figure) => (
            <li key={figure} class={figure === bold ? 'quality-key-bold' : ''}>
              <span class="class-dot" style={{ background: colourOf(figure) }} />
              {figureLabels[figure]}
            </li>
          ))}
      </ul>
    </section>
  );
}

function colourOf(figure: Figure): string {
  return categoryColour(Object.keys(figureLabels).indexOf(figure));
}

function draw(canvas: HTMLCanvasElement, report: QualityReport, names: string[], bold: Figure, pick: (layer: string) => void): Chart<'line', number[]> {
  const theme = chartTheme();
  const { text, grid, font } = theme;
  const drawn = (Object.keys(figureLabels) as Figure[]).filter((figure) => figure !== 'knn1' || bold === 'knn1');
  const lines = drawn.map((figure): ChartDataset<'line', number[]> => {
    const colour = colourOf(figure);
    return {
      label: figureLabels[figure],
      data: report.layers.map((layer) => layer[figure] * 100),
      ...lineStyle(colour, figure === bold),
    };
  });
  return new Chart<'line', number[]>(canvas, {
    type: 'line',
    data: { labels: names, datasets: lines },
    options: {
      ...lineOptions((at) => pick(report.layers[at]!.layer)),
      scales: {
        x: {
          grid: { display: false },
          border: { color: grid },
          ticks: { color: text, font, maxRotation: 60, autoSkipPadding: 6, callback: (at) => middleText(names[Number(at)] ?? '', 96) },
        },
        y: {
          border: { display: false },
          grid: { color: `color-mix(in srgb, ${grid} 30%, transparent)` },
          suggestedMin: 0,
          ticks: { color: text, font, maxTicksLimit: 6, callback: (value) => `${value} %` },
        },
      },
      plugins: {
        tooltip: {
          ...tooltipStyle(theme),
          callbacks: { label: ({ dataset, raw }) => ` ${dataset.label ?? ''}: ${Number(raw).toFixed(1)} %` },
        },
      },
    },
  });
}
