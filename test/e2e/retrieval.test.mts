// Retrieval: from the palette and from an image file to results, on to the next query, regions, quality, exports.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures.mts';
import { openSample } from './helpers/rdm.mts';
import { retrievalPanel } from './helpers/retrieval.mts';

test.setTimeout(300_000); // hundreds of images through a network

test('a random stimulus, then one of its results, its region, quality and CSV', async ({ vscode, folder }) => {
  await openSample(vscode);
  await vscode.runCommand('Unitscope: Find Similar Images…');
  await vscode.pick(/Random Stimulus/);
  const panel = await retrievalPanel(vscode);
  const results = panel.locator('.result img');
  await expect(results.first()).toBeVisible({ timeout: 120_000 });
  await expect(panel.locator('.ranking-status')).toContainText('719 found');
  await expect(panel.locator('.ranking-status')).toContainText('exact');
  await expect(panel.locator('.query-picture img')).toBeVisible();
  await vscode.screenshot('retrieval');

  const before = await panel.locator('.query-name').textContent();
  await (await vscode.contextMenu(panel.locator('.result').first())).choose('Find Similar');
  await expect(panel.locator('.query-name')).not.toHaveText(before!);
  await expect(panel.locator('.ranking')).toHaveAttribute('aria-busy', 'false');

  await panel.getByRole('button', { name: 'Export' }).click();
  await panel.getByRole('menuitem', { name: /^Results as CSV/ }).click();
  const csv = join(folder, 'neighbors.csv');
  await vscode.answerFile(csv, '.*\\.csv');
  await expect.poll(() => existsSync(csv), { timeout: 30_000 }).toBe(true);
  const rows = readFileSync(csv, 'utf8').trim().split('\n');
  expect(rows[0]).toBe('rank,index,path,label,distance');
  expect(rows).toHaveLength(720);

  await panel.getByRole('tab', { name: 'Quality' }).click();
  await panel.getByText('Measure', { exact: true }).click();
  await expect(panel.locator('.quality-table tbody tr').nth(3)).toBeVisible({ timeout: 120_000 });
  await expect(panel.getByText('Cancel')).toHaveCount(0, { timeout: 120_000 });
  await vscode.screenshot('retrieval-quality');
});

test('a region that is drawn, and the regions of other images that match it', async ({ vscode }) => {
  await openSample(vscode);
  await vscode.runCommand('Unitscope: Find Similar to Region…');
  await vscode.pick(/Random Stimulus/);
  const panel = await retrievalPanel(vscode);
  const board = panel.locator('.region-board');
  await expect(board.locator('img')).toBeVisible({ timeout: 60_000 });
  await board.focus();
  await vscode.page.keyboard.press('ArrowRight');
  await expect(board.locator('.patch-box')).toBeVisible();
  await vscode.screenshot('retrieval-draw');
  await panel.getByText('Find matching regions').click();
  await expect(panel.locator('.result .patch-box').first()).toBeVisible({ timeout: 120_000 });
  await vscode.screenshot('retrieval-regions');
});
