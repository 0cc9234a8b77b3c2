import type { VNode } from 'preact';
import { plural } from '../../shared/format';
import { IconButton } from '../../ui/button';
import { EmptyState } from '../../views/notice';
import { GraphWindow, Question } from '../../views/graph/window';
import type { ComparedGraph } from './comparedGraph';
import type { ComparedGraphs } from './graphs';
import './graphs.css';

/** Both graphs side by side, in the colours of what differs. */
export function GraphsPane({ graphs }: { graphs: ComparedGraphs }): VNode {
  const [a, b] = graphs.sides;
  return (
    <section class="compared-graphs" aria-label="Graphs of both models">
      <Question question={a.question.value ?? b.question.value} answer={(yes) => graphs.answer(yes)} />
      <div class="compared-sides">
        <Side graphs={graphs} side={0} graph={a} />
        <Side graphs={graphs} side={1} graph={b} />
      </div>
    </section>
  );
}

function Side({ graphs, side, graph }: { graphs: ComparedGraphs; side: 0 | 1; graph: ComparedGraph }): VNode {
  const lead = (): void => void (graphs.leader.value = side);
  const nodes = graph.index.value?.graph.nodes.length;
  return (
    <section class="graph compared-side" aria-label={graph.name.value} onPointerDownCapture={lead} onFocusCapture={lead} onWheelCapture={lead}>
      <h2 class="compared-head" title={graph.name.value}>
        {graph.name.value} <span class="quiet">{nodes === undefined ? '' : plural(nodes, 'node')}</span>
      </h2>
      {nodes === 0 ? (
        <EmptyState icon="info" title="Nothing to draw">
          This model computes nothing: it has no nodes.
        </EmptyState>
      ) : (
        <GraphWindow view={graph} />
      )}
    </section>
  );
}

/** What is done with both graphs at once. */
export function GraphsTools({ graphs }: { graphs: ComparedGraphs }): VNode {
  const linked = graphs.linked.value;
  const horizontal = graphs.sides[0].horizontal.value;
  return (
    <span class="graph-group" role="group" aria-label="Both graphs">
      <IconButton icon="expand-all" label="Open all modules of both" onPress={() => graphs.setAll(true)} />
      <IconButton icon="collapse-all" label="Close all modules of both" onPress={() => graphs.setAll(false)} />
      <IconButton icon={horizontal ? 'flow-right' : 'flow-down'} label={horizontal ? 'Draw from top to bottom' : 'Draw from left to right'} onPress={() => graphs.turn()} />
      <IconButton icon="link" label={linked ? 'Let the graphs move apart' : 'Move and open the graphs together'} pressed={linked} onPress={() => graphs.link(!linked)} />
      <IconButton icon="fit" label="Fit both graphs (0)" onPress={() => graphs.fitAll()} />
    </span>
  );
}
