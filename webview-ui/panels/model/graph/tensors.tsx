import type { VNode } from 'preact';
import { formatBytes } from '../../../shared/format';
import { LinkButton } from '../../../ui/button';
import { assumedShape, bytesOf, endsOf, nodeName, valueShape } from '../../../views/graph/describe';
import type { GraphIndex } from '../../../views/graph/graphIndex';
import type { GraphView } from './graphView';
import { Section } from './section';

const shownWays = 24;

interface TensorProps {
  view: GraphView;
  index: GraphIndex;
  /** By place in the graph's values. */
  value: number;
}

/** What flows along the edge that is selected. */
export function Tensors({ view, index, values }: Omit<TensorProps, 'value'> & { values: readonly number[] }): VNode {
  const [only, ...more] = values;
  return (
    <div class="properties-body">
      {more.length === 0
        ? only !== undefined && <Tensor view={view} index={index} value={only} />
        : values.map((value) => (
            <Section key={value} title={index.graph.values[value]!.name}>
              <Tensor view={view} index={index} value={value} />
            </Section>
          ))}
    </div>
  );
}

/** Shape, type and size of a tensor, and the way to what makes and takes it. */
export function Tensor({ view, index, value }: TensorProps): VNode {
  const one = index.graph.values[value]!;
  const assumed = assumedShape(index, value);
  const bytes = bytesOf(one);
  const { from, to } = endsOf(index, value);
  const facts = [
    { label: 'Shape', text: valueShape(index, value), title: '' },
    { label: 'Assumed', text: assumed, title: 'The file leaves sizes open; shapes and costs are of these' },
    { label: 'Type', text: one.dtype || 'not known', title: '' },
    { label: 'Memory', text: bytes === null ? null : formatBytes(bytes), title: 'Of one such tensor' },
  ];
  const way = (label: string, nodes: readonly number[], title: string): VNode | false =>
    nodes.length > 0 && (
      <div>
        <dt>{label}</dt>
        <dd class="properties-ways">
          {nodes.slice(0, shownWays).map((node) => (
            <LinkButton key={node} title={title} onPress={() => view.visit(node)}>
              {nodeName(index.graph, node)}
            </LinkButton>
          ))}
          {nodes.length > shownWays && <span class="quiet">and {nodes.length - shownWays} more</span>}
        </dd>
      </div>
    );
  return (
    <>
      <dl class="properties-facts">
        {facts.map(
          ({ label, text, title }) =>
            text !== null && (
              <div key={label} title={title}>
                <dt>{label}</dt>
                <dd>{text}</dd>
              </div>
            ),
        )}
      </dl>
      <dl class="properties-facts">
        {way('Made by', from === null ? [] : [from], 'Go to what makes it')}
        {way('Taken by', to, 'Go to what takes it')}
      </dl>
    </>
  );
}
