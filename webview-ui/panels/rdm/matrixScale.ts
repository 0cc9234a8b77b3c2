import type { RsaResult } from '../../../src/protocol/rdm';
import type { HeatScale } from './heat';
import type { RdmView } from './view';

/** How similarities become colours: from the least there is to 1. */
export function matrixScale(view: RdmView, result: RsaResult): HeatScale {
  const values = result.matrix.filter((value) => !Number.isNaN(value));
  const low = Math.min(0.999, values.reduce((least, value) => Math.min(least, value), 1));
  return { by: 'value', colours: view.settings.value?.colours ?? 'viridis', quantiles: new Float32Array([low, 1]), range: [low, 1] };
}
