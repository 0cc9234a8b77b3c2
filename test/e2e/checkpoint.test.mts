// Checkpoints: opening one, looking into a tensor, comparing two, the plan for a graph.
import { appendFileSync, copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from './fixtures.mts';
import { chooseImages, layerMenu, recorded } from './helpers/unitscope.mts';

test.use({ files: fileURLToPath(new URL('../fixtures/checkpoints', import.meta.url)) });

const samples = fileURLToPath(new URL('../../samples/scopenet/checkpoints', import.meta.url));

test.describe('in Restricted Mode', () => {
  test.use({ host: { trust: false } });
  test('a checkpoint opens, a tensor is looked into and exported, and the selection outlives a change of the file', async ({ vscode, folder }) => {
    copyFileSync(join(samples, 'init.pt'), join(folder, 'run.pt'));
    await vscode.openFile('run.pt');
    const editor = await vscode.webview({ tab: 'run.pt' });
    await expect(editor.locator('.checkpoint-facts')).toContainText('float32');
    const row = editor.locator('.tensor-row[aria-selected]').first();
    await row.click();
    const detail = editor.locator('.tensor-detail');
    const name = (await detail.locator('h2').textContent()) ?? '';
    const norm = detail.locator('.numbers dd').nth(4);
    await expect(norm).toHaveAttribute('title', /\d/, { timeout: 30_000 });
    const before = (await norm.getAttribute('title')) ?? '';
    await expect(detail.locator('.pixels').first()).toBeVisible();
    await vscode.screenshot('checkpoint');
    await (await vscode.contextMenu(row)).choose('Export Tensor as .npy…');
    const file = join(folder, 'exported.npy');
    await vscode.answerFile(file, '.*\\.npy');
    await expect.poll(() => existsSync(file)).toBe(true);

    copyFileSync(join(samples, 'final.pt'), join(folder, 'run.pt'));
    await expect(norm).not.toHaveAttribute('title', before, { timeout: 30_000 });
    await expect(detail.locator('h2')).toHaveText(name);
    await expect(row).toHaveAttribute('aria-selected', 'true');

    copyFileSync(join(folder, 'folded-b.pt'), join(folder, 'run.pt'));
    await expect(detail).toContainText('no longer in run.pt', { timeout: 30_000 });
    copyFileSync(join(samples, 'init.pt'), join(folder, 'run.pt'));
    await expect(norm).toHaveAttribute('title', before, { timeout: 30_000 });
  });
});

test('what could run code is said, and nothing has run; a file that is none says so', async ({ vscode, folder }) => {
  await vscode.openFile('evil.pt');
  const editor = await vscode.webview({ tab: 'evil.pt' });
  await expect(editor.locator('.banner-warning')).toContainText('could run code');
  await editor.getByText(/^Show \d+ names?$/).click();
  await expect(editor.locator('.warning-globals code').first()).toBeVisible();
  await vscode.screenshot('checkpoint-dangerous');
  copyFileSync(join(folder, 'make_join.py'), join(folder, 'none.safetensors'));
  await vscode.openFile('none.safetensors');
  const none = await vscode.webview({ tab: 'none.safetensors' });
  await expect(none.locator('.empty h2')).toHaveText('none.safetensors cannot be read');
  copyFileSync(join(folder, 'types.safetensors'), join(folder, 'none.safetensors'));
  await expect(none.locator('.tensor-row').first()).toBeVisible({ timeout: 30_000 });
});

test('a checkpoint in several files is read again when one of them arrives or changes', async ({ vscode, folder }) => {
  const shard = join(folder, 'model-2-of-2.safetensors');
  const whole = readFileSync(shard);
  rmSync(shard);
  await vscode.openFile('model.safetensors.index.json');
  const tab = 'model.safetensors.index.json';
  const editor = await vscode.webview({ tab });
  await expect(editor.locator('.empty')).toContainText('model-2-of-2.safetensors does not exist', { timeout: 30_000 });
  writeFileSync(shard, whole);
  await expect(editor.locator('.tensor-row').first()).toBeVisible({ timeout: 30_000 });
  await expect(editor.locator('.banner')).toHaveCount(0);
  writeFileSync(shard, Buffer.concat([Buffer.from([8, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{}      ')]));
  await expect(editor.locator('.banner-warning')).toContainText('its files do not have', { timeout: 30_000 });
});

test.describe('on the samples', () => {
  test.use({ files: fileURLToPath(new URL('../../samples', import.meta.url)) });
  test('a checkpoint of the middle of training is joined with the graph, and the units it had then are seen', async ({ vscode, folder }) => {
    test.setTimeout(300_000);
    await vscode.openFile('scopenet/checkpoints/midway.pt');
    const editor = await vscode.webview({ tab: 'midway.pt' });
    await expect(editor.locator('.tensor-row').first()).toBeVisible({ timeout: 30_000 });
    await (await vscode.contextMenu(vscode.treeItem(/^midway\.pt$/).first())).choose('Visualize With Graph…');
    await vscode.pick('scopenet.onnx');
    const plan = await vscode.webview({ tab: 'scopenet.onnx with midway.pt' });
    await expect(plan.getByText(/gives all/)).toBeVisible({ timeout: 30_000 });
    await vscode.screenshot('checkpoint-plan');
    await plan.getByRole('button', { name: 'Open Joined Model' }).click();
    const tab = 'scopenet with midway.pt.onnx';
    const model = await vscode.webview({ tab });
    await expect(model.locator('.choice').filter({ hasText: 'Preprocessing' })).toContainText('From file', { timeout: 30_000 });
    await chooseImages(vscode, join(folder, 'images'), tab);
    await layerMenu(vscode, '/top/relu/Relu_output_0', 'Visualize Layer', tab);
    const patches = await vscode.webview({ tab: `Patches · ${tab}` });
    await recorded(patches);
    await vscode.screenshot('checkpoint-joined');

    await patches.locator('.unit-card').nth(4).click();
    await patches.getByRole('button', { name: 'Compare with a checkpoint…' }).click();
    await vscode.pick('final.pt');
    await expect(patches.locator('.comparison-column')).toHaveCount(2, { timeout: 120_000 });
    await expect(patches.locator('.comparison-column h3').nth(0)).toHaveText('midway.pt');
    await expect(patches.getByRole('heading', { name: 'final.pt' })).toBeVisible();
    await expect(patches.locator('.comparison-facts')).toContainText('the scores of 720 stimuli correlate with r =');
    await expect(patches.locator('.comparison-column').nth(1).locator('.stimulus img').first()).toBeVisible({ timeout: 30_000 });
    await vscode.screenshot('checkpoint-units');
    await patches.getByRole('button', { name: 'Without comparison' }).click();
    await expect(patches.locator('.detail-content')).toBeVisible();
  });

  test('a joined model is made again when the cache was cleared, and says when its checkpoint changed', async ({ vscode, folder }) => {
    await vscode.openFile('scopenet/checkpoints/midway.pt');
    await (await vscode.contextMenu(vscode.treeItem(/^midway\.pt$/).first())).choose('Visualize With Graph…');
    await vscode.pick('scopenet.onnx');
    const plan = await vscode.webview({ tab: 'scopenet.onnx with midway.pt' });
    await plan.getByRole('button', { name: 'Open Joined Model' }).click({ timeout: 30_000 });
    const tab = 'scopenet with midway.pt.onnx';
    const model = await vscode.webview({ tab });
    await expect(model.locator('.layer-row').first()).toBeVisible({ timeout: 30_000 });
    await vscode.runCommand('Unitscope: Delete Cached Results…');
    await vscode.dialog.getByText('Delete Results').click();
    await expect(vscode.notification(/^Deleted .* of results/)).toBeVisible({ timeout: 30_000 });
    await vscode.runCommand('View: Close All Editors');
    await vscode.runCommand('View: Reopen Closed Editor');
    const again = await vscode.webview({ tab });
    await expect(again.locator('.layer-row').first()).toBeVisible({ timeout: 60_000 });
    appendFileSync(join(folder, 'scopenet/checkpoints/midway.pt'), ' ');
    await expect(again.locator('.banner')).toContainText('has changed since this model was joined', { timeout: 30_000 });
    await vscode.screenshot('checkpoint-joined-outdated');
  });
});

test('two checkpoints are compared, and a graph gets its plan', async ({ vscode }) => {
  await vscode.openFile('folded-a.pt');
  await (await vscode.webview({ tab: 'folded-a.pt' })).locator('.tensor-row').first().waitFor();
  await vscode.treeItem(/^folded-a\.pt$/).first().click();
  await vscode.treeItem(/^folded-b\.pt$/).first().click({ modifiers: ['Control'] });
  await (await vscode.contextMenu(vscode.treeItem(/^folded-b\.pt$/).first())).choose('Compare Checkpoints…');
  const compare = await vscode.webview({ tab: /^Compare/ });
  await compare.locator('.change-row').first().waitFor({ timeout: 30_000 });
  await compare.getByRole('button', { name: 'Relative change' }).click();
  await compare.locator('.change-row').first().click();
  await expect(compare.locator('.tensor-detail .pixels')).toHaveCount(2, { timeout: 30_000 });
  await vscode.screenshot('checkpoint-compare');
  await vscode.closeTab(/^Compare/);

  await (await vscode.webview({ tab: /^folded-a\.pt/ })).locator('.tensor-row').first().waitFor();
  await vscode.page.locator('.editor-actions a[aria-label="Compare With…"]').click();
  await expect(vscode.quickInput.locator('.monaco-list-row').first()).toContainText('folded-b.pt');
  await vscode.screenshot('checkpoint-pick');
  await vscode.quickInput.locator('input').first().fill('no such file');
  await expect(vscode.quickInput.locator('.monaco-list-row')).toHaveText([/Browse…/]);
  await vscode.quickInput.locator('input').first().fill('');
  await vscode.pick('folded-b.pt');
  await (await vscode.webview({ tab: /^Compare/ })).locator('.change-row').first().waitFor({ timeout: 30_000 });
  await vscode.closeTab(/^Compare/);

  const editor = await vscode.webview({ tab: /^folded-a\.pt/ });
  await editor.getByText('Visualize With Graph…').click();
  await vscode.pick('folded.onnx');
  const plan = await vscode.webview({ tab: 'folded.onnx with folded-a.pt' });
  await expect(plan.getByText(/gives all/)).toBeVisible({ timeout: 30_000 });
  await vscode.screenshot('checkpoint-join');
});
