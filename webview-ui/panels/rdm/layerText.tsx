import type { VNode } from 'preact';
import type { Layer } from '../../../src/protocol/model';
import { splitLabel } from '../../shared/format';
import type { Session } from '../../shared/session';
import { KindMark } from '../../views/kinds';
import { Name } from '../../views/name';

/** "layer1.0.relu" for a layer by its value name; the value name itself where the model has no such layer. */
export function layerText(layers: ReadonlyMap<string, Layer>, name: string): string {
  const layer = layers.get(name);
  return layer ? [...layer.group, splitLabel(layer).name].join('.') : name;
}

/** As `layerText` for each of several layers, without the modules that all of them sit in. */
export function layerTexts(layers: ReadonlyMap<string, Layer>, names: readonly string[]): string[] {
  const found = names.map((name) => layers.get(name));
  const paths = found.map((layer) => layer?.group ?? []);
  const [first = []] = paths;
  let shared = 0;
  while (names.length > 1 && shared < first.length && paths.every((path) => path[shared] === first[shared])) shared++;
  return found.map((layer, at) => (layer ? [...layer.group.slice(shared), splitLabel(layer).name].join('.') : names[at]!));
}

/** A layer's kind, name and operator, as the patches panel shows them. */
export function LayerName({ session, name, op = true }: { session: Session; name: string; op?: boolean }): VNode {
  const layer = session.layers.value.get(name);
  return (
    <span class="layer-name" title={name}>
      {layer && <KindMark kind={layer.kind} short />}
      <Name text={layerText(session.layers.value, name)} />
      {layer && op && <span class="quiet">{splitLabel(layer).op}</span>}
    </span>
  );
}
