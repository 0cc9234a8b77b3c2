// What a person does with Unitscope in VS Code's window.
import { expect, type FrameLocator, type Locator } from '@playwright/test';
import type { Workbench } from './workbench.mts';

export const model = 'scopenet/scopenet.onnx';
export const modelTab = 'scopenet.onnx';
export const patchesTab = 'Patches · scopenet.onnx';

/** Row of a layer in the model editor, by the end of its value name. */
export const layerRow = (editor: FrameLocator, name: string): Locator => editor.locator(`.layer-row[data-key$="${name}"]`);

/** Chooses a folder of images, or a manifest, through the quick pick and VS Code's own dialog. */
export async function chooseImages(vscode: Workbench, path: string, kind: 'Folder of Images…' | 'Manifest…' = 'Folder of Images…'): Promise<void> {
  const editor = await vscode.webview({ tab: modelTab });
  await editor.locator('.choice').filter({ hasText: 'Images' }).first().click();
  await vscode.pick(new RegExp(kind));
  await expect(vscode.quickInput.locator('input').first()).toHaveValue(/\//, { timeout: 30_000 });
  await vscode.answer(path);
}

/** Right-clicks a layer and chooses from VS Code's menu. */
export async function layerMenu(vscode: Workbench, name: string, command: string): Promise<void> {
  const editor = await vscode.webview({ tab: modelTab });
  const row = layerRow(editor, name);
  await row.scrollIntoViewIfNeeded();
  await (await vscode.contextMenu(row.locator('.layer-name'))).choose(command);
}

/** Opens the sample with its images and visualizes a layer: the shortest way to patches. */
export async function samplePatches(vscode: Workbench, layer?: string): Promise<FrameLocator> {
  await vscode.runCommand('Unitscope: Open the Sample Model');
  const editor = await vscode.webview({ tab: modelTab });
  await expect(editor.locator('.choice').first()).toContainText('images', { timeout: 60_000 });
  if (layer === undefined) await editor.getByText('Visualize', { exact: true }).click();
  else await layerMenu(vscode, layer, 'Visualize Layer');
  return await vscode.webview({ tab: patchesTab });
}

/** Waits until the recording is over and what is on screen has its pictures. */
export async function recorded(panel: FrameLocator): Promise<void> {
  await expect(panel.locator('.scan-done')).toBeVisible({ timeout: 120_000 });
  await pictured(panel);
}

/** Waits until there are patches on screen. */
export async function pictured(panel: FrameLocator): Promise<void> {
  await expect(panel.locator('.unit-card .patch img').first()).toBeVisible({ timeout: 60_000 });
}
