import type { VNode } from 'preact';
import { formatCount, plural } from '../../shared/format';
import type { Answer } from './ranking';

/** "719 found · exact · 2.1 ms · 1 left out" */
export function Status({ answer }: { answer: Answer }): VNode {
  const { total, milliseconds, leftOut } = answer;
  const parts = [
    [leftOut.query, 'of the query'],
    [leftOut.filter, 'by the filter'],
    [leftOut.silent, 'silent'],
    [leftOut.notFinite, 'not finite'],
    [leftOut.unreadable, 'unreadable'],
  ] as const;
  const left = parts.filter(([count]) => count > 0);
  return (
    <p class="ranking-status quiet" role="status">
      <span>{formatCount(total)} found</span>
      {'exact' in answer ? (
        answer.exact ? (
          <span title="Every image was compared">exact</span>
        ) : (
          <span class="approximate" title={answer.recall ? `Measured just now with ${plural(answer.recall.queries, 'query', 'queries')}` : 'Its recall was not measured'}>
            approximate{answer.recall && `: finds ${(answer.recall.recall * 100).toFixed(1)} % of the ${answer.recall.k} nearest`}
          </span>
        )
      ) : (
        <span title="Rows and columns of the region on the layer’s grid">
          {answer.window.join(' × ')} of {answer.grid.join(' × ')} positions
        </span>
      )}
      <span>{milliseconds < 10 ? milliseconds.toFixed(1) : formatCount(Math.round(milliseconds))} ms</span>
      {left.length > 0 && <span>left out: {left.map(([count, why]) => `${formatCount(count)} ${why}`).join(', ')}</span>}
    </p>
  );
}
