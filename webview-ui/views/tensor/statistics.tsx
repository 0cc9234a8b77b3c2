import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ShownStatistics, StatisticsContract } from '../../../src/protocol/checkpointViews';
import { isCancelled, toUnitscopeError } from '../../../src/protocol/errors';
import type { Client } from '../../../src/protocol/method';
import { formatBytes, formatCount, formatScore, plural } from '../../shared/format';
import { LinkButton } from '../../ui/button';
import { Icon } from '../../ui/icon';
import { ProgressLine } from '../../ui/progress';
import { Bars } from './bars';
import { Part } from './part';

/** A tensor whose numbers can be asked for. */
export interface ReadTensor {
  name: string;
  shape: readonly number[];
  bytes: number;
}

type Asked = { state: 'running'; share: number | null } | { state: 'cancelled' } | { state: 'error'; message: string } | { state: 'ready'; value: ShownStatistics };

/** Statistics, histogram and norms of one tensor: read while the page waits, and given up when it turns to something else. */
export function Statistics({ ask, tensor }: { ask: Client<StatisticsContract>; tensor: ReadTensor }): VNode {
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
      ask.call('statistics', { tensor: tensor.name }, { signal, onProgress }).then(
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
          <p class="tensor-note quiet">
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
          <p class="tensor-note" role={now.state === 'error' ? 'alert' : undefined}>
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

function Numbers({ value, tensor }: { value: ShownStatistics; tensor: ReadTensor }): VNode {
  const { numbers, count, zeros, nans, infs, range, counts, unitNorms } = value;
  const [low, high] = [range[0]!, range[1]!];
  const edge = (at: number): string => formatScore(low + ((high - low) * at) / Math.max(1, counts.length));
  const share = (part: number): string => (part === 0 || count === 0 ? '' : ` (${((100 * part) / count).toPrecision(2)} %)`);
  const finite = counts.some((number) => number > 0);
  return (
    <>
      <Part title="Statistics">
        {nans + infs > 0 && (
          <p class="tensor-note tensor-flag">
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
