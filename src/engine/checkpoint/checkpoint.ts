import type { CheckpointWarning } from '../../protocol/checkpoint';
import type { Files } from './files';
import type { CheckpointTensor } from './tensor';
import type { TreeItem } from './tree';

/** What a format's reader finds in a file. */
export interface Contents {
  /** For a person: "PyTorch (zip)". */
  format: string;
  tensors: CheckpointTensor[];
  tree: TreeItem;
  warnings: CheckpointWarning[];
  /** Other files that belong to it. */
  parts?: string[];
}

/** A checkpoint whose list of tensors has been read. Its files are open until `files.close()`, and again when they are read. */
export interface Checkpoint extends Contents {
  path: string;
  /** Of all its files. */
  size: number;
  files: Files;
}
