import type { VNode } from 'preact';
import type { NodeDetail, NodePort } from '../../../../src/protocol/graph';
import { splitLabel } from '../../../shared/format';
import { LinkButton } from '../../../ui/button';
import { Name } from '../../../views/name';
import { assumedShape, assumedSize, valueShape } from '../../../views/graph/describe';
import type { GraphIndex } from '../../../views/graph/graphIndex';
import type { GraphView } from './graphView';
import { Section } from './section';

interface NodePortsProps {
  view: GraphView;
  index: GraphIndex;
  node: number;
  /** What the operator calls its inputs and outputs; on its way: undefined. */
  detail: NodeDetail | undefined;
}

/** Inputs, weights and outputs of a node: their shapes, and the way to what makes and takes them. */
export function NodePorts({ view, index, node, detail }: NodePortsProps): VNode {
  const { graph } = index;
  const one = graph.nodes[node]!;
  const unnamed = (values: readonly number[]): NodePort[] => values.map((value) => ({ role: '', value, description: '' }));
  const inputs = (detail?.inputs ?? unnamed(one.inputs)).filter(({ value }) => value >= 0);
  const outputs = (detail?.outputs ?? unnamed(one.outputs)).filter(({ value }) => value >= 0);
  const given = inputs.filter(({ value }) => graph.values[value]!.kind !== 'initializer');
  const weights = inputs.filter(({ value }) => graph.values[value]!.kind === 'initializer');
  return (
    <>
      {given.length > 0 && (
        <Section title="Inputs">
          <ul class="ports">
            {given.map((port, at) => {
              const producer = index.producer[port.value]!;
              return (
                <Port key={at} index={index} port={port}>
                  {producer >= 0 && (
                    <LinkButton title="Go to what makes it" onPress={() => view.visit(producer)}>
                      {`from ${splitLabel(graph.nodes[producer]!).name}`}
                    </LinkButton>
                  )}
                </Port>
              );
            })}
          </ul>
        </Section>
      )}
      {weights.length > 0 && (
        <Section title="Weights">
          <ul class="ports">
            {weights.map((port, at) => {
              const { tensor } = graph.values[port.value]!;
              return (
                <Port key={at} index={index} port={port}>
                  {tensor !== null && (
                    <LinkButton title="Statistics, histogram and values" onPress={() => view.showWeight(tensor)}>
                      show values
                    </LinkButton>
                  )}
                </Port>
              );
            })}
          </ul>
        </Section>
      )}
      {outputs.length > 0 && (
        <Section title="Outputs">
          <ul class="ports">
            {outputs.map((port, at) => (
              <Port key={at} index={index} port={port}>
                {index.consumers[port.value]!.map((consumer) => (
                  <LinkButton key={consumer} title="Go to what takes it" onPress={() => view.visit(consumer)}>
                    {`to ${splitLabel(graph.nodes[consumer]!).name}`}
                  </LinkButton>
                ))}
              </Port>
            ))}
          </ul>
        </Section>
      )}
    </>
  );
}

function Port({ index, port, children }: { index: GraphIndex; port: NodePort; children?: VNode | VNode[] | false }): VNode {
  const { name, dtype } = index.graph.values[port.value]!;
  const assumed = assumedShape(index, port.value);
  const size = assumedSize(index, port.value);
  return (
    <li class="port" title={[[port.role, name].filter(Boolean).join(': '), port.description, assumed !== null && `The file leaves sizes open; costs are of ${assumed}.`].filter(Boolean).join('\n')}>
      <span class="port-role">{port.role}</span>
      <span class="port-name">
        <Name text={name} />
      </span>
      <span class="port-shape">
        {valueShape(index, port.value)} <span class="quiet">{dtype}</span>
        {size !== null && <span class="quiet"> assumed {size}</span>}
      </span>
      {children && <span class="port-ways">{children}</span>}
    </li>
  );
}
