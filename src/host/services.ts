import * as vscode from 'vscode';
import type { PatchesHostContract } from '../protocol/views';
import type { RdmPanels } from '../providers/rdmPanel';
import type { RetrievalPanels } from '../providers/retrievalPanel';
import type { SessionPanels } from '../providers/sessionPanels';
import type { Checkpoints } from './checkpoints';
import type { EngineClient } from './engineClient';
import type { Memory } from './memory';
import type { Sessions } from './sessions';

/** What commands work with; made once in `extension.ts`. */
export interface Services {
  engine: EngineClient;
  sessions: Sessions;
  checkpoints: Checkpoints;
  panels: SessionPanels<PatchesHostContract>;
  rdmPanels: RdmPanels;
  retrievalPanels: RetrievalPanels;
  memory: Memory;
  log: vscode.LogOutputChannel;
  /** A folder of ours for files that belong to no workspace. */
  storage: vscode.Uri;
  samples: { model: vscode.Uri; images: vscode.Uri };
}
