import { UnitscopeError } from '../../protocol/errors';
import type { OpenStudy } from '../study/openStudy';

/** Why a layer cannot be measured, whatever it does; null where it can. @throws model.unknownLayer */
export function shapeProblem(study: OpenStudy, layer: string): string | null {
  if (layer.startsWith('baseline:')) return null;
  try {
    study.tap(layer);
    return null;
  } catch (error) {
    if (error instanceof UnitscopeError && error.code === 'layer.failed') return error.message;
    throw error;
  }
}
