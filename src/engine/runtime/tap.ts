import { UnitscopeError } from '../../protocol/errors';
import type { Layer } from '../../protocol/model';

/** A layer as the probes see it: everything known, for one input size. */
export interface Tap {
  /** ONNX value name. */
  name: string;
  /** Names the layer and its unit axis in the store. */
  key: string;
  dtype: string;
  rank: number;
  unitAxis: number;
  units: number;
  /** Axes over which positions run, row-major; contains 0 when the layer is not batched. */
  positionAxes: number[];
  batched: boolean;
  /** Numbers of one stimulus: units times positions. */
  features: number;
  /** Rows and columns of the layer's grid: [H, W], [tokens, 1], [1, 1]. */
  grid: [number, number];
}

/**
 * @param layer with concrete dimensions but for the batch
 * @param axis overrides the inferred unit axis
 * @throws layer.failed where the shape is not known or the axis does not exist
 */
export function tapOf(layer: Layer, axis = layer.unitAxis): Tap {
  const rank = layer.shape.length;
  if (axis < (layer.batched ? 1 : 0) || axis >= rank)
    throw new UnitscopeError(
      'layer.failed',
      `Layer ${layer.name} has no unit axis ${axis}: its shape is [${layer.shape.join(', ')}]. Choose an axis from 1 to ${rank - 1}.`,
    );
  const size = (at: number): number => {
    const dim = layer.shape[at];
    if (typeof dim === 'number') return dim;
    throw new UnitscopeError(
      'layer.failed',
      `The shape of layer ${layer.name} is not known: [${layer.shape.map((d) => d ?? '?').join(', ')}].`,
    );
  };
  const positionAxes = layer.shape.map((_, i) => i).filter((i) => i !== axis && (i > 0 || !layer.batched));
  const sizes = positionAxes.map(size);
  const columns = sizes.length < 2 ? 1 : sizes.at(-1)!;
  const positions = sizes.reduce((product, n) => product * n, 1);
  return {
    name: layer.name,
    key: `${layer.name}#${axis}`,
    dtype: layer.dtype,
    rank,
    unitAxis: axis,
    units: size(axis),
    positionAxes,
    batched: layer.batched,
    features: size(axis) * positions,
    grid: [positions / columns, columns],
  };
}
