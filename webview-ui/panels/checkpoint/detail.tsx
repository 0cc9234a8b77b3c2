import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ShownStatistics } from '../../../src/protocol/checkpointViews';
import { isCancelled, toUnitscopeError } from '../../../src/protocol/errors';
import { formatBytes, formatCount, formatScore, formatShape, plural } from '../../shared/format';
import { IconButton, LinkButton } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { ProgressLine } from '../../ui/progress';
import { Bars } from './bars';
import { Mosaic, Plane } from './pictures';
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
          <Statistics key={`${name} ${revision}`} view={view} tensor={tensor} />
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
        <p class="tensor-detail-note">
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
      <p class="tensor-detail-note" role="status">
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

export function Part({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section class="tensor-detail-part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** How the tensor lies in memory, where that is not simply one element after the other. */
function Memory({ tensor: { view } }: { tensor: Tensor }): VNode | null {
  if (!view) return null;
  const { strides, offset, storage, storageBytes, sharedBy } = view;
  return (
    <p class="tensor-detail-note quiet">
      <Icon name="reshape" />
      <span>
        A view of storage {storage} ({formatBytes(storageBytes)}) with strides [{strides.join(', ')}], from element {formatCount(offset)}
        {sharedBy > 1 ? `; ${plural(sharedBy - 1, 'other tensor')} ${sharedBy === 2 ? 'uses' : 'use'} it, too.` : '.'}
      </span>
    </p>
  );
}

type Asked = { state: 'running'; share: number | null } | { state: 'cancelled' } | { state: 'error'; message: string } | { state: 'ready'; value: ShownStatistics };

function Statistics({ view, tensor }: { view: CheckpointView; tensor: Tensor }): VNode {
  const asked = useSignal<Asked>({ state: 'running', share: null });
  const turn = useSignal(0);
  const abort = useSignal<AbortController | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    abort.value = controller;
    asked.value = { state: 'running', share: null };
    // Who runs along the list with the arrows asks for nothing on the way.
    const timer = setTimeout(() => {
      const onProgress = ({ done, total }: { done: number; total: number }): void => {
        if (!signal.aborted) asked.value = { state: 'running', share: total > 0 ? done / total : null };
      };
      view.host.call('statistics', { tensor: tensor.name }, { signal, onProgress }).then(
        (value) => {
          if (!signal.aborted) asked.value = { state: 'ready', value };
        },
        (thrown: unknown) => {
          if (!signal.aborted && !isCancelled(thrown)) asked.value = { state: 'error', message: toUnitscopeError(thrown).message };
        },
      );
    }, 120);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [turn.value]);
  const now = asked.value;
  switch (now.state) {
    case 'running':
      return (
        <Part title="Statistics">
          <ProgressLine value={now.share} label="Reading the tensor" />
          <p class="tensor-detail-note quiet">
            <span>Reading {formatBytes(tensor.bytes)}…</span>
            <LinkButton
              onPress={() => {
                abort.peek()?.abort();
                asked.value = { state: 'cancelled' };
              }}
            >
              Cancel
            </LinkButton>
          </p>
        </Part>
      );
    case 'cancelled':
    case 'error':
      return (
        <Part title="Statistics">
          <p class="tensor-detail-note" role={now.state === 'error' ? 'alert' : undefined}>
            {now.state === 'error' && <Icon name="error" class="warning" />}
            <span>{now.state === 'error' ? now.message : 'Cancelled.'}</span>
            <LinkButton onPress={() => turn.value++}>{now.state === 'error' ? 'Try again' : 'Compute'}</LinkButton>
          </p>
        </Part>
      );
    case 'ready':
      return <Numbers value={now.value} tensor={tensor} />;
  }
}

const labels = ['Mean', 'Std', 'Min', 'Max', 'L2 norm'];

function Numbers({ value, tensor }: { value: ShownStatistics; tensor: Tensor }): VNode {
  const { numbers, count, zeros, nans, infs, range, counts, unitNorms } = value;
  const [low, high] = [range[0]!, range[1]!];
  const edge = (at: number): string => formatScore(low + ((high - low) * at) / Math.max(1, counts.length));
  const share = (part: number): string => (part === 0 || count === 0 ? '' : ` (${((100 * part) / count).toPrecision(2)} %)`);
  const finite = counts.some((number) => number > 0);
  return (
    <>
      <Part title="Statistics">
        {nans + infs > 0 && (
          <p class="tensor-detail-note tensor-detail-flag">
            <Icon name="warning" class="warning" />
            <span>
              {[nans > 0 && `${formatCount(nans)} NaN${share(nans)}`, infs > 0 && `${formatCount(infs)} infinite${share(infs)}`].filter(Boolean).join(', ')}
            </span>
          </p>
        )}
        <dl class="numbers">
          {labels.map((label, at) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd title={String(numbers[at])}>{Number.isNaN(numbers[at]!) ? '–' : formatScore(numbers[at]!)}</dd>
            </div>
          ))}
          <div>
            <dt>Zeros</dt>
            <dd title={`${formatCount(zeros)}${share(zeros)}`}>{formatCount(zeros)}</dd>
          </div>
        </dl>
      </Part>
      {finite && low < high && (
        <Part title="Histogram">
          <Bars
            values={counts}
            label={`Histogram from ${formatScore(low)} to ${formatScore(high)}`}
            ends={[formatScore(low), formatScore(high)]}
            describe={(at) => `${edge(at)} to ${edge(at + 1)}: ${plural(counts[at]!, 'value')}`}
          />
        </Part>
      )}
      {unitNorms.length > 1 && tensor.shape.length > 1 && (
        <Part title="L2 norm by unit">
          <Bars
            values={unitNorms}
            height={48}
            label={`L2 norm of each of ${unitNorms.length} units along axis 0`}
            ends={['unit 0', `unit ${formatCount(unitNorms.length - 1)}`]}
            describe={(at) => `unit ${formatCount(at)}: ${formatScore(unitNorms[at]!)}`}
          />
        </Part>
      )}
    </>
  );
}
