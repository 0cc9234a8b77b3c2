// The RDM panel in VS Code's window.
import { expect, type FrameLocator, type Locator } from '@playwright/test';
import { modelTab } from './unitscope.mts';
import type { Workbench } from './workbench.mts';

export async function openSample(vscode: Workbench): Promise<FrameLocator> {
  await vscode.runCommand('Unitscope: Open the Sample Model');
  const editor = await vscode.webview({ tab: modelTab });
  await expect(editor.locator('.choice').first()).toContainText('images', { timeout: 60_000 });
  return editor;
}

/** The panel, once its own page is on the screen: while it opens, another page may be in its place. */
export async function rdmPanel(vscode: Workbench, model = 'scopenet.onnx'): Promise<FrameLocator> {
  let panel: FrameLocator | undefined;
  await expect(async () => {
    panel = await vscode.webview({ tab: `RDM · ${model}` });
    await expect(panel.getByRole('tablist', { name: 'Views' })).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 120_000 });
  await vscode.page.mouse.move(640, 20); // away from the tab, whose hover would cover the panel's own
  return panel!;
}

/** The heat map, once it is computed and drawn. */
export async function heatMap(panel: FrameLocator, stimuli: number): Promise<Locator> {
  const map = panel.getByRole('application', { name: new RegExp(`Dissimilarities of ${stimuli} stimuli`) });
  await expect(map).toBeVisible({ timeout: 120_000 });
  const painted = async (): Promise<number> =>
    await map.evaluate((element) => {
      const canvas = element.parentElement!.querySelector<HTMLCanvasElement>('canvas.heat-base')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set<number>();
      for (let i = 0; i < data.length; i += 4 * 97) seen.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
      return seen.size;
    });
  await expect.poll(painted, { timeout: 60_000 }).toBeGreaterThan(20);
  return map;
}
