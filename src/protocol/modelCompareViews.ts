/** The contract between the extension and the page that compares two models. */
import type { CheckpointProgress } from './checkpoint';
import type { ComparedFiles } from './checkpointViews';
import type { ModelComparison } from './graph';
import type { Method } from './method';

export interface ModelCompareHostContract {
  ready: Method<null, ComparedFiles>;
  compare: Method<null, ModelComparison, CheckpointProgress>;
  /** Opens one of the two, at a layer where the node makes one. */
  open: Method<{ file: 0 | 1; layer: string | null }, null>;
  swap: Method<null, null>;
  'log.show': Method<null, null>;
}

export interface ModelCompareViewContract {
  /** The files have changed, or have been swapped: ask again. */
  'files.changed': Method<ComparedFiles, null>;
}
