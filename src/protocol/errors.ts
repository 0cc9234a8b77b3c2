/**
 * Errors that a person reads. Every face (panel, command line, log) shows `message` as it is:
 * one sentence that says what is wrong, with which file, and what to do. Code matches on `code` only.
 */
export type ErrorCode =
  | 'model.unreadable' // the file is missing, truncated or no ONNX model
  | 'model.unsupported' // a valid model that cannot be driven by one image
  | 'model.unknownLayer'
  | 'model.failed' // ONNX Runtime refuses to load or run it
  | 'layer.failed' // one layer cannot be measured (NaN, infinite, wrong shape); the others are fine
  | 'dataset.unreadable'
  | 'dataset.empty'
  | 'image.unreadable'
  | 'preprocess.invalid'
  | 'device.unavailable'
  | 'untrusted' // Restricted Mode: models may be looked at, not run
  | 'rdm.missing' // what is asked of an RDM that has not been computed
  | 'embedding.missing' // what is asked of embeddings that have not been made
  | 'reference.unreadable' // a file that holds no RDM, or one of other stimuli
  | 'cache.failed' // results cannot be kept
  | 'worker.stopped' // a worker process of the engine died; the engine goes on
  | 'engine.stopped' // the engine process died or was restarted
  | 'cancelled'
  | 'output.failed' // results cannot be written where they are wanted
  | 'usage' // wrong arguments
  | 'internal'; // a defect of ours: the log has the stack

export class UnitscopeError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'UnitscopeError';
  }
}

export function isCancelled(error: unknown): boolean {
  return error instanceof UnitscopeError && error.code === 'cancelled';
}

/** Any thrown thing as an error for a person; unknown ones become `internal` and keep their cause. */
export function toUnitscopeError(error: unknown): UnitscopeError {
  if (error instanceof UnitscopeError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new UnitscopeError('internal', text, { cause: error });
}

export function cancelled(): UnitscopeError {
  return new UnitscopeError('cancelled', 'Cancelled.');
}
