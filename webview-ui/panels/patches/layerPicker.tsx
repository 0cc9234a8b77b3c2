import { useComputed, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Layer } from '../../../src/protocol/model';
import { formatLayerShape, splitLabel } from '../../shared/format';
import type { Session } from '../../shared/session';
import { IconButton } from '../../ui/button';
import { PickButton } from '../../ui/pickButton';
import type { PickEntry } from '../../ui/options';
import { PickList } from '../../ui/pickList';
import { KindMark } from '../../views/kinds';
import { Marked, Name } from '../../views/name';
import { matchesLayer, searchWords } from '../../views/search';

/** Chooses the layer, by search or one after the other. */
export function LayerPicker({ session, layer }: { session: Session; layer: Layer }): VNode {
  const layers = [...session.layers.value.values()];
  const steps = layers.filter(({ primary, name }) => primary || name === layer.name);
  const at = steps.indexOf(layer);
  const step = (by: number): void => {
    const next = steps[at + by];
    if (next) session.select(next.name);
  };
  const { name, op } = splitLabel(layer);
  return (
    <div class="layer-picker">
      <PickButton
        label="Layer"
        title={layer.name}
        class="layer-picker-button"
        text={
          <span class="layer-entry">
            <KindMark kind={layer.kind} short />
            <Name text={[...layer.group, name].join('.')} />
            <span class="quiet">{op}</span>
          </span>
        }
        panel={(close) => (
          <LayerChoice
            layers={layers}
            chosen={layer.name}
            onPick={(picked) => {
              close();
              session.select(picked);
            }}
          />
        )}
      />
      <IconButton icon="chevron-left" label="Previous layer" disabled={at <= 0} onPress={() => step(-1)} />
      <IconButton
        icon="chevron-right"
        label="Next layer"
        disabled={at < 0 || at >= steps.length - 1}
        onPress={() => step(1)}
      />
    </div>
  );
}

export function LayerChoice({
  layers,
  chosen,
  onPick,
}: {
  layers: Layer[];
  chosen: string;
  onPick: (name: string) => void;
}): VNode {
  const search = useSignal('');
  const entries = useComputed(() => {
    const words = searchWords(search.value);
    const list: PickEntry[] = [];
    let group = '';
    for (const layer of layers) {
      if (!matchesLayer(layer, words)) continue;
      const path = layer.group.join('.');
      if (path !== group && path !== '')
        list.push({
          key: `group ${path} ${list.length}`,
          heading: true,
          content: <Marked text={path} words={words} />,
        });
      group = path;
      const { name, op } = splitLabel(layer);
      list.push({
        key: layer.name,
        title: layer.name,
        content: (
          <span class={`layer-entry${layer.primary ? '' : ' quiet'}`}>
            <KindMark kind={layer.kind} short />
            <Name text={name} words={words} />
            <span class="quiet">
              <Marked text={op} words={words} />
            </span>
            <span class="layer-entry-shape quiet">{formatLayerShape(layer)}</span>
          </span>
        ),
      });
    }
    return list;
  });
  return (
    <PickList
      label="Search layers"
      search={search.value}
      onSearch={(text) => (search.value = text)}
      entries={entries.value}
      selected={new Set([chosen])}
      onPick={onPick}
      empty="No layer matches."
    />
  );
}
