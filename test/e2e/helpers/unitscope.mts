// What a person does with Unitscope in VS Code's window.
import { expect, type FrameLocator, type Locator } from '@playwright/test';
import type { Workbench } from './workbench.mts';

export const model = 'scopenet/scopenet.onnx';
export const modelTab = 'scopenet.onnx';
export const patchesTab = 'Patches · scopenet.onnx';

/** Row of a layer in the model editor, by the end of its value name. */
export const layerRow = (editor: FrameLocator, name: string): Locator => editor.locator(`.layer-row[data-key$="${name}"]`);

/** Chooses a folder of images through the quick pick and VS Code's own dialog. */
export async function chooseImages(vscode: Workbench, folder: string, tab = modelTab): Promise<void> {
  const editor = await vscode.webview({ tab });
  await editor.locator('.choice').filter({ hasText: 'Images' }).first().click();
  await vscode.pick(/Folder of Images…/);
  await vscode.answerFolder(folder, 'Use These Images');
}

/** Chooses a manifest through the quick pick and VS Code's own dialog. */
export async function chooseManifest(vscode: Workbench, file: string, tab = modelTab): Promise<void> {
  const editor = await vscode.webview({ tab });
  await editor.locator('.choice').filter({ hasText: 'Images' }).first().click();
  await vscode.pick(/Manifest…/);
  await vscode.answerOpen(file);
  await expect(editor.locator('.choice').first()).toContainText(file.replace(/^.*\//, ''), { timeout: 60_000 });
}

/** Scrolls to a layer: rows far from the screen are not in the page. */
export async function findLayer(editor: FrameLocator, name: string): Promise<Locator> {
  const row = layerRow(editor, name);
  await expect(editor.locator('.layer-row').first()).toBeVisible();
  await expect(async () => {
    if ((await row.count()) === 0)
      await editor.locator('.page').evaluate((page) => {
        const end = page.scrollTop + page.clientHeight >= page.scrollHeight;
        page.scrollTop = end ? 0 : page.scrollTop + page.clientHeight / 2;
      });
    await expect(row).toBeAttached({ timeout: 300 });
  }).toPass({ timeout: 30_000 });
  await row.scrollIntoViewIfNeeded();
  return row;
}

/** Right-clicks a layer and chooses from VS Code's menu. */
export async function layerMenu(vscode: Workbench, name: string, command: string, tab = modelTab): Promise<void> {
  const editor = await vscode.webview({ tab });
  const row = await findLayer(editor, name);
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
