import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { LayerQuality, QualityReport } from '../../../src/protocol/retrieval';
import { formatCount, formatLabel, plural } from '../../shared/format';
import { Button } from '../../ui/button';
import { ProgressLine } from '../../ui/progress';
import { EmptyState } from '../../views/notice';
import { Waiting } from '../../views/sessionReadiness';
import { layerTexts } from '../rdm/layerText';
import { figureLabels, QualityChart, type Figure } from './qualityChart';
import type { RetrievalView } from './view';

const figures = Object.keys(figureLabels) as Figure[];

/** How well each layer's neighbours are of the same class. */
export function Quality({ view }: { view: RetrievalView }): VNode {
  const dataset = view.session.state.value?.dataset;
  const labels = dataset?.state === 'ready' ? dataset.value.labels : [];
  const { value, loading, error } = view.quality;
  const progress = view.qualityProgress.value;
  const layers = view.qualityLayers.value;
  if (labels.length < 2)
    return (
      <EmptyState icon="info" title="Quality needs classes">
        These images have no classes: choose a folder whose subfolders are classes, or a manifest with a label column.
      </EmptyState>
    );
  const choose = <Button onPress={() => view.act('layers.choose', null)}>{`${plural(layers.length, 'layer')}…`}</Button>;
  const report = value.value?.report;
  if (!report || report.layers.length + report.failedLayers.length === 0) {
    if (loading.value)
      return <Waiting text={progress ? `Measuring: ${progress.done} of ${plural(progress.total, 'layer')}…` : 'Preparing the embeddings…'} />;
    if (error.value) return <div />;
    return (
      <EmptyState
        icon="search"
        title="How well do neighbours share a class?"
        actions={
          <>
            <Button
              kind="primary"
              onPress={() => {
                view.measured.value = true;
                view.quality.expire();
                view.settled.value++;
              }}
            >
              Measure
            </Button>
            {choose}
          </>
        }
      >
        Each image is searched for once in every layer: recall@1, @5, @10, mean average precision, and classification by nearest neighbours.
      </EmptyState>
    );
  }
  const stop = (): void => {
    view.measured.value = false;
    view.quality.cancel();
  };
  return (
    <div class="quality">
      {loading.value && <ProgressLine value={progress && progress.total > 0 ? progress.done / progress.total : null} label="Measuring layers" />}
      <header class="quality-head">
        <h2>Neighbours of the same class</h2>
        {choose}
        {loading.value && (
          <>
            <span class="quiet">{progress ? `${progress.done} of ${plural(progress.total, 'layer')}` : 'preparing…'}</span>
            <Button onPress={stop}>Cancel</Button>
          </>
        )}
      </header>
      <Report view={view} report={report} />
    </div>
  );
}

function Report({ view, report }: { view: RetrievalView; report: QualityReport }): VNode {
  const figure = useSignal<Figure>('meanAveragePrecision');
  const names = layerTexts(view.session.layers.value, report.layers.map(({ layer }) => layer));
  const best = new Map(figures.map((one) => [one, Math.max(...report.layers.map((layer) => layer[one]))]));
  const chosen = report.layers.find(({ layer }) => layer === view.qualityLayer.value) ?? strongest(report.layers);
  return (
    <>
      {report.layers.length > 1 && (
        <QualityChart report={report} names={names} bold={figure.value} onPick={(layer) => (view.qualityLayer.value = layer)} />
      )}
      <div class="quality-below">
      <div class="quality-table-room">
        <table class="quality-table">
          <thead>
            <tr>
              <th scope="col">Layer</th>
              {figures.map((one) => (
                <th key={one} scope="col" aria-sort={figure.value === one ? 'other' : undefined}>
                  <button type="button" class="quality-figure" aria-pressed={figure.value === one} onClick={() => (figure.value = one)}>
                    {figureLabels[one]}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.layers.map((layer, at) => (
              <tr key={layer.layer} class={layer === chosen ? 'quality-chosen' : ''}>
                <th scope="row">
                  <button
                    type="button"
                    class="quality-layer"
                    title={`${layer.layer}\n${plural(layer.features, 'feature')}, ${plural(layer.queries, 'query', 'queries')}, ${plural(layer.classes, 'class', 'classes')}`}
                    aria-pressed={layer === chosen}
                    onClick={() => (view.qualityLayer.value = layer.layer)}
                  >
                    {names[at]}
                  </button>
                </th>
                {figures.map((one) => (
                  <td key={one} class={report.layers.length > 1 && layer[one] === best.get(one) ? 'quality-best' : ''}>
                    {percent(layer[one])}
                  </td>
                ))}
              </tr>
            ))}
            {report.failedLayers.map(({ layer, message }) => (
              <tr key={layer}>
                <th scope="row">{layerTexts(view.session.layers.value, [layer])[0]}</th>
                <td colSpan={figures.length} class="quality-failed">
                  {message}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {chosen && <Confusions view={view} layer={chosen} name={names[report.layers.indexOf(chosen)] ?? ''} />}
      </div>
    </>
  );
}

function Confusions({ view, layer, name }: { view: RetrievalView; layer: LayerQuality; name: string }): VNode {
  const all = useSignal(false);
  const shown = all.value ? layer.confusions.slice(0, 500) : layer.confusions.slice(0, 12);
  return (
    <section class="confusions" aria-label="Confusions">
      <header>
        <h3>What {name} takes for what</h3>
        <Button
          onPress={() => {
            view.change({ layer: layer.layer });
            view.shown.value = 'results';
          }}
        >
          Search in this layer
        </Button>
      </header>
      <p class="quiet">
        {plural(layer.queries, 'image')} searched for among {formatCount(layer.candidates)}, {plural(layer.classes, 'class', 'classes')}
        {layer.leftOut > 0 && `; ${formatCount(layer.leftOut)} without a ranking`}
      </p>
      {layer.confusions.length === 0 ? (
        <p>The nearest image is always of the same class.</p>
      ) : (
        <ol>
          {shown.map(({ label, taken, count }) => (
            <li key={`${label}\n${taken}`}>
              <span class="confusion-count">{formatCount(count)}</span>
              <span class="confusion-label">{formatLabel(label)}</span>
              <span class="quiet">taken for</span>
              <span class="confusion-label">{formatLabel(taken)}</span>
            </li>
          ))}
        </ol>
      )}
      {layer.confusions.length > shown.length && !all.value && (
        <Button onPress={() => (all.value = true)}>{`Show ${formatCount(Math.min(500, layer.confusions.length))}`}</Button>
      )}
    </section>
  );
}

function strongest(layers: readonly LayerQuality[]): LayerQuality | undefined {
  return layers.reduce<LayerQuality | undefined>((best, one) => (best && best.meanAveragePrecision >= one.meanAveragePrecision ? best : one), undefined);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
