import type { Layer } from '../../src/protocol/model';

/** The layer to begin with where none was chosen: the deepest that still looks at parts of the image shows the most. */
export function firstLook(layers: readonly Layer[]): Layer | undefined {
  const primary = layers.filter((layer) => layer.primary);
  const local = primary.filter(({ positionAxes, receptiveField }) => positionAxes.length > 0 && receptiveField && receptiveField.kind !== 'global');
  return local.at(-1) ?? primary[0];
}
