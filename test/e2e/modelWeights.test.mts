// The model editor's page of weights, comparing two models, and a model's file that changes under it.
import { copyFileSync, existsSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator } from '@playwright/test';
import { expect, test } from './fixtures.mts';
import { chooseImages, findLayer, layerMenu, layerRow, model, modelTab, patchesTab } from './helpers/unitscope.mts';

const fixtures = fileURLToPath(new URL('../fixtures/models', import.meta.url));
const other = join(fixtures, 'residual_torchscript.onnx');
const conv = '/stem/conv/Conv_output_0';

test('the filters of the first layer, their Gabor fits, numbers and patches', async ({ vscode, folder }) => {
  await vscode.openFile(model);
  await chooseImages(vscode, join(folder, 'images'));
  await layerMenu(vscode, conv, 'Show Weights');
  const editor = await vscode.webview({ tab: modelTab });
  await expect(editor.locator('.filter')).toHaveCount(24);
  await expect(editor.locator('.filters-note')).toContainText('of 24 filters', { timeout: 60_000 });
  await expect(editor.locator('.numbers').first()).toContainText('Mean');
  await editor.locator('select[aria-label="Order"]').selectOption({ label: 'Gabor fit, best first' });
  await vscode.screenshot('model-weights');
  await editor.locator('.filter').first().click();
  await expect(editor.locator('.filter-detail canvas')).toHaveCount(2);
  const unit = (await editor.locator('.filter-detail h3').textContent())!.replace('Filter ', '');
  await editor.getByText(`Patches of Unit ${unit}`).click();
  const patches = await vscode.webview({ tab: patchesTab });
  await expect(patches.getByRole('region', { name: `Unit ${unit}`, exact: true })).toBeVisible({ timeout: 120_000 });
  await vscode.screenshot('model-weights-unit');

  await editor.getByText('Export .npy').click();
  const file = join(folder, 'stem.npy');
  await vscode.answerFile(file, '.*\\.npy');
  await expect.poll(() => existsSync(file)).toBe(true);
  expect(readFileSync(file).toString('latin1', 0, 128)).toContain("'shape': (24, 3,");
  await editor.getByRole('button', { name: 'Back to the layers' }).click();
  await expect(layerRow(editor, conv)).toHaveAttribute('aria-selected', 'true');
});

test('two models that are selected in the explorer are compared side by side', async ({ vscode }) => {
  await vscode.openFile(model);
  await vscode.treeItem(/^scopenet\.onnx$/).first().click();
  await vscode.treeItem(/^scopenet-named\.onnx$/).first().click({ modifiers: ['Control'] });
  await (await vscode.contextMenu(vscode.treeItem(/^scopenet-named\.onnx$/).first())).choose('Compare With…');
  const compare = await vscode.webview({ tab: /^Compare/ });
  await expect(compare.locator('.change-filter.node-added, .change-filter.node-removed').filter({ hasText: /^10 / })).toHaveCount(1, { timeout: 60_000 });
  await compare.locator('.pair-row').first().click();
  await compare.locator('.pair-row').first().press('F7');
  await expect(compare.locator('.pair-detail h2')).toHaveText(/Changed|Added|Removed/);
  await expect(compare.locator('.model-compare-steps')).toContainText(' of ');
  await vscode.screenshot('model-compare');

  // What only one has says what it is.
  await compare.locator('.pair-row').filter({ hasText: 'BatchNormalization' }).first().click();
  const detail = compare.getByLabel('Differences');
  await expect(detail.locator('dl > div').filter({ hasText: 'epsilon' })).toBeVisible();
  await expect(detail.locator('section').filter({ hasText: /^Weights/ }).locator('dl > div')).toHaveText([/^scale/, /^B/, /^input_mean/, /^input_var/]);
  await expect(detail.locator('section').filter({ hasText: /^Outputs/ }).locator('dl > div')).toHaveText(/^Y\/stem\/bn\/BatchNormalization_output_0batch × 24 × 48 × 48 float32$/);
  await vscode.screenshot('model-compare-alone');
});

