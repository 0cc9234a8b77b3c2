// What goes wrong: each time one sentence, nothing else lost, and the next scan works.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type FrameLocator } from '@playwright/test';
import { test } from './fixtures.mts';
import { chooseImages, layerMenu, model, modelTab, patchesTab, pictured, recorded } from './helpers/unitscope.mts';
import type { Workbench } from './helpers/workbench.mts';

test('a recording is cancelled, keeps what it has, and is resumed', async ({ vscode }) => {
  const panel = await manyPatches(vscode);
  await pictured(panel);
  await panel.getByText('Cancel', { exact: true }).click();
  await expect(panel.locator('.scan-text')).toContainText(/^Stopped at [\d,]+ of 8,640 images\. What was recorded is shown\.$/);
  await vscode.screenshot('cancelled');
  await panel.getByText('Resume', { exact: true }).click();
  await recorded(panel);
});

test('a killed engine is told in one sentence and restarted, and the patches stay', async ({ vscode }) => {
  const panel = await manyPatches(vscode);
  await pictured(panel);
  killEngine(vscode.folder);
  const banner = panel.locator('.banner').filter({ hasText: 'The engine has stopped.' });
  await expect(banner).toContainText('Restart it to go on; all results so far are kept.');
  await expect(panel.locator('.unit-card .patch img').first()).toBeVisible();
  await expect(vscode.statusBar('engine stopped')).toBeVisible();
  await vscode.screenshot('engine-stopped');
  await banner.getByText('Restart engine').click();
  await expect(banner).toHaveCount(0);
  await panel.getByText('Resume', { exact: true }).click();
  await recorded(panel);
});

test('a truncated model, and a folder of text files', async ({ vscode, folder }) => {
  truncateSync(join(folder, 'scopenet', 'scopenet-named.onnx'), 3000);
  await vscode.openFile('scopenet/scopenet-named.onnx');
  const broken = await vscode.webview({ tab: 'scopenet-named.onnx' });
  await expect(broken.getByText('scopenet-named.onnx cannot be read')).toBeVisible();
  await vscode.screenshot('truncated-model');

  mkdirSync(join(folder, 'texts'));
  writeFileSync(join(folder, 'texts', 'a.txt'), 'no image');
  await vscode.openFile(model);
  await chooseImages(vscode, join(folder, 'texts'));
  const editor = await vscode.webview({ tab: modelTab });
  await expect(editor.locator('.choice-error')).toContainText('texts');
  await vscode.screenshot('folder-of-texts');
});

test('a model in which two nodes make one value is refused in a sentence, and nothing waits for its graph', async ({ vscode, folder }) => {
  const name = 'bad_made_twice.onnx';
  copyFileSync(join('test', 'fixtures', 'graphs', name), join(folder, name));
  await vscode.openFile(name);
  const editor = await vscode.webview({ tab: name });
  await expect(editor.getByText(`${name} cannot be read`)).toBeVisible();
  await expect(editor.getByText('two nodes make the value "y"; export it again.')).toBeVisible();
  await expect(editor.getByText('Graph', { exact: true })).toHaveCount(0);
  await vscode.runCommand('Unitscope: Show Graph');
  await expect(editor.getByText('two nodes make the value "y"; export it again.')).toBeVisible();
  await vscode.screenshot('made-twice');
});

test('an image that cannot be read is skipped, counted and listed', async ({ vscode, folder }) => {
  const images = join(folder, 'few');
  mkdirSync(images);
  for (const name of ['face', 'house']) execFileSync('cp', ['-r', join(folder, 'images', name), images]);
  writeFileSync(join(images, 'face', 'empty.jpg'), '');
  await vscode.openFile(model);
  await chooseImages(vscode, images);
  const editor = await vscode.webview({ tab: modelTab });
  await editor.getByText('Visualize', { exact: true }).click();
  const panel = await vscode.webview({ tab: patchesTab });
  await recorded(panel);
  await panel.getByText('1 image skipped').click();
  await expect(vscode.page.locator('.panel .view-lines').filter({ hasText: 'face/empty.jpg' })).toBeVisible();
  await vscode.screenshot('skipped');
});

test.describe('in Restricted Mode', () => {
  test.use({ host: { trust: false } });
  test('a model can be looked at, and running it asks for trust', async ({ vscode }) => {
    await vscode.openFile(model);
    const editor = await vscode.webview({ tab: modelTab });
    await expect(editor.locator('.layer-row').first()).toBeVisible();
    await expect(editor.locator('.banner')).toContainText('Restricted Mode.');
    await expect(vscode.statusBar('view only')).toBeVisible();
    await vscode.screenshot('restricted');
    await vscode.runCommand('Unitscope: Show Patches Panel');
    const panel = await vscode.webview({ tab: patchesTab });
    await expect(panel.getByText('Patches need a trusted workspace')).toBeVisible();
    await editor.getByText('Manage trust').click();
    await vscode.page.getByRole('button', { name: 'Trust', exact: true }).click();
    await expect(editor.locator('.banner')).toHaveCount(0);
  });
});

/** Patches of twelve times the sample's images, so that there is time to interrupt. A byte after a JPEG's end makes it another image. */
async function manyPatches(vscode: Workbench): Promise<FrameLocator> {
  const many = join(vscode.folder, 'many');
  for (const name of readdirSync(join(vscode.folder, 'images'))) {
    mkdirSync(join(many, name), { recursive: true });
    for (const file of readdirSync(join(vscode.folder, 'images', name))) {
      const bytes = readFileSync(join(vscode.folder, 'images', name, file));
      for (let copy = 0; copy < 12; copy++) writeFileSync(join(many, name, `${copy}-${file}`), Buffer.concat([bytes, Buffer.of(copy)]));
    }
  }
  await vscode.openFile(model);
  await chooseImages(vscode, many);
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Visualize Layer');
  return await vscode.webview({ tab: patchesTab });
}

/** Kills the engine of this test's window: the one whose cache is beside the test's folder. */
function killEngine(folder: string): void {
  const processes = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' }).split('\n');
  const engines = processes.filter((line) => line.includes('engine.js') && !line.includes('ps -eo'));
  const mine = engines.filter((line) => execFileSync('cat', [`/proc/${line.trim().split(' ')[0]}/environ`], { encoding: 'utf8' }).includes(`${folder}-cache`));
  expect(mine).toHaveLength(1);
  process.kill(Number(mine[0]!.trim().split(' ')[0]), 'SIGKILL');
}
