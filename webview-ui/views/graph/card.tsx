import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Name } from '../name';
import { cardPlace, type Rect } from './cardPlace';
import { titleHeight } from './compound';
import { assumedSize, costFacts, costOfBox, subtitle, valueShape } from './describe';
import type { GraphDrawing } from './graphDrawing';
import type { GraphIndex } from './graphIndex';
import type { Placed } from './placed';
import './card.css';

const delay = 280;
const shownValues = 4;

interface HoverCardProps {
  view: GraphDrawing;
  placed: Placed;
  index: GraphIndex;
  box: number;
  at: readonly [number, number];
}

/** What the pointer is on, once it rests there. */
export function HoverCard(props: HoverCardProps): VNode | null {
  const { box } = props;
  const rested = useSignal(-1);
  useEffect(() => {
    const timer = window.setTimeout(() => (rested.value = box), delay);
    return () => window.clearTimeout(timer);
  }, [box]);
  return rested.value === box ? <Card key={box} {...props} /> : null;
}

function Card({ view, placed, index, box, at }: HoverCardProps): VNode {
  const card = useRef<HTMLDivElement>(null);
  const room = view.camera.window.value;
  const viewport = view.camera.viewport.value;
  useLayoutEffect(() => {
    const { style } = card.current!;
    style.maxHeight = '';
    const place = cardPlace(room, rectOf(view, placed, box, at[0]), (maxWidth) => {
      style.maxWidth = `${maxWidth}px`;
      return [card.current!.offsetWidth, card.current!.offsetHeight];
    });
    style.visibility = place ? 'visible' : 'hidden';
    if (place) Object.assign(style, { left: `${place.left}px`, top: `${place.top}px`, maxWidth: `${place.maxWidth}px`, maxHeight: `${place.maxHeight}px` });
  }, [at[0], room, viewport]);
  const one = placed.scene.boxes[box]!;
  const { graph } = index;
  const node = one.kind === 'node' ? graph.nodes[one.node]! : null;
  const cost = costOfBox(one, graph);
  const remark = view.remarkOn(box);
  return (
    <div ref={card} class="graph-floating graph-card" aria-hidden="true">
      <p class="graph-card-title">
        <Name text={one.label} />
      </p>
      <p class="quiet">{subtitle(one, index)}</p>
      {remark !== '' && <p>{remark}</p>}
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
    </div>
  );
}

/** What is pointed at, in pixels of the window: a box that is closed, or a part of an open one's title. */
function rectOf(view: GraphDrawing, { scene, x, y, width, height }: Placed, box: number, pointer: number): Rect {
  const { scale, x: dx, y: dy } = view.camera.viewport.peek()!;
  const [left, top, wide] = [x[box]! * scale + dx, y[box]! * scale + dy, width[box]! * scale];
  if (!scene.boxes[box]!.open) return [left, top, wide, height[box]! * scale];
  const from = Math.max(left, pointer - 60);
  return [from, top, Math.min(left + wide, pointer + 60) - from, titleHeight * scale];
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
