import { useSignal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { cardPlace, type Rect } from './cardPlace';
import type { Camera } from './camera';
import './card.css';

const delay = 280;

interface HoverCardProps {
  camera: Camera;
  /** What the pointer is on. */
  about: string;
  /** Where that is, in pixels of the window; asked again whenever it may have moved. */
  rect: () => Rect;
  /** What else the place follows. */
  follows?: unknown;
  children: ComponentChildren;
}

/** Says what the pointer is on, beside it, once it rests there. */
export function HoverCard(props: HoverCardProps): VNode | null {
  const { about } = props;
  const rested = useSignal<string | null>(null);
  useEffect(() => {
    const timer = window.setTimeout(() => (rested.value = about), delay);
    return () => window.clearTimeout(timer);
  }, [about]);
  return rested.value === about ? <Card key={about} {...props} /> : null;
}

function Card({ camera, rect, follows, children }: HoverCardProps): VNode {
  const card = useRef<HTMLDivElement>(null);
  const room = camera.window.value;
  const viewport = camera.viewport.value;
  useLayoutEffect(() => {
    const { style } = card.current!;
    style.maxHeight = '';
    const place = cardPlace(room, rect(), (maxWidth) => {
      style.maxWidth = `${maxWidth}px`;
      return [card.current!.offsetWidth, card.current!.offsetHeight];
    });
    style.visibility = place ? 'visible' : 'hidden';
    if (place) Object.assign(style, { left: `${place.left}px`, top: `${place.top}px`, maxWidth: `${place.maxWidth}px`, maxHeight: `${place.maxHeight}px` });
  }, [follows, room, viewport]);
  return (
    <div ref={card} class="graph-floating graph-card" aria-hidden="true">
      {children}
    </div>
  );
}