test('two models are compared as graphs side by side: a node that is selected in one is selected in the other, and opens in its model', async ({ vscode, folder }) => {
  // Other numbers in one tensor of the same graph.
  const bytes = readFileSync(join(folder, model));
  for (let at = bytes.length - 20_000; at < bytes.length - 19_000; at += 4) bytes.writeUInt8(bytes.readUInt8(at) ^ 0x40, at);
  writeFileSync(join(folder, model.replace('.onnx', '-tuned.onnx')), bytes);
  await vscode.openFile(model);
  await vscode.page.locator('.editor-actions a[aria-label="Compare With…"]').click();
  await vscode.pick('scopenet-tuned.onnx');
  const compare = await vscode.webview({ tab: /^Compare/ });
  await expect(compare.locator('.change-filter.node-changed')).toHaveText(/^\s*[1-9]\d* changed/, { timeout: 60_000 });
  await compare.getByRole('radio', { name: 'Graph' }).click();
  const [left, right] = [compare.locator('.compared-side').first(), compare.locator('.compared-side').last()];
  await left.locator('.graph-surface').focus();
  await left.locator('.graph-surface').press('F7');
  await expect(left.locator('.graph-current')).toHaveAttribute('aria-label', /Changed: weights/);
  await expect(compare.locator('.graph-busy')).toHaveCount(0);
  const key = (await left.locator('.graph-current').getAttribute('data-key'))!;
  await vscode.page.waitForTimeout(500); // the last move is over
  const placeIn = async (side: Locator): Promise<{ position: { x: number; y: number } }> => {
    const [surface, box] = [(await side.locator('.graph-surface').boundingBox())!, (await side.locator('.graph-current').boundingBox())!];
    return { position: { x: box.x + box.width / 2 - surface.x, y: box.y + box.height / 2 - surface.y } };
  };
  const place = await placeIn(left);
  await left.locator('.graph-surface').press('Escape');
  await expect(compare.locator('.graph-current')).toHaveCount(0);

  await left.locator('.graph-surface').click(place);
  await expect(left.locator('.graph-current')).toHaveAttribute('data-key', key);
  await expect(right.locator('.graph-current')).toHaveAttribute('data-key', key);
  await expect(right.locator('.graph-current')).toHaveAttribute('aria-label', /Changed: weights/);
  await expect(compare.locator('.pair-detail h2')).toHaveText('Changed');
  await vscode.screenshot('model-compare-graph');

  const menu = await vscode.contextMenu(right.locator('.graph-surface'), await placeIn(right));
  await menu.choose('Open in Its Model');
  const opened = await vscode.webview({ tab: /^scopenet-tuned/ });
  await expect(await findLayer(opened, `${key.replace('n:0:', '')}_output_0`)).toHaveAttribute('aria-selected', 'true');
});

test('a model is compared from its editor\'s title; what is selected in the graph is marked alone; a layer without weights says so', async ({ vscode }) => {
  await vscode.openFile(model);
  const editor = await vscode.webview({ tab: modelTab });
  const marked = editor.locator('.layer-row[aria-selected="true"]');
  await (await findLayer(editor, '/layer1/relu1/Relu_output_0')).click();
  await (await findLayer(editor, '/layer1/conv2/Conv_output_0')).click({ modifiers: ['Control'] });
  await expect(marked).toHaveCount(2);
  await editor.getByRole('radio', { name: 'Graph' }).click();
  await editor.locator('.graph-search input').fill('layer1/relu2');
  await expect(editor.locator('.graph-found')).toHaveText(/^\d+$/);
  await vscode.page.keyboard.press('Enter');
  await expect(editor.locator('.graph-current')).toHaveAttribute('data-key', /layer1\/relu2/);
  await editor.getByRole('radio', { name: 'List' }).click();
  await expect(layerRow(editor, '/layer1/relu2/Relu_output_0')).toHaveAttribute('aria-selected', 'true');
  await expect(marked).toHaveCount(1);

  await layerMenu(vscode, '/layer1/relu2/Relu_output_0', 'Show Weights');
  await expect(editor.locator('.weights-without')).toContainText('relu2 has no weights of its own.');
  await vscode.screenshot('model-weights-none');
  await editor.locator('.weight-row').first().click();
  await expect(editor.locator('.weights-without')).toHaveCount(0);

  await vscode.page.locator('.editor-actions a[aria-label="Compare With…"]').click();
  await vscode.pick('scopenet-named.onnx');
  const compare = await vscode.webview({ tab: /^Compare/ });
  await expect(compare.locator('.pair-row').first()).toBeVisible({ timeout: 60_000 });
  await expect(vscode.notification(/./)).toHaveCount(0);
});

