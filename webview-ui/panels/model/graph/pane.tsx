import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useFindKey } from '../../../shared/findKey';
import { formatCount, plural } from '../../../shared/format';
import { Button, LinkButton } from '../../../ui/button';
import { Divider } from '../divider';
import { costFacts } from '../../../views/graph/describe';
import type { GraphView } from './graphView';
import { Legend } from './legend';
import { Properties } from './properties';
import { GraphToolbar } from './toolbar';
import { GraphWindow, Question } from '../../../views/graph/window';
import './graph.css';

/** The graph with its tools. `aside`: what stands at the right of the toolbar. */
export function GraphPane({ view, aside }: { view: GraphView; aside: ComponentChildren }): VNode {
  const pane = useRef<HTMLElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    view.shown.value = true;
    return () => (view.shown.value = false);
  }, [view]);
  // While the list is there, a key that the graph does not have the focus for is the list's.
  useFindKey(search, () => pane.current!.contains(document.activeElement) || !document.querySelector('.list-search'));

  const drawn = view.placed.value !== null;
  return (
    <section ref={pane} class={`graph${view.properties.value ? ' graph-with-properties' : ''}`} aria-label="Graph" style={{ '--properties': String(view.propertiesShare.value) }}>
      <div class="graph-head">
        <GraphToolbar view={view} search={search} />
        {aside}
      </div>
      <Question question={view.question.value} answer={(yes) => view.answer(yes)} />
      <div class="graph-body">
        <div class="graph-main">
          {drawn && <Legend view={view} />}
          <GraphWindow view={view} actions={<ReloadActions view={view} />} />
          <Totals view={view} />
        </div>
        {view.properties.value && drawn && (
          <>
            <Divider
              label="Width of the properties"
              share={1 - view.propertiesShare.value}
              least={0.35}
              most={0.85}
              onMove={(share) => (view.propertiesShare.value = 1 - share)}
              class="properties-divider"
            />
            <Properties view={view} />
          </>
        )}
      </div>
    </section>
  );
}

/** What is done about a graph that cannot be shown. */
function ReloadActions({ view }: { view: GraphView }): VNode {
  return (
    <>
      <Button kind="primary" onPress={() => view.session.act('model.reload')}>
        Reload
      </Button>
      <LinkButton onPress={() => view.session.act('log.show')}>Show log</LinkButton>
    </>
  );
}

/** What the whole model takes, and what was assumed to know it. */
function Totals({ view }: { view: GraphView }): VNode | null {
  const index = view.index.value;
  const placed = view.placed.value;
  if (!index || !placed) return null;
  const { total, assumed, nodes } = index.graph;
  const shown = placed.scene.boxes.filter(({ open, kind }) => kind === 'node' || (!open && kind !== 'value')).length;
  if (nodes.length === 0)
    return (
      <footer class="graph-totals">
        <span>The graph computes nothing: it has no nodes.</span>
      </footer>
    );
  return (
    <footer class="graph-totals">
      <span>{shown >= nodes.length ? plural(nodes.length, 'node') : `${formatCount(shown)} boxes for ${plural(nodes.length, 'node')}`}</span>
      {costFacts(total, index.graph).map(({ label, text, title }) => (
        <span key={label} title={title}>
          {label} <strong>{text}</strong>
        </span>
      ))}
      {assumed.map(({ input, shape }) => (
        <span key={input} class="quiet" title="The file leaves sizes open; shapes and costs are of these">
          for {input} of {shape.join(' × ')}
        </span>
      ))}
    </footer>
  );
}
