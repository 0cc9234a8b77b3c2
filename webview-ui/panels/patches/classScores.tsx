import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { UnitDetail } from '../../../src/protocol/patches';
import { formatCount, formatLabel, formatScore } from '../../shared/format';
import { LinkButton } from '../../ui/button';

const few = 8;

/** Scores per class: the range as a line, the mean as a dot on it, on one scale for all. A table, so it needs no other. */
export function ClassScores({ classes, scale }: { classes: UnitDetail['classes']; scale?: [number, number] }): VNode {
  const all = useSignal(false);
  const [low, high] = scale ?? [Math.min(0, ...classes.map(({ min }) => min)), Math.max(...classes.map(({ max }) => max))];
  const at = (value: number): string => `${high > low ? (100 * (value - low)) / (high - low) : 0}%`;
  const shown = all.value ? classes : classes.slice(0, few);
  return (
    <div class="class-scores">
      <table>
        <thead>
          <tr>
            <th scope="col">Class</th>
            <th scope="col">
              <span class="hidden">Minimum to maximum</span>
              <span class="class-scale" aria-hidden="true">
                <span>{formatScore(low)}</span>
                <span>{formatScore(high)}</span>
              </span>
            </th>
            <th scope="col" class="number">
              Mean
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ label, count, mean, min, max }) => (
            <tr
              key={label}
              title={`${label}: ${formatCount(count)} stimuli, ${formatScore(min)} to ${formatScore(max)}, mean ${formatScore(mean)}`}
            >
              <th scope="row">
                <span class="class-scores-name">{formatLabel(label)}</span>
              </th>
              <td class="class-range">
                <span class="hidden">
                  {formatScore(min)} to {formatScore(max)}
                </span>
                <span class="range-line" style={{ left: at(min), right: `calc(100% - ${at(max)})` }} />
                <span class="range-mean" style={{ left: at(mean) }} />
              </td>
              <td class="number">{formatScore(mean)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {classes.length > few && (
        <LinkButton onPress={() => (all.value = !all.value)}>
          {all.value ? 'Show fewer' : `Show all ${formatCount(classes.length)} classes`}
        </LinkButton>
      )}
    </div>
  );
}
