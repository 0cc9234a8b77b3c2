import type { ComponentChildren, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { plural } from '../../shared/format';
import { Button } from '../../ui/button';
import { ProgressRing } from '../../ui/progress';
import { Banner, EmptyState } from '../notice';
import type { GraphDrawing } from './graphDrawing';
import { Minimap } from './minimap';
import { Surface } from './surface';
import { ZoomButtons } from './zoomButtons';
import './window.css';

interface GraphWindowProps {
  view: GraphDrawing;
  /** What can be done where the graph cannot be shown. */
  actions?: ComponentChildren;
}

/** The drawing with what floats over it; before there is one, why not. */
export function GraphWindow({ view, actions }: GraphWindowProps): VNode {
  useEffect(() => {
    const measure = (): void => void (view.camera.ratio.value = window.devicePixelRatio);
    window.addEventListener('resize', measure);
    return () => window.removeEventListener('resize', measure);
  }, [view]);
  return (
    <div class="graph-window">
      {view.placed.value ? (
        <>
          <Surface view={view} />
          <div class="graph-corner">
            <Minimap view={view} />
            <ZoomButtons view={view} />
          </div>
          {view.layout.value.state === 'busy' && <Busy text="Laying out…" small />}
          {view.layout.value.state === 'error' && (
            <p class="graph-floating graph-busy" role="alert">
              {view.layout.value.message}
            </p>
          )}
        </>
      ) : (
        <NoDrawing view={view} actions={actions} />
      )}
    </div>
  );
}

function Busy({ text, small = false }: { text: string; small?: boolean }): VNode {
  return (
    <div class={small ? 'graph-floating graph-busy' : 'loading'} role="status">
      <ProgressRing />
      <span>{text}</span>
    </div>
  );
}

function NoDrawing({ view, actions }: Pick<GraphWindowProps, 'view' | 'actions'>): VNode {
  const graph = view.graph.value;
  const layout = view.layout.value;
  const failure = graph.state === 'error' ? graph.message : layout.state === 'error' ? layout.message : null;
  if (failure !== null)
    return (
      <EmptyState tone="error" icon="error" title="The graph cannot be shown" actions={actions}>
        {failure}
      </EmptyState>
    );
  return <Busy text={graph.state === 'ready' ? 'Laying out the graph…' : 'Reading the graph…'} />;
}

interface QuestionProps {
  question: { boxes: number } | null;
  answer: (yes: boolean) => void;
}

/** Opening very much asks first. */
export function Question({ question, answer }: QuestionProps): VNode | null {
  if (!question) return null;
  return (
    <Banner
      tone="info"
      actions={
        <>
          <Button kind="primary" onPress={() => answer(true)}>
            Open Anyway
          </Button>
          <Button onPress={() => answer(false)}>Cancel</Button>
        </>
      }
    >
      That would draw {plural(question.boxes, 'node')}. It works, but it is hard to read.
    </Banner>
  );
}
