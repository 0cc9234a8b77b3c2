import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { formatCount, plural } from '../../../shared/format';
import { Button, LinkButton } from '../../../ui/button';
import { ProgressRing } from '../../../ui/progress';
import { Banner, EmptyState } from '../../../views/notice';
import { Divider } from '../divider';
import { costFacts } from './describe';
import type { GraphView } from './graphView';
import { Legend } from './legend';
import { Minimap } from './minimap';
import { Properties } from './properties';
import { Surface } from './surface';
import { GraphToolbar, ZoomButtons } from './toolbar';
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
  useEffect(() => {
    const find = (event: KeyboardEvent): void => {
      const here = pane.current!.contains(document.activeElement) || !document.querySelector('.list-search');
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !(event.target instanceof HTMLInputElement);
      if (!here || !(slash || (event.key === 'f' && (event.ctrlKey || event.metaKey)))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      search.current?.focus();
      search.current?.select();
    };
    document.addEventListener('keydown', find, true);
    return () => document.removeEventListener('keydown', find, true);
  }, []);
  useEffect(() => {
    const measure = (): void => void (view.camera.ratio.value = window.devicePixelRatio);
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, [view]);

  const drawn = view.placed.value !== null;
  return (
    <section ref={pane} class={`graph${view.properties.value ? ' graph-with-properties' : ''}`} aria-label="Graph" style={{ '--properties': String(view.propertiesShare.value) }}>
      <div class="graph-head">
        <GraphToolbar view={view} search={search} />
        {aside}
      </div>
      <Question view={view} />
      <div class="graph-body">
        <div class="graph-main">
          <div class="graph-window">
            {drawn ? (
              <>
                <Surface view={view} />
                <Legend view={view} />
                <div class="graph-corner">
                  <Minimap view={view} />
                  <ZoomButtons view={view} />
                </div>
                {view.layout.value.state === 'busy' && <Busy text="Laying out…" small />}
              </>
            ) : (
              <NoDrawing view={view} />
            )}
          </div>
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

function Busy({ text, small = false }: { text: string; small?: boolean }): VNode {
  return (
    <div class={small ? 'graph-busy' : 'loading'} role="status">
      <ProgressRing />
      <span>{text}</span>
    </div>
  );
}

/** Opening very much asks first. */
function Question({ view }: { view: GraphView }): VNode | null {
  const question = view.question.value;
  if (!question) return null;
  return (
    <Banner
      tone="info"
      actions={
        <>
          <Button kind="primary" onPress={() => view.answer(true)}>
            Open Anyway
          </Button>
          <Button onPress={() => view.answer(false)}>Cancel</Button>
        </>
      }
    >
      That would draw {plural(question.boxes, 'node')}. It works, but it is hard to read.
    </Banner>
  );
}

function NoDrawing({ view }: { view: GraphView }): VNode {
  const graph = view.graph.value;
  const layout = view.layout.value;
  const failure = graph.state === 'error' ? graph.message : layout.state === 'error' ? layout.message : null;
  if (failure !== null)
    return (
      <EmptyState
        tone="error"
        icon="error"
        title="The graph cannot be shown"
        actions={
          <>
            <Button kind="primary" onPress={() => view.session.act('model.reload')}>
              Reload
            </Button>
            <LinkButton onPress={() => view.session.act('log.show')}>Show log</LinkButton>
          </>
        }
      >
        {failure}
      </EmptyState>
    );
  return <Busy text={graph.state === 'ready' ? 'Laying out the graph…' : 'Reading the graph…'} />;
}

/** What the whole model takes, and what was assumed to know it. */
function Totals({ view }: { view: GraphView }): VNode | null {
  const index = view.index.value;
  const placed = view.placed.value;
  if (!index || !placed) return null;
  const { total, assumed, nodes } = index.graph;
  const shown = placed.scene.boxes.filter(({ open, kind }) => !open && kind !== 'value').length;
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
