import type { VNode } from 'preact';
import type { LayerKind } from '../../src/protocol/model';
import { Icon } from '../ui/icon';
import { kindLabels } from './kindLabels';
import './kinds.css';

/** A layer's kind: shape and word say it, colour only helps. */
export function KindMark({ kind, short = false }: { kind: LayerKind; short?: boolean }): VNode {
  return (
    <span class={`kind kind-${kind}`} title={short ? kindLabels[kind] : undefined}>
      <Icon name={kind} />
      <span class={short ? 'hidden' : 'kind-label'}>{kindLabels[kind]}</span>
    </span>
  );
}
