import type { VNode } from 'preact';
import { formatBytes, formatCount } from '../../shared/format';
import { Name } from '../name';
import { assumedShape, bytesOf, endsOf, mostSaid, nodeName, nodeNames, valueShape } from './describe';
import type { GraphIndex } from './graphIndex';

/** What flows along an edge: each tensor with its shape and type, and where it goes. */
export function EdgeCard({ index, values }: { index: GraphIndex; values: readonly number[] }): VNode {
  return (
    <>
      {values.slice(0, mostSaid).map((value) => (
        <Tensor key={value} index={index} value={value} />
      ))}
      {values.length > mostSaid && <p class="quiet">and {formatCount(values.length - mostSaid)} more</p>}
    </>
  );
}

function Tensor({ index, value }: { index: GraphIndex; value: number }): VNode {
  const { graph } = index;
  const one = graph.values[value]!;
  const bytes = bytesOf(one);
  const assumed = assumedShape(index, value);
  const { from, to } = endsOf(index, value);
  return (
    <div class="graph-card-tensor">
      <p class="graph-card-title">
        <Name text={one.name} />
      </p>
      <p>
        {valueShape(index, value)} <span class="quiet">{[one.dtype, bytes !== null && formatBytes(bytes)].filter(Boolean).join(' · ')}</span>
      </p>
      {assumed !== null && <p class="quiet">assumed {assumed}</p>}
      <p class="quiet">
        {from === null ? (one.kind === 'initializer' ? 'a weight' : 'given') : `from ${nodeName(graph, from)}`}
        {to.length > 0 && ` to ${nodeNames(graph, to, ', ')}`}
      </p>
    </div>
  );
}
