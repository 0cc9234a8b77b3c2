import type { Layer, ModelSummary } from '../protocol/model';

/** The summary with the unit axes that were chosen, by layer. */
export function withUnitAxes(summary: ModelSummary, unitAxes: Readonly<Record<string, number>>): ModelSummary {
  return { ...summary, layers: summary.layers.map((layer) => withUnitAxis(layer, unitAxes[layer.name])) };
}

function withUnitAxis(layer: Layer, unitAxis: number | undefined): Layer {
  if (unitAxis === undefined) return layer;
  const units = layer.shape[unitAxis];
  const positionAxes = layer.shape.map((_, axis) => axis).filter((axis) => axis !== unitAxis && (axis > 0 || !layer.batched));
  return { ...layer, unitAxis, units: typeof units === 'number' ? units : null, positionAxes };
}
