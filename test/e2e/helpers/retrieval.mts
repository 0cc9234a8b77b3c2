// The retrieval panel in VS Code's window.
import { expect, type FrameLocator, type Locator } from '@playwright/test';
import type { Workbench } from './workbench.mts';

/** The panel, once its own page is on the screen. */
export async function retrievalPanel(vscode: Workbench): Promise<FrameLocator> {
  let panel: FrameLocator | undefined;
  await expect(async () => {
    panel = await vscode.webview({ tab: 'Retrieval · scopenet.onnx' });
    await expect(panel.getByRole('tablist', { name: 'Views' })).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 120_000 });
  return panel!;
}

/** The image of a query by its name. */
export const queryName = (panel: FrameLocator, at = 0): Locator => panel.locator('.query-name').nth(at);

export const result = (panel: FrameLocator, position: number): Locator => panel.locator(`.ranking`).first().locator(`.result[data-position="${position}"]`);

/** Waits for the answer to what is asked, with its pictures. */
export async function answered(panel: FrameLocator, found?: number | string): Promise<void> {
  const ranking = panel.locator('.ranking').first();
  await expect(ranking.locator('.result').first()).toBeVisible({ timeout: 120_000 });
  await expect(ranking).toHaveAttribute('aria-busy', 'false');
  if (found !== undefined) await expect(ranking.locator('.ranking-status')).toContainText(`${found} found`);
}

/** Chooses an image of the dataset by its name in VS Code's pickers. */
export async function stimulusByName(vscode: Workbench, path: string): Promise<void> {
  await vscode.pick(/Stimulus by Name…/);
  await vscode.quickInput.locator('input').first().fill(path);
  await vscode.pick(path);
}
