// The main job: open a model, choose images, Visualize Layer, see patches; then look inside a unit.
import { join } from 'node:path';
import { expect, test } from './fixtures.mts';
import { chooseImages, layerMenu, layerRow, model, modelTab, patchesTab, pictured, recorded, samplePatches } from './helpers/unitscope.mts';

test('open a model, choose images, Visualize Layer, see what drives every unit', async ({ vscode, folder }) => {
  await vscode.openFile(model);
  const editor = await vscode.webview({ tab: modelTab });
  await expect(editor.locator('h1')).toHaveText('scopenet.onnx');
  await expect(editor.locator('.first-step')).toContainText('Show it some images');
  await vscode.screenshot('model-opened');

  await chooseImages(vscode, join(folder, 'images'));
  await expect(editor.locator('.choice').first()).toContainText(/720 images · 16 classes/);
  await expect(editor.locator('.choice').nth(1)).toContainText('96 × 96');

  await layerMenu(vscode, '/layer1/relu2/Relu_output_0', 'Visualize Layer');
  const panel = await vscode.webview({ tab: patchesTab });
  await pictured(panel);
  await recorded(panel);
  await expect(panel.locator('.unit-card')).not.toHaveCount(0);
  await expect(panel.locator('.unit-card').first().locator('.patch img')).toHaveCount(9);
  await expect(panel.locator('.layer-facts')).toContainText('24 units');
  await expect(layerRow(editor, '/layer1/relu2/Relu_output_0')).toHaveAttribute('aria-selected', 'true');
  await vscode.screenshot('patches');

  // The next layer is there at once: all were recorded in one pass.
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Visualize Layer');
  await expect(panel.locator('.layer-facts')).toContainText('40 units');
  await pictured(panel);
  await expect(panel.locator('.scan-running')).toHaveCount(0);
  await vscode.screenshot('patches-top');
});

test('a unit opens with its stimuli, its scores and its classes, and a stimulus opens its image', async ({ vscode }) => {
  const panel = await samplePatches(vscode, '/layer2/relu2/Relu_output_0');
  await recorded(panel);
  await panel.locator('.unit-card').nth(2).click();
  await expect(panel.getByRole('heading', { name: /^Unit 2 / })).toBeVisible();
  await expect(panel.locator('.stimulus img').first()).toBeVisible();
  await expect(panel.locator('.stimulus .patch-box').first()).toBeVisible();
  await expect(panel.locator('.histogram canvas')).toBeVisible();
  await vscode.screenshot('unit');
  await panel.getByText('Show all 50').click();
  await expect(panel.locator('.stimulus')).toHaveCount(50);
  await panel.locator('.stimulus').last().scrollIntoViewIfNeeded();
  await expect(panel.locator('.stimulus').last().locator('img')).toBeVisible();
  const first = panel.locator('.stimulus').first();
  const path = (await first.getAttribute('title'))!.split('\n')[0]!;
  await first.click();
  await expect(vscode.tab(path.split('/').at(-1)!)).toBeVisible();
  await vscode.screenshot('stimulus-opened');
});

test('units are ordered, filtered and resized, and all of it survives hiding and reloading', async ({ vscode }) => {
  const panel = await samplePatches(vscode, '/top/relu/Relu_output_0');
  await recorded(panel);
  await panel.getByLabel('Order of units').selectOption('selectivity');
  await panel.getByLabel('Patches a unit').fill('4');
  await expect(panel.locator('.unit-card').first().locator('.patch')).toHaveCount(4);
  await expect(panel.getByRole('grid', { name: 'Units' })).toHaveAttribute('aria-busy', 'false'); // the new order is there
  const first = await panel.locator('.unit-number').first().textContent();
  await panel.locator('.unit-card').nth(1).click();
  const unit = await panel.getByRole('heading', { level: 2 }).textContent();
  // Hidden behind another tab of its group, and shown again.
  await vscode.tab(patchesTab).click();
  await vscode.openFile(join(vscode.folder, 'scopenet', 'labels.txt'), { editor: 'text' });
  const again = await vscode.webview({ tab: patchesTab });
  await expect(again.getByRole('heading', { level: 2 })).toHaveText(unit!);
  await vscode.page.reload();
  const reloaded = await vscode.webview({ tab: patchesTab });
  await expect(reloaded.getByRole('heading', { level: 2 })).toHaveText(unit!, { timeout: 60_000 });
  await vscode.page.keyboard.press('Escape');
  await reloaded.getByLabel(/^Back|^Close/).first().click({ timeout: 2000 }).catch(() => undefined); // narrow panels have a page of their own for a unit
  await expect(reloaded.getByLabel('Order of units')).toHaveValue('selectivity');
  await expect(reloaded.getByLabel('Patches a unit')).toHaveValue('4');
  await expect(reloaded.locator('.unit-number').first()).toHaveText(first!);
});

test('layers are searched and walked with the keyboard, and their menu opens with the menu key', async ({ vscode }) => {
  await vscode.openFile(model);
  const editor = await vscode.webview({ tab: modelTab });
  await editor.locator('.layer-row').first().click();
  await vscode.page.keyboard.press('/');
  await vscode.page.keyboard.type('fire expand3x3');
  await expect(editor.locator('.list-count')).toContainText(/^\d of \d+ layers/);
  await vscode.page.keyboard.press('ArrowDown');
  await vscode.page.keyboard.press('End');
  const focused = editor.locator('[role="row"][tabindex="0"]');
  await expect(focused).toHaveAttribute('data-key', /expand3x3/);
  await vscode.page.keyboard.press('ContextMenu');
  const menu = vscode.page.locator('.context-view .monaco-menu');
  await expect(menu).toBeVisible();
  await expect(menu.locator('.action-label').filter({ hasText: /\S/ })).toHaveText(['Visualize Layer', 'Show Weights', 'Compute RDM', 'Compare Layers', 'Choose Unit Axis…', 'Copy Name', 'Copy as Python']);
  await vscode.screenshot('layer-menu');
  await vscode.page.keyboard.press('Escape');
});

test('the same layers stand in the side bar, with the same menu', async ({ vscode }) => {
  await vscode.openFile(model);
  await vscode.page.locator('.activitybar').getByRole('tab', { name: 'Unitscope' }).click();
  const group = vscode.treeItem(/^layer2/);
  await expect(group).toBeVisible();
  await group.click();
  const layer = vscode.treeItem(/relu2/).first();
  await layer.click();
  const editor = await vscode.webview({ tab: modelTab });
  await expect(layerRow(editor, '/layer2/relu2/Relu_output_0')).toHaveAttribute('aria-selected', 'true');
  await expect(layerRow(editor, '/layer2/relu2/Relu_output_0')).toBeInViewport();
  const menu = await vscode.contextMenu(layer);
  expect(await menu.labels()).toEqual(['Visualize Layer', 'Show Weights', 'Compute RDM', 'Compare Layers', 'Choose Unit Axis…', 'Copy Name', 'Copy as Python']);
  await vscode.screenshot('side-bar');
});
