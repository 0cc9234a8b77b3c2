import type { VNode } from 'preact';
import type { GaborFit } from '../../../../src/protocol/graph';
import { formatScore } from '../../../shared/format';
import { Button } from '../../../ui/button';
import type { FilterFacts } from './filterOrder';
import { gaborPixels } from '../../../views/tensor/filterPixels';
import { Picture } from './picture';
import type { WeightsView } from './view';
import type { Weight } from './weights';

interface FilterDetailProps {
  view: WeightsView;
  weight: Weight;
  facts: FilterFacts;
  fit: GaborFit | null;
  draw: () => ImageData;
  dependsOn: readonly unknown[];
}

/** One filter, large, beside the function that was fitted to it. */
export function FilterDetail({ view, weight, facts, fit, draw, dependsOn }: FilterDetailProps): VNode {
  const [, channels, height, width] = weight.shape as [number, number, number, number];
  const numbers: [label: string, text: string, title: string][] = [['Norm', formatScore(facts.norm), 'L2 norm of all its weights']];
  if (channels > 1 && channels <= 4) numbers.push(['Colour', `${Math.round(100 * facts.colour)} %`, 'Share of its energy that differs between channels']);
  if (fit) numbers.push(['Gabor r²', fit.r2.toFixed(3), 'Share of the variance of its first principal colour component that the function explains']);
  if (fit?.striped)
    numbers.push(
      ['Orientation', `${fit.orientation.toFixed(1)}°`, "Of the stripes' normal, counter-clockwise from the horizontal"],
      ['Frequency', `${formatScore(fit.frequency)} / pixel`, `A cycle takes ${(1 / fit.frequency).toFixed(2)} pixels`],
      ['Phase', `${formatScore(Math.round((fit.phase * 180) / Math.PI))}°`, 'Of the cosine at the centre: 0° is a bright stripe, ±90° an edge'],
      ['Sigma', fit.sigma.map((side) => side.toFixed(2)).join(' × '), 'Standard deviations of the envelope across and along the stripes, in pixels'],
      ['Centre', fit.centre.map((side) => side.toFixed(2)).join(', '), 'Column and row'],
    );
  return (
    <aside class="filter-detail" aria-label={`Filter ${facts.unit}`}>
      <h3>Filter {facts.unit}</h3>
      <div class="filter-pair">
        <figure>
          <Picture class="filter-large" draw={draw} dependsOn={dependsOn} label={`Filter ${facts.unit}, ${height} × ${width}`} />
          <figcaption class="quiet">Weights</figcaption>
        </figure>
        {fit && fit.sigma[0] > 0 && (
          <figure class={fit.striped ? '' : 'filter-unsure'}>
            <Picture class="filter-large" smooth draw={() => gaborPixels(fit, height, width)} dependsOn={[fit]} label={`The Gabor function that was fitted to filter ${facts.unit}`} />
            <figcaption class="quiet">{fit.striped ? 'Fit' : 'Fit, without stripes'}</figcaption>
          </figure>
        )}
      </div>
      <dl class="numbers filter-numbers">
        {numbers.map(([label, text, title]) => (
          <div key={label} title={title}>
            <dt>{label}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      {weight.layer !== null && (
        <p>
          <Button icon="eye" onPress={() => view.showUnit(weight.layer!, facts.unit)}>{`Patches of Unit ${facts.unit}`}</Button>
        </p>
      )}
    </aside>
  );
}
