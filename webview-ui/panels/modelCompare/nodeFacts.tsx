import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import type { GraphNode, ModelGraph, NodeAttribute, NodeDetail } from '../../../src/protocol/graph';
import { splitLabel } from '../../shared/format';
import { useResource } from '../../shared/resource';
import { LinkButton } from '../../ui/button';
import { ProgressRing } from '../../ui/progress';
import { shapeText } from '../../views/graph/describe';
import { Name } from '../../views/name';
import type { ModelCompareView } from './view';

interface NodeFactsProps {
  view: ModelCompareView;
  /** Which of the two models, and the node by its place in that graph. */
  file: 0 | 1;
  node: number;
}

/** What a node of one of the models is by itself: attributes, inputs, weights and outputs. */
export function NodeFacts({ view, file, node }: NodeFactsProps): VNode | null {
  const tries = useSignal(0);
  const graph = view.comparison.value?.models[file];
  const one = graph?.nodes[node];
  const fetched = useResource<NodeDetail>(`${view.compared.value} ${file} ${node}`, tries.value, (signal) => view.host.call('node', { file, node }, { signal }));
  const { value: detail, loading, error } = fetched.value;
  if (!graph || !one) return null;
  const inputs = portsOf(graph, one.inputs, detail?.inputs);
  const isWeight = ({ value }: Port): boolean => graph.values[value]!.kind === 'initializer';
  return (
    <>
      {detail && <Attributes attributes={detail.attributes} />}
      {loading && (
        <p class="pair-waiting quiet" role="status">
          <ProgressRing /> Reading attributes…
        </p>
      )}
      {error && (
        <p class="pair-error" role="alert">
          {error.message} <LinkButton onPress={() => tries.value++}>Try again</LinkButton>
        </p>
      )}
      <Ports title="Inputs" graph={graph} ports={inputs.filter((port) => !isWeight(port))} />
      <Ports title="Weights" graph={graph} ports={inputs.filter(isWeight)} />
      <Ports title="Outputs" graph={graph} ports={portsOf(graph, one.outputs, detail?.outputs)} />
    </>
  );
}

/** The same of both nodes of a pair, each when it is asked for. */
export function NodeFactsOnDemand({ title, ...props }: NodeFactsProps & { title: string }): VNode {
  const open = useSignal(false);
  return (
    <details class="pair-whole" onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>{title}</summary>
      {open.value && <NodeFacts {...props} />}
    </details>
  );
}

interface Port {
  value: number;
  role: string;
  description: string;
}

/** Those that are given, with what the operator calls them as soon as that is known. */
function portsOf(graph: ModelGraph, values: GraphNode['inputs'], known: NodeDetail['inputs'] | undefined): Port[] {
  return values.flatMap((value, at) => (graph.values[value] ? [{ value, role: known?.[at]?.role ?? '', description: known?.[at]?.description ?? '' }] : []));
}

function Facts({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <section>
      <h3>{title}</h3>
      <dl class="pair-facts">{children}</dl>
    </section>
  );
}

function Attributes({ attributes }: { attributes: readonly NodeAttribute[] }): VNode | null {
  if (attributes.length === 0) return null;
  return (
    <Facts title="Attributes">
      {attributes.map(({ name, text, isDefault, description }) => (
        <div key={name} title={description}>
          <dt>{name}</dt>
          <dd class={isDefault ? 'quiet' : ''}>
            {text === '' ? 'empty' : <span class="pair-value">{text}</span>}
            {isDefault && ' default'}
          </dd>
        </div>
      ))}
    </Facts>
  );
}

function Ports({ title, graph, ports }: { title: string; graph: ModelGraph; ports: readonly Port[] }): VNode | null {
  if (ports.length === 0) return null;
  return (
    <Facts title={title}>
      {ports.map(({ value, role, description }, at) => {
        const { name, dtype, kind, ...shaped } = graph.values[value]!;
        const maker = title === 'Inputs' && kind === 'computed' ? graph.nodes.find(({ outputs }) => outputs.includes(value)) : undefined;
        return (
          <div key={at} title={description}>
            <dt>{role}</dt>
            <dd>
              <span class="pair-name" title={name}>
                <Name text={name} />
              </span>
              {shapeText(shaped)} <span class="quiet">{dtype}</span>
              {maker && (
                <span class="pair-maker quiet">
                  <span>from</span> <Name text={splitLabel(maker).name} />
                </span>
              )}
            </dd>
          </div>
        );
      })}
    </Facts>
  );
}
