import type { VNode } from 'preact';
import { formatBytes, formatShape, plural } from '../../../shared/format';
import { LinkButton } from '../../../ui/button';
import { Icon } from '../../../ui/icon';
import { Name } from '../../../views/name';
import { Part } from '../../../views/tensor/part';
import { Plane } from '../../../views/tensor/pictures';
import { Statistics } from '../../../views/tensor/statistics';
import { Filters } from './filters';
import type { WeightsView } from './view';
import type { Weight } from './weights';

/** One tensor, looked into: what it is, its filters, its numbers. */
export function WeightContent({ view, weight }: { view: WeightsView; weight: Weight }): VNode {
  const { name, shape, dtype, bytes, count, problem, node, filters, dequantize } = weight;
  const revision = view.session.state.value?.modelRevision ?? 0;
  const key = `${name} ${revision}`;
  return (
    <article class="weight-content" aria-label={`Tensor ${name}`}>
      <header>
        <h2 title={name}>
          <Name text={name} />
        </h2>
        <p class="weight-facts">
          {formatShape(shape)} <span class="quiet">·</span> {dtype} <span class="quiet">·</span> {plural(count, 'element')} <span class="quiet">·</span> {formatBytes(bytes)}
          {node !== '' && (
            <>
              {' '}
              <span class="quiet">· of</span> {node}
            </>
          )}
        </p>
        <p class="weight-actions">
          <LinkButton onPress={() => view.act('tensor.export', name)}>Export .npy</LinkButton>
          <LinkButton onPress={() => view.act('tensor.copyName', name)}>Copy name</LinkButton>
          <LinkButton onPress={() => view.act('tensor.copyPython', name)}>Copy as Python</LinkButton>
        </p>
      </header>
      {problem !== undefined ? (
        <p class="tensor-note">
          <Icon name="warning" class="warning" /> <span>Its values are not read: {problem}.</span>
        </p>
      ) : (
        <>
          {filters && count > 0 && <Filters key={name} view={view} weight={weight} />}
          {filters && dequantize && (
            <p class="quiet weight-stored">
              The filters are what the {dtype} numbers stand for, {dequantize.scale === null ? 'number − zero point' : '(number − zero point) × scale'}. Statistics, histogram and values are of the numbers that are stored.
            </p>
          )}
          <div class="weight-parts">
            <div>
              <Statistics key={key} ask={view.host} tensor={weight} />
            </div>
            {count > 1 && (
              <Part title="Values">
                <Plane key={name} ask={view.host} file={0} tensor={name} shape={shape} revision={revision} />
              </Part>
            )}
          </div>
        </>
      )}
    </article>
  );
}
