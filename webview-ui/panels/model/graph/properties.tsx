import type { VNode } from 'preact';
import type { NodeDetail } from '../../../../src/protocol/graph';
import { plural } from '../../../shared/format';
import { useResource } from '../../../shared/resource';
import { Button, IconButton, LinkButton } from '../../../ui/button';
import { KindMark } from '../../../views/kinds';
import { Name } from '../../../views/name';
import { costFacts, costOfBox, operatorText, pathOf, subtitle } from '../../../views/graph/describe';
import { copiesOf } from '../../../views/graph/expansion';
import type { GraphIndex } from '../../../views/graph/graphIndex';
import type { GraphView } from './graphView';
import { Markdown } from './markdown';
import type { Placed } from '../../../views/graph/placed';
import { NodePorts } from './ports';
import { Section } from './section';
import { Tensor, Tensors } from './tensors';
import './properties.css';

/** All about what is selected. */
export function Properties({ view }: { view: GraphView }): VNode {
  const placed = view.placed.value;
  const index = view.index.value;
  const box = view.selectedBox.value;
  const one = placed && box !== null ? placed.scene.boxes[box] : undefined;
  const tensors = view.picked.value;
  return (
    <aside class="graph-properties" aria-label="Properties">
      <header class="properties-head">
        <div class="properties-title">
          <h2>{one ? <Name text={one.label} /> : index && tensors.length > 0 ? tensorTitle(index, tensors) : 'Properties'}</h2>
          {tensors.length > 0 && <p class="quiet">{tensors.length === 1 ? 'Tensor' : plural(tensors.length, 'tensor')}</p>}
          {one && index && <p class="quiet">{one.kind === 'node' ? operatorText(index.graph.nodes[one.node]!) : subtitle(one, index)}</p>}
        </div>
        <IconButton icon="close" label="Close properties" onPress={() => (view.properties.value = false)} />
      </header>
      {placed && index && tensors.length > 0 ? (
        <Tensors view={view} index={index} values={tensors} />
      ) : !placed || !index || box === null || !one ? (
        <p class="properties-none quiet">Select a node to see its attributes, inputs, outputs, weights and documentation; an edge to see what flows along it.</p>
      ) : one.kind === 'node' ? (
        <NodeProperties view={view} index={index} node={one.node} box={box} />
      ) : (
        <BoxProperties view={view} placed={placed} index={index} box={box} />
      )}
    </aside>
  );
}

function tensorTitle(index: GraphIndex, tensors: readonly number[]): VNode | string {
  return tensors.length === 1 ? <Name text={index.graph.values[tensors[0]!]!.name} /> : 'Edge';
}

