import type { VNode } from 'preact';
import type { Layer } from '../../../src/protocol/model';
import { splitLabel } from '../../shared/format';
import type { Session } from '../../shared/session';
import { PickButton } from '../../ui/pickButton';
import { KindMark } from '../../views/kinds';
import { Name } from '../../views/name';
import { LayerChoice } from '../patches/layerPicker';

/** Chooses a layer by search. */
export function LayerPick({
  session,
  label,
  layer,
  placeholder = 'Choose a layer',
  onPick,
}: {
  session: Session;
  label: string;
  layer: Layer | null;
  placeholder?: string;
  onPick: (name: string) => void;
}): VNode {
  return (
    <PickButton
      label={label}
      title={layer?.name}
      class="layer-pick"
      text={
        layer ? (
          <span class="layer-entry">
            <KindMark kind={layer.kind} short />
            <Name text={[...layer.group, splitLabel(layer).name].join('.')} />
            <span class="quiet">{splitLabel(layer).op}</span>
          </span>
        ) : (
          <span class="quiet">{placeholder}</span>
        )
      }
      panel={(close) => (
        <LayerChoice
          layers={[...session.layers.value.values()]}
          chosen={layer?.name ?? ''}
          onPick={(name) => {
            close();
            onPick(name);
          }}
        />
      )}
    />
  );
}
