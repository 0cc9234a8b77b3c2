import type { VNode } from 'preact';
import { Name } from '../name';
import { assumedSize, costFacts, costOfBox, pathOf, subtitle, valueShape } from './describe';
import type { GraphDrawing } from './graphDrawing';
import type { GraphIndex } from './graphIndex';
import type { Placed } from './placed';

const shownValues = 4;

/** What a box is, what it takes and gives, and what that costs. */
export function BoxCard({ view, placed, index, box }: { view: GraphDrawing; placed: Placed; index: GraphIndex; box: number }): VNode {
  const one = placed.scene.boxes[box]!;
  const { graph } = index;
  const node = one.kind === 'node' ? graph.nodes[one.node]! : null;
  const cost = costOfBox(one, graph);
  const path = pathOf(index, one);
  const remark = view.remarkOn(box);
  return (
    <>
      <p class="graph-card-title">
        <Name text={one.label} />
      </p>
      <p class="quiet">{subtitle(one, index)}</p>
      {remark !== '' && <p>{remark}</p>}
      {path !== '' && path !== one.label && <p class="graph-card-name">{path}</p>}
      {node && node.name !== '' && node.name !== one.label && <p class="graph-card-name quiet">{node.name}</p>}
      {one.kind === 'value' && <Values index={index} values={[one.value]} heading="" />}
      {node && <Values index={index} values={node.inputs.filter((input) => input >= 0 && graph.values[input]!.kind !== 'initializer')} heading="in" />}
      {node && <Values index={index} values={node.inputs.filter((input) => input >= 0 && graph.values[input]!.kind === 'initializer')} heading="weights" />}
      {node && <Values index={index} values={node.outputs.filter((output) => output >= 0)} heading="out" />}
      {cost && (
        <dl class="graph-card-cost">
          {[...costFacts(cost, graph), ...view.factsOf(box)].map(({ label, text }) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

function Values({ index, values, heading }: { index: GraphIndex; values: number[]; heading: string }): VNode | null {
  if (values.length === 0) return null;
  return (
    <ul class="graph-card-values">
      {values.slice(0, shownValues).map((value, at) => (
        <li key={at}>
          <span class="quiet">{at === 0 ? heading : ''}</span>
          <span>
            {valueShape(index, value)}
            {assumedSize(index, value) !== null && <span class="quiet"> assumed {assumedSize(index, value)}</span>}
          </span>
          <span class="quiet">{index.graph.values[value]!.dtype}</span>
        </li>
      ))}
      {values.length > shownValues && (
        <li>
          <span />
          <span class="quiet">and {values.length - shownValues} more</span>
        </li>
      )}
    </ul>
  );
}
