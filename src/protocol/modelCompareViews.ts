/** The contract between the extension and the page that compares two models. */
import type { CheckpointProgress } from './checkpoint';
import type { ComparedFiles } from './checkpointViews';
import type { ModelComparison, NodeDetail } from './graph';
import type { Method } from './method';

/** A node's context in the page's own menu, for the commands of `webview/context`: URI of its model, and the layer that it makes, where it makes one. */
export interface ComparedNodeContext {
  webviewSection: 'comparedNode';
  unitscopeModel: string;
  unitscopeLayer?: string;
  preventDefaultContextMenuItems: true;
}

export interface ModelCompareHostContract {
  ready: Method<null, ComparedFiles>;
  compare: Method<null, ModelComparison, CheckpointProgress>;
  /** Everything about one node of one of the two, by its place in the comparison's graph. */
  node: Method<{ file: 0 | 1; node: number }, NodeDetail>;
  /** Opens one of the two, at a layer where the node makes one. */
  open: Method<{ file: 0 | 1; layer: string | null }, null>;
  swap: Method<null, null>;
  'log.show': Method<null, null>;
}

export interface ModelCompareViewContract {
  /** The files have changed, or have been swapped: ask again. */
  'files.changed': Method<ComparedFiles, null>;
}
