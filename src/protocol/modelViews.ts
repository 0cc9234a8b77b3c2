/** The contract between the extension and the model editor's page. */
import type { LayerSparsity, ModelGraph, NodeDetail } from './graph';
import type { Method } from './method';
import type { SessionHostContract, SessionViewContract } from './views';
import type { WeightsHostContract, WeightsViewContract } from './weightViews';

/** What a drawing of the graph is saved as. */
export type GraphPictureFormat = 'svg' | 'png';

export interface ModelHostContract extends SessionHostContract, WeightsHostContract {
  graph: Method<null, ModelGraph>;
  /** All about one node. `node`: by place in the graph. */
  node: Method<{ node: number }, NodeDetail>;
  /** How sparse activations are, of the layers that have been recorded with the images that are chosen; empty where none has been. */
  sparsity: Method<null, LayerSparsity[]>;
  /** Asks where to, and writes what the page has drawn. `data`: the bytes of the file; `scale`: pixels of the picture for one of the drawing. */
  'graph.save': Method<{ format: GraphPictureFormat; data: Uint8Array; scale: number }, null>;
  /** Opens a source file that the exporter recorded, where it exists. `line` counts from 1. */
  'source.open': Method<{ file: string; line: number }, null>;
}

export interface ModelViewContract extends SessionViewContract, WeightsViewContract {
  /** A command asks for the drawing: the page answers with `graph.save`. */
  'graph.export': Method<{ format: GraphPictureFormat }, null>;
  /** A command asks for the graph to be shown. */
  'graph.show': Method<null, null>;
}
