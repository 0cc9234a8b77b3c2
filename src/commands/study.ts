import * as vscode from 'vscode';
import type { Services } from '../host/services';
import type { ModelSession } from '../host/modelSession';
import { UnitscopeError } from '../protocol/errors';
import type { DatasetSource } from '../protocol/dataset';
import { deviceChoices, type DeviceChoice } from '../protocol/scan';
import { choosePreprocessing } from './preprocessing';
import { registerCommand } from './register';
import { sessionOf, type Target } from './target';

/** Commands on the choices that a study is made of: images, device, preprocessing. */
export function registerStudyCommands(services: Services): vscode.Disposable {
  const { sessions, log } = services;
  return vscode.Disposable.from(
    registerCommand('chooseImages', log, async (target?: Target) => {
      await chooseImages(services, sessionOf(sessions, target));
    }),
    registerCommand('chooseDevice', log, async (target?: Target) => chooseDevice(services, sessionOf(sessions, target))),
    registerCommand('choosePreprocessing', log, async (target?: Target) =>
      choosePreprocessing(services, sessionOf(sessions, target)),
    ),
  );
}

/** Whether the workspace is trusted; where it is not, says so and offers the way to change that. */
export async function ensureTrust(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = 'Manage Workspace Trust';
  const choice = await vscode.window.showWarningMessage(
    'Running a model needs a trusted workspace. In Restricted Mode Unitscope only shows it.',
    manage,
  );
  if (choice === manage) await vscode.commands.executeCommand('workbench.trust.manage');
  return vscode.workspace.isTrusted;
}

/** Whether images are chosen that the model can be shown; asks for them where they are not. */
export async function ensureImages(services: Services, session: ModelSession): Promise<boolean> {
  const image = session.summary?.image;
  if (image && 'problem' in image) throw new UnitscopeError('model.unsupported', image.problem);
  return session.datasetSource !== undefined || (await chooseImages(services, session));
}

type ImagesItem = vscode.QuickPickItem & { source?: DatasetSource };

async function chooseImages(services: Services, session: ModelSession): Promise<boolean> {
  const browse: ImagesItem = { label: '$(folder-opened) Folder of Images…', description: 'class folders become labels' };
  const manifest: ImagesItem = { label: '$(table) Manifest…', description: '.csv or .jsonl with a path column' };
  const sample: ImagesItem = { label: '$(beaker) Sample Images', description: 'procedural textures, shapes and scenes' };
  const recent: ImagesItem[] = services.memory.recentDatasets().map((source) => ({
    label: `$(history) ${vscode.workspace.asRelativePath(source.path)}`,
    description: source.path,
    source,
  }));
  const separator: ImagesItem = { label: 'recently used', kind: vscode.QuickPickItemKind.Separator };
  const picked = await vscode.window.showQuickPick(
    [browse, manifest, sample, ...(recent.length > 0 ? [separator, ...recent] : [])],
    { title: `Images to show to ${session.name}`, placeHolder: 'Where are the images?' },
  );
  if (!picked) return false;
  if (picked.source) await session.chooseDataset(picked.source);
  else if (picked === sample) await session.chooseDataset({ path: services.samples.images.fsPath });
  else {
    const folder = picked === browse;
    const [chosen] =
      (await vscode.window.showOpenDialog({
        title: folder ? 'Choose a Folder of Images' : 'Choose a Manifest',
        openLabel: 'Use These Images',
        canSelectFolders: folder,
        canSelectFiles: !folder,
        filters: folder ? undefined : { Manifest: ['csv', 'jsonl'] },
        defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri,
      })) ?? [];
    if (!chosen) return false;
    if (chosen.scheme !== 'file')
      throw new UnitscopeError('dataset.unreadable', `Images have to be local files, and ${chosen.toString(true)} is not one; choose a folder of this machine.`);
    await session.chooseDataset({ path: chosen.fsPath });
  }
  return session.state.dataset.state === 'ready';
}

const deviceTexts: Record<DeviceChoice, { label: string; detail: string }> = {
  auto: { label: 'Auto', detail: 'The fastest device that agrees with the CPU on one batch.' },
  cpu: { label: 'CPU', detail: 'One process a core; always available; the reference for the others.' },
  webgpu: { label: 'WebGPU', detail: 'Any modern GPU; bundled, nothing to install.' },
  cuda: { label: 'CUDA', detail: 'NVIDIA GPUs on Linux with CUDA and cuDNN installed.' },
  dml: { label: 'DirectML', detail: 'Any GPU on Windows.' },
  coreml: { label: 'CoreML', detail: 'Apple GPUs and neural engines.' },
};

async function chooseDevice({ memory }: Services, session: ModelSession): Promise<void> {
  const items = deviceChoices.map((choice) => ({
    ...deviceTexts[choice],
    description: choice === session.deviceChoice ? '(current)' : undefined,
    choice,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'Device to Run Models On',
    placeHolder: 'Remembered for this workspace',
  });
  if (picked) await memory.rememberDevice(picked.choice);
}