test('a file that changes is read again, and what is selected stays; a half-written or deleted one leaves what was read', async ({ vscode, folder }) => {
  const file = join(folder, model);
  const before = readFileSync(file);
  await vscode.openFile(model);
  const editor = await vscode.webview({ tab: modelTab });
  const row = await findLayer(editor, '/layer1/relu1/Relu_output_0');
  await row.click();
  await expect(row).toHaveAttribute('aria-selected', 'true');

  // Other weights in the same graph.
  const changed = Buffer.from(before);
  changed.writeUInt8(changed.readUInt8(changed.length - 20_000) ^ 0x10, changed.length - 20_000);
  await vscode.page.waitForTimeout(1100);
  writeAll(file, changed);
  const note = editor.locator('.banner');
  await expect(note).toContainText('scopenet.onnx changed on disk and was read again.', { timeout: 30_000 });
  await expect(note).not.toContainText('any more');
  await expect(row).toHaveAttribute('aria-selected', 'true');
  await vscode.screenshot('model-changed');
  await note.getByText('Dismiss').click();
  await expect(note).toHaveCount(0);

  // The drawing stays where it was.
  await editor.getByRole('radio', { name: 'Graph' }).click();
  const surface = editor.locator('.graph-surface');
  const current = editor.locator('.graph-current');
  await expect(current).toHaveAttribute('data-key', /layer1\/relu1/, { timeout: 30_000 });
  await surface.focus();
  for (let i = 0; i < 3; i++) await vscode.page.keyboard.press('+');
  await vscode.page.waitForTimeout(600); // the last move is over
  const looked = await boxIn(surface, current);
  await vscode.page.waitForTimeout(1100);
  writeAll(file, before);
  await expect(note).toContainText('changed on disk and was read again.', { timeout: 30_000 });
  await expect.poll(() => boxIn(surface, current)).toEqual(looked);
  await vscode.screenshot('model-changed-graph');

  // Another graph takes its place, and leaves it: never a drawing or properties of both.
  const totals = editor.locator('.graph-totals');
  const properties = editor.locator('.graph-properties');
  await expect(properties).toContainText('/layer1/relu1/Relu');
  for (const [bytes, nodes] of [[readFileSync(join(folder, 'scopenet/scopenet-named.onnx')), '36 nodes'], [before, '26 nodes']] as const) {
    await vscode.page.waitForTimeout(1100);
    writeAll(file, bytes);
    await expect(totals).toContainText(nodes, { timeout: 30_000 });
    await expect(surface).toHaveCount(1);
    await expect(properties).toHaveCount(1);
    await expect(properties.locator('[role="alert"]')).toHaveCount(0);
  }
  await expect(current).toHaveAttribute('data-key', /layer1\/relu1/);
  await expect(properties).toContainText('/layer1/relu1/Relu');
  await vscode.screenshot('model-changed-back');
  await editor.getByRole('radio', { name: 'List' }).click();

  truncateSync(file, 100_000);
  await expect(note).toContainText('cannot be read now', { timeout: 30_000 });
  await expect(row).toHaveAttribute('aria-selected', 'true');

  rmSync(file);
  await expect(note).toContainText('was deleted or moved', { timeout: 30_000 });
  await expect(row).toBeVisible();

  copyFileSync(other, file);
  await expect(note).toContainText('It has no layer /layer1/relu1/Relu_output_0 any more.', { timeout: 30_000 });
  await expect(editor.locator('.layer-row[aria-selected="true"]')).toHaveCount(0);
  await vscode.screenshot('model-replaced');
});

test('the weights of a model change in the file beside it, go, and come back', async ({ vscode, folder }) => {
  const [file, data] = ['external.onnx', 'external.bin'].map((name) => {
    copyFileSync(join(fixtures, name), join(folder, name));
    return join(folder, name);
  }) as [string, string];
  const before = readFileSync(data);
  await vscode.openFile(file);
  const editor = await vscode.webview({ tab: 'external.onnx' });
  const note = editor.locator('.banner');
  await expect(editor.locator('.layer-row').first()).toBeVisible({ timeout: 30_000 });
  await expect(note).toHaveCount(0);

  const changed = Buffer.from(before);
  changed.writeFloatLE(1, 0);
  writeAll(data, changed);
  await expect(note).toContainText('external.bin, with weights of external.onnx, changed on disk and was read again.', { timeout: 30_000 });
  rmSync(data);
  await expect(note).toContainText('external.bin, with weights of this model, is not there, so it cannot be run.', { timeout: 30_000 });
  await vscode.screenshot('model-weights-lost');
  writeAll(data, before);
  await expect(note).toContainText('changed on disk and was read again.', { timeout: 30_000 });
});

/** Where something is drawn, from the corner of what it is in, and how large. */
async function boxIn(surface: Locator, part: Locator): Promise<number[]> {
  const [around, { x, y, width, height }] = [(await surface.boundingBox())!, (await part.boundingBox())!];
  return [x - around.x, y - around.y, width, height].map(Math.round);
}

/** As an exporter does: a file beside it takes its place. */
function writeAll(file: string, bytes: Uint8Array): void {
  writeFileSync(`${file}.tmp`, bytes);
  renameSync(`${file}.tmp`, file);
}
