import {
  CategoryScale,
  Chart,
  Filler,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  Tooltip,
  type ChartDataset,
  type Plugin,
} from 'chart.js';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ReferenceResult, RsaResult } from '../../../src/protocol/rdm';
import { formatScore } from '../../shared/format';
import { themeVersion } from '../../shared/theme';
import { chartTheme, lineOptions, lineStyle, tooltipStyle } from '../../views/lineChart';
import { layerTexts } from './layerText';
import { comparisonLabels } from './options';
import { chosenReference, goodReferences } from './references';
import { middleText } from './shapes';
import type { RdmView } from './view';

Chart.register(CategoryScale, LineController, LineElement, PointElement, LinearScale, Filler, Tooltip);

/** How similar each layer is to the references: the one chosen with its interval, the others thin. */
export function Curve({ view, result }: { view: RdmView; result: RsaResult }): VNode | null {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = themeVersion.value;
  const chosen = chosenReference(view, result);
  const names = layerTexts(view.session.layers.value, result.layers);
  useEffect(() => {
    if (!chosen) return;
    const chart = draw(canvas.current!, result, chosen, names, (at) => {
      view.show(result.layers[at]!);
      view.tab.value = 'rdm';
    });
    return () => chart.destroy();
  }, [result, chosen?.name, names.join(), theme]);
  if (!chosen) return null;
  return (
    <section class="curve" aria-label="Similarity over depth">
      <h3>Similarity to references over depth</h3>
      <div class="curve-chart">
        <canvas ref={canvas} role="img" aria-label={`Similarity of ${names.length} layers to ${chosen.name}; the table below has the numbers`} />
      </div>
      <p class="quiet">
        {result.resamples > 0
          ? `Band: 95 % bootstrap interval over stimuli, ${result.resamples} samples.`
          : result.comparison === 'cka-unbiased'
            ? 'Unbiased CKA has no bootstrap intervals here.'
            : 'Bootstrap intervals are being computed.'}
        {result.ceiling && ` Noise ceiling over ${result.ceiling.references} reference RDMs: ${formatScore(result.ceiling.lower)} to ${formatScore(result.ceiling.upper)}.`}
      </p>
      <CurveTable result={result} names={names} />
    </section>
  );
}

function CurveTable({ result, names }: { result: RsaResult; names: string[] }): VNode {
  const good = goodReferences(result);
  return (
    <details class="curve-table">
      <summary>As a table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Layer</th>
            {good.map(({ reference }) => (
              <th key={reference.name} scope="col">
                {reference.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, row) => (
            <tr key={result.layers[row]}>
              <th scope="row">{name}</th>
              {good.map(({ reference }) => (
                <td key={reference.name}>{valueText(reference.values[row])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

/** "0.412 (0.371 to 0.450)" */
export function valueText(one: ReferenceResult['values'][number] | undefined): string {
  if (one?.value == null) return 'not defined';
  return one.interval ? `${formatScore(one.value)} (${formatScore(one.interval[0])} to ${formatScore(one.interval[1])})` : formatScore(one.value);
}

type Line = ChartDataset<'line', (number | null)[]>;

function draw(canvas: HTMLCanvasElement, result: RsaResult, chosen: ReferenceResult, names: string[], open: (at: number) => void): Chart<'line', (number | null)[]> {
  const theme = chartTheme();
  const { text, grid, font } = theme;
  const good = goodReferences(result);
  const colour = good.find(({ reference }) => reference === chosen)!.colour;
  const plain = { pointRadius: 0, pointHitRadius: 0, borderWidth: 0 };
  const band: Line[] = [
    { ...plain, label: 'low', data: chosen.values.map(({ interval }) => interval?.[0] ?? null) },
    { ...plain, label: 'high', data: chosen.values.map(({ interval }) => interval?.[1] ?? null), fill: '-1', backgroundColor: `${colour}44` },
  ];
  const lines = good.map(({ reference, colour: own }): Line => {
    const bold = reference === chosen;
    return {
      label: reference.name,
      data: reference.values.map(({ value }) => value),
      ...lineStyle(own, bold),
    };
  });
  return new Chart<'line', (number | null)[]>(canvas, {
    type: 'line',
    data: { labels: names, datasets: [...band, ...lines] },
    plugins: result.ceiling ? [ceilingBand(result.ceiling, text, font)] : [],
    options: {
      ...lineOptions(open),
      scales: {
        x: {
          grid: { display: false },
          border: { color: grid },
          ticks: {
            color: text,
            font,
            maxRotation: 60,
            autoSkipPadding: 6,
            callback: (at) => middleText(names[Number(at)] ?? '', 96),
          },
        },
        y: {
          border: { display: false },
          grid: { color: `color-mix(in srgb, ${grid} 30%, transparent)` },
          suggestedMin: 0,
          suggestedMax: result.ceiling ? result.ceiling.upper : undefined,
          ticks: { color: text, font, maxTicksLimit: 6, callback: (value) => String(Number(Number(value).toPrecision(3))).replace('-', '−') },
          title: { display: true, text: comparisonLabels[result.comparison], color: text, font },
        },
      },
      plugins: {
        tooltip: {
          ...tooltipStyle(theme),
          filter: ({ datasetIndex }) => datasetIndex >= band.length,
          itemSort: (a, b) => Number(b.raw) - Number(a.raw),
          callbacks: {
            label: ({ datasetIndex, dataIndex }) => {
              const reference = good[datasetIndex - band.length]?.reference;
              return reference ? ` ${reference.name}: ${valueText(reference.values[dataIndex])}` : '';
            },
          },
        },
      },
    },
  });
}

/** What a perfect model would reach, as a horizontal band with its name. */
function ceilingBand(
  { lower, upper }: { lower: number; upper: number },
  colour: string,
  font: { family: string; size: number },
): Plugin<'line'> {
  return {
    id: 'ceiling',
    beforeDatasetsDraw: ({ ctx, chartArea, scales }) => {
      const top = scales.y!.getPixelForValue(upper);
      const bottom = scales.y!.getPixelForValue(lower);
      ctx.save();
      ctx.globalAlpha = 0.18;
      ctx.fillStyle = colour;
      ctx.fillRect(chartArea.left, top, chartArea.width, bottom - top);
      ctx.globalAlpha = 1;
      ctx.font = `${font.size}px ${font.family}`;
      ctx.textAlign = 'left';
      ctx.fillText('noise ceiling', chartArea.left + 6, Math.min(chartArea.bottom - 4, top + 13));
      ctx.restore();
    },
  };
}
