import type { VNode } from 'preact';
import { formatBytes, formatCount, formatShape, plural } from '../../shared/format';
import { IconButton, LinkButton } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { Mosaic, Plane } from '../../views/tensor/pictures';
import { Part } from '../../views/tensor/part';
import { Statistics } from '../../views/tensor/statistics';
import type { Tensor } from './tensors';
import type { CheckpointView } from './view';
import './detail.css';

/** One tensor, looked into. */
export function Detail({ view, tensor }: { view: CheckpointView; tensor: Tensor }): VNode {
  const { name, shape, dtype, count, bytes, problem } = tensor;
  const revision = view.state.value?.revision ?? 0;
  const pictures = { ask: view.host, file: 0, tensor: name, shape, revision };
  return (
    <aside class="tensor-detail" aria-label={`Tensor ${name}`}>
      <DetailHead name={name} onClose={() => view.select(null)} />
      <p class="tensor-detail-facts">
        {formatShape(shape)} <span class="quiet">·</span> {dtype} <span class="quiet">·</span> {plural(count, 'parameter')} <span class="quiet">·</span> {formatBytes(bytes)}
      </p>
      <div class="tensor-detail-actions">
        <LinkButton onPress={() => view.actOn('tensor.export', name)}>Export .npy</LinkButton>
        <LinkButton onPress={() => view.actOn('tensor.copyName', name)}>Copy name</LinkButton>
        <LinkButton onPress={() => view.actOn('tensor.copyPython', name)}>Copy as Python</LinkButton>
      </div>
      <Memory tensor={tensor} />
      {problem === undefined ? (
        <>
          <Statistics key={`${name} ${revision}`} ask={view.host} tensor={tensor} />
          {shape.length === 4 && count > 0 && (
            <Part title="Filters">
              <Mosaic key={name} {...pictures} />
            </Part>
          )}
          {count > 1 && (
            <Part title="Values">
              <Plane key={name} {...pictures} />
            </Part>
          )}
        </>
      ) : (
        <p class="tensor-note">
          <Icon name="warning" class="warning" /> <span>Its values are not read: {problem}.</span>
        </p>
      )}
    </aside>
  );
}

/** In place of a tensor that was looked at when the file changed, and is not in the new one: it may come back with the next. */
export function Gone({ view, tensor, name }: { view: CheckpointView; tensor: string; name: string }): VNode {
  return (
    <aside class="tensor-detail" aria-label={`Tensor ${tensor}`}>
      <DetailHead name={tensor} onClose={() => view.select(null)} />
      <p class="tensor-note" role="status">
        <Icon name="info" /> <span>This tensor is no longer in {name}.</span>
      </p>
    </aside>
  );
}

export function DetailHead({ name, onClose }: { name: string; onClose: () => void }): VNode {
  return (
    <div class="tensor-detail-head">
      <h2 title={name}>{name}</h2>
      <IconButton icon="close" label="Close" onPress={onClose} />
    </div>
  );
}

/** How the tensor lies in memory, where that is not simply one element after the other. */
function Memory({ tensor: { view } }: { tensor: Tensor }): VNode | null {
  if (!view) return null;
  const { strides, offset, storage, storageBytes, sharedBy } = view;
  return (
    <p class="tensor-note quiet">
      <Icon name="reshape" />
      <span>
        A view of storage {storage} ({formatBytes(storageBytes)}) with strides [{strides.join(', ')}], from element {formatCount(offset)}
        {sharedBy > 1 ? `; ${plural(sharedBy - 1, 'other tensor')} ${sharedBy === 2 ? 'uses' : 'use'} it, too.` : '.'}
      </span>
    </p>
  );
}
