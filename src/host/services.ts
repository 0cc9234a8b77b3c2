import * as vscode from 'vscode';
import type { PatchesPanels } from '../providers/patchesPanel';
import type { EngineClient } from './engineClient';
import type { Memory } from './memory';
import type { Sessions } from './sessions';

/** What commands work with; made once in `extension.ts`. */
export interface Services {
  engine: EngineClient;
  sessions: Sessions;
  panels: PatchesPanels;
  memory: Memory;
  log: vscode.LogOutputChannel;
  samples: { model: vscode.Uri; images: vscode.Uri };
}
