import { UnitscopeError } from '../../protocol/errors';

/**
 * The error of a checkpoint that cannot be read, as a sentence: which file, what is wrong, what to do.
 * @param what continues "FILE cannot be read as a checkpoint: "
 */
export function unreadable(file: string, what: string, todo = 'save or copy it again', cause?: unknown): UnitscopeError {
  return new UnitscopeError('reference.unreadable', `${file} cannot be read as a checkpoint: ${what}; ${todo}.`, { cause });
}

/** Errors of ranged reading speak of models; here they are about a checkpoint. Others stay as they are. */
export function asCheckpointError(error: unknown): unknown {
  if (error instanceof UnitscopeError && error.code === 'model.unreadable')
    return new UnitscopeError('reference.unreadable', error.message, { cause: error });
  return error;
}

/** Whether it is about data that is missing, cut off or damaged. */
export function isUnreadable(error: unknown): error is UnitscopeError {
  return error instanceof UnitscopeError && (error.code === 'model.unreadable' || error.code === 'reference.unreadable');
}

/** A text of a file in a message: of bounded length, without control characters. */
export function shown(text: string, most = 120): string {
  const clean = text.slice(0, most).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '·');
  return text.length > most ? `${clean}…` : clean;
}
