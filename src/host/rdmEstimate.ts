import * as vscode from 'vscode';
import { cancelled } from '../protocol/errors';
import type { RdmEstimate, RdmRequest } from '../protocol/rdm';
import type { Study } from '../protocol/scan';
import type { EngineClient } from './engineClient';

/** What takes longer, or more of the disk, is asked for first. */
const longSeconds = 60;
const manyBytes = 4e9;

/** Asks before RDMs are computed that take long. @throws cancelled where the user does not want it */
export async function confirmIfLong(engine: EngineClient, study: Study, request: RdmRequest): Promise<void> {
  const estimate = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: 'Unitscope: estimating' }, () =>
    engine.call('rdm.estimate', { study, request }),
  );
  if (estimate.seconds <= longSeconds && estimate.bytes <= manyBytes) return;
  const go = 'Compute';
  const choice = await vscode.window.showWarningMessage(
    describe(estimate),
    { modal: true, detail: 'Fewer layers, fewer stimuli or pooled activations take less. It can be cancelled, and goes on where it was.' },
    go,
  );
  if (choice !== go) throw cancelled();
}

function describe({ layers, stimuli, seconds, bytes }: RdmEstimate): string {
  const time = seconds < 90 ? `${Math.round(seconds)} seconds` : seconds < 5400 ? `${Math.round(seconds / 60)} minutes` : `${(seconds / 3600).toFixed(1)} hours`;
  const disk = bytes > 1e8 ? ` and ${(bytes / 1e9).toFixed(1)} GB of disk for the activations` : '';
  return `RDMs of ${layers} ${layers === 1 ? 'layer' : 'layers'} over ${stimuli.toLocaleString('en')} stimuli take about ${time}${disk}.`;
}
