// The graph beside the list: the same model, drawn; selected in one, selected in all.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator } from '@playwright/test';
import { expect, test } from './fixtures.mts';
import { findLayer, layerRow, model, modelTab, patchesTab, pictured } from './helpers/unitscope.mts';

const surface = (editor: FrameLocator) => editor.locator('.graph-surface');
const current = (editor: FrameLocator) => editor.locator('.graph-current');

test('the graph is walked, searched and opened; list, tree and graph select the same layer; a layer is visualized from it', async ({ vscode }) => {
  await vscode.runCommand('Unitscope: Open the Sample Model');
  const editor = await vscode.webview({ tab: modelTab });
  await expect(editor.locator('.choice').first()).toContainText('images', { timeout: 60_000 });
  await editor.getByRole('radio', { name: 'Graph' }).click();
  await expect(surface(editor)).toBeVisible({ timeout: 30_000 });
  await expect(editor.locator('.graph-totals')).toContainText('Multiply-adds');
  await expect(editor.locator('.layer-row')).toHaveCount(0);
  await vscode.screenshot('graph');

  // Search goes to a node, opening what it is in.
  await surface(editor).focus();
  await vscode.page.keyboard.press('/');
  await vscode.page.keyboard.type('layer2/relu2');
  await expect(editor.locator('.graph-found')).toHaveText(/^\d+$/);
  await vscode.page.keyboard.press('Enter');
  await expect(editor.locator('.graph-found')).toHaveText(/^1 of \d+$/);
  await expect(current(editor)).toHaveAttribute('aria-label', /Relu/);
  await expect(editor.locator('.properties-title')).toContainText('Relu');

  // A hit picked from the list is gone to: a weight leads to the node that uses it.
  const find = editor.getByRole('combobox', { name: /^Find name/ });
  await find.fill('head');
  const hits = editor.getByRole('listbox').getByRole('option');
  await expect(hits.first()).toContainText('Gemm');
  await expect(find).toHaveAttribute('aria-expanded', 'true');
  await vscode.screenshot('graph-search');
  const weight = hits.filter({ hasText: 'head.weight' });
  await expect(weight).toContainText('Weight');
  await vscode.page.keyboard.press('ArrowDown');
  await vscode.page.keyboard.press('ArrowDown');
  await expect(weight).toHaveAttribute('aria-selected', 'true');
  await vscode.page.keyboard.press('Enter');
  await expect(hits).toHaveCount(0);
  await expect(current(editor)).toHaveAttribute('data-key', /head\/Gemm/);
  await find.fill('layer2/relu2');
  await vscode.page.keyboard.press('Enter');
  await expect(current(editor)).toHaveAttribute('data-key', /layer2\/relu2/);

  // What was gone to is selected in list and tree.
  await editor.getByRole('radio', { name: /Both|List/ }).first().click();
  await expect(layerRow(editor, '/layer2/relu2/Relu_output_0')).toHaveAttribute('aria-selected', 'true');

  // And the other way: the list selects in the graph.
  await (await findLayer(editor, '/layer1/relu2/Relu_output_0')).click();
  await editor.getByRole('radio', { name: 'Graph' }).click();
  await expect(current(editor)).toHaveAttribute('data-key', /layer1\/relu2/);

  // Along the edges, to the producer.
  await surface(editor).focus();
  await vscode.page.keyboard.press('ArrowUp');
  await expect(current(editor)).not.toHaveAttribute('data-key', /layer1\/relu2/);
  await vscode.page.keyboard.press('ArrowDown');
  await expect(current(editor)).toHaveAttribute('data-key', /layer1\/relu2/);
  await vscode.screenshot('graph-selected');

  // An edge says what flows along it; what it leads to is gone to.
  const taker = await current(editor).getAttribute('data-key');
  const ends = (await current(editor).boundingBox())!;
  await vscode.page.mouse.click(ends.x + ends.width / 2, ends.y - 8);
  await expect(editor.locator('.properties-title')).toContainText('Tensor');
  await expect(editor.locator('.properties-facts').first()).toContainText('float32');
  await vscode.screenshot('graph-edge');
  await editor.getByTitle('Go to what takes it').first().click();
  await expect(current(editor)).toHaveAttribute('data-key', taker!);

  // The same menu as in the list, at the node.
  const node = (await current(editor).boundingBox())!;
  const drawing = (await surface(editor).boundingBox())!;
  const position = { x: node.x - drawing.x + node.width / 2, y: node.y - drawing.y + node.height / 2 };
  await (await vscode.contextMenu(surface(editor), { position })).choose('Visualize Layer');
  const patches = await vscode.webview({ tab: patchesTab });
  await pictured(patches);
  await expect(patches.locator('.layer-facts')).toContainText('24 units');
  await vscode.screenshot('graph-visualized');

  // What has been recorded tells how sparse the layers are.
  await vscode.closeTab(patchesTab);
  await editor.getByLabel('Colour of the nodes').selectOption('sparsity');
  await expect(editor.locator('.graph-legend')).toContainText('exactly 0, measured on 32 images', { timeout: 120_000 });
  await expect(editor.locator('.graph-scale-line')).toContainText('%');
  await vscode.screenshot('graph-sparsity');
});

test('the graph is exported as vectors and as pixels', async ({ vscode, folder }) => {
  await vscode.openFile(model);
  const editor = await vscode.webview({ tab: modelTab });
  await expect(editor.locator('h1')).toHaveText('scopenet.onnx');
  for (const [command, name] of [
    ['Unitscope: Export Graph as SVG…', 'scopenet-graph.svg'],
    ['Unitscope: Export Graph as PNG…', 'scopenet-graph.png'],
  ] as const) {
    await vscode.runCommand(command);
    const file = join(folder, name);
    await vscode.answerFile(file, name);
    await expect.poll(() => existsSync(file) && readFileSync(file).length > 0, { timeout: 30_000 }).toBe(true);
    const bytes = readFileSync(file);
    if (name.endsWith('.png')) expect([...bytes.subarray(0, 4)]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    else {
      const text = bytes.toString();
      expect(text).toMatch(/^<svg [\s\S]*<\/svg>\s*$/);
      expect(text).toContain('>Gemm');
      expect(text).not.toContain('<image');
    }
  }
});