function Costs({ view, index, facts, box }: { view: GraphView; index: GraphIndex; facts: Parameters<typeof costFacts>[0]; box: number }): VNode {
  return (
    <dl class="properties-facts">
      {[...costFacts(facts, index.graph), ...view.overlayFactsOf(box).map((fact) => ({ ...fact, title: '' }))].map(({ label, text, title }) => (
        <div key={label} title={title}>
          <dt>{label}</dt>
          <dd class={text.startsWith('not ') ? 'quiet' : ''}>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function BoxProperties({ view, placed, index, box }: { view: GraphView; placed: Placed; index: GraphIndex; box: number }): VNode {
  const one = placed.scene.boxes[box]!;
  const cost = costOfBox(one, index.graph);
  const copies = copiesOf(index, placed.scene, one).length;
  const path = pathOf(index, one);
  return (
    <div class="properties-body">
      {path !== '' && <p class="properties-path quiet">{path}</p>}
      {one.openable && (
        <p class="properties-actions">
          <Button onPress={() => view.toggle(box)}>{one.open ? 'Close' : 'Open'}</Button>
          {copies > 1 && <Button onPress={() => view.toggle(box, true)}>{`${one.open ? 'Close' : 'Open'} all ${copies} alike`}</Button>}
        </p>
      )}
      {cost && <Costs view={view} index={index} facts={cost} box={box} />}
      {one.kind === 'value' && <Tensor view={view} index={index} value={one.value} />}
      {one.kind === 'scope' && <Operators index={index} scope={one.scope} />}
    </div>
  );
}

/** How many of each operator are in a module. */
function Operators({ index, scope }: { index: GraphIndex; scope: number }): VNode {
  const counts = new Map<string, { count: number; node: number }>();
  for (const node of index.nodesIn(scope)) {
    const { op } = index.graph.nodes[node]!;
    counts.set(op, { count: (counts.get(op)?.count ?? 0) + 1, node });
  }
  return (
    <Section title="Operators">
      <ul class="properties-operators">
        {[...counts]
          .sort(([, a], [, b]) => b.count - a.count)
          .map(([op, { count, node }]) => (
            <li key={op}>
              <KindMark kind={index.graph.nodes[node]!.kind} short />
              <span>{op}</span>
              <span class="quiet">{count}</span>
            </li>
          ))}
      </ul>
    </Section>
  );
}

function NodeProperties({ view, index, node, box }: { view: GraphView; index: GraphIndex; node: number; box: number }): VNode {
  const { graph } = index;
  const one = graph.nodes[node]!;
  const detail = useResource<NodeDetail>(`${index.serial} ${node}`, 0, (signal) => view.client.call('node', { node }, { signal }));
  const { value, error } = detail.value;
  const shown = view.placed.value?.scene.boxes[box];
  const path = shown ? pathOf(index, shown) : '';
  const state = view.session.summary.value;
  const canRun = one.layer !== null && state.state === 'ready' && 'input' in state.value.image;
  return (
    <div class="properties-body">
      {path !== '' && <p class="properties-path">{path}</p>}
      {one.name !== '' && <p class="properties-path quiet">{one.name}</p>}
      {(canRun || one.bodies.length > 0) && (
        <p class="properties-actions">
          {canRun && (
            <Button icon="eye" onPress={() => view.activate(box)}>
              Visualize Layer
            </Button>
          )}
          {one.bodies.length > 0 && <Button onPress={() => view.toggle(box)}>{shown?.open ? 'Close' : 'Open'}</Button>}
        </p>
      )}
      <Costs view={view} index={index} facts={one.cost} box={box} />
      {error && <p class="properties-error">{error.message}</p>}
      {value && <Attributes detail={value} />}
      <NodePorts view={view} index={index} node={node} detail={value} />
      {value && <About view={view} detail={value} />}
    </div>
  );
}

function Attributes({ detail: { attributes } }: { detail: NodeDetail }): VNode | null {
  if (attributes.length === 0) return null;
  return (
    <Section title="Attributes">
      <dl class="properties-attributes">
        {attributes.map(({ name, type, text, isDefault, description }) => (
          <div key={name} title={[`${name} (${type})`, description].filter(Boolean).join('\n')} class={isDefault ? 'attribute-default' : ''}>
            <dt>{name}</dt>
            <dd>
              {text === '' ? <span class="quiet">empty</span> : text}
              {isDefault && <span class="quiet"> default</span>}
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

/** Where the node comes from and what its operator does. */
function About({ view, detail }: { view: GraphView; detail: NodeDetail }): VNode {
  const { metadata, docString, documentation, source } = detail;
  const entries = Object.entries(metadata);
  return (
    <>
      {source.length > 0 && (
        <Section title="Source">
          <ol class="properties-source">
            {source.map(({ file, line, text }, at) => (
              <li key={at}>
                <LinkButton onPress={() => view.client.notify('source.open', { file, line })} title={`Open ${file} at line ${line}`}>
                  {file.replace(/^.*[/\\]/, '')}:{line}
                </LinkButton>
                {text !== '' && <code>{text}</code>}
              </li>
            ))}
          </ol>
        </Section>
      )}
      {docString !== '' && (
        <Section title="Note">
          <p class="properties-note">{docString}</p>
        </Section>
      )}
      {entries.length > 0 && (
        <Section title={`Metadata (${plural(entries.length, 'entry', 'entries')})`} open={false}>
          <dl class="properties-attributes">
            {entries.map(([key, text]) => (
              <div key={key}>
                <dt>{key}</dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </Section>
      )}
      <Section title="Operator">
        {documentation ? (
          <>
            <p class="quiet properties-since">
              {documentation.domain === '' ? documentation.op : `${documentation.domain}.${documentation.op}`}, version {documentation.since}
              {documentation.deprecated && ', deprecated'}
            </p>
            <Markdown text={documentation.text} />
          </>
        ) : (
          <p class="quiet">No documentation of this operator comes with Unitscope.</p>
        )}
      </Section>
    </>
  );
}
