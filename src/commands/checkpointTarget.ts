import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import type { CheckpointDocument, Checkpoints } from '../host/checkpoints';

/** What menus and pages hand to a command: see `TensorMenuContext`. The palette hands nothing. */
export interface TensorTarget {
  unitscopeCheckpoint?: string;
  unitscopeTensor?: string;
}

/** The checkpoint that a command means: the one it was called on, else the active one. */
export function checkpointOf(checkpoints: Checkpoints, target: TensorTarget | undefined): CheckpointDocument {
  const document = target?.unitscopeCheckpoint ? checkpoints.find(target.unitscopeCheckpoint) : checkpoints.active;
  if (!document) throw new UnitscopeError('usage', 'Open a checkpoint first: a .pt, .safetensors, .npz, .h5 or .gguf file.');
  return document;
}

/** The tensor that a command means: the one it was called on or that is selected, else one that the user picks. Undefined: dismissed. */
export async function tensorOf(document: CheckpointDocument, target: TensorTarget | undefined): Promise<string | undefined> {
  const known = target?.unitscopeTensor ?? document.selected;
  if (known !== null) return known;
  const { names, dtypes, dtype, bytes } = document.known().tensors;
  if (names.length === 0) throw new UnitscopeError('usage', `${document.state.name} has no tensors to choose from.`);
  const items = names.map((label, at) => ({ label, description: `${dtypes[dtype[at]!]} · ${bytes[at]} bytes` }));
  return (await vscode.window.showQuickPick(items, { title: `Tensors of ${document.state.name}`, placeHolder: 'Tensor' }))?.label;
}
