// The palette, the walkthrough, exports.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from './fixtures.mts';
import { recorded, samplePatches } from './helpers/unitscope.mts';

test.describe('the first time', () => {
  test.use({ host: { settings: { 'workbench.welcomePage.walkthroughs.openOnInstall': true } } });
  test('the walkthrough opens and leads to the first patches', async ({ vscode }) => {
    const walkthrough = vscode.page.locator('.gettingStartedContainer');
    await expect(walkthrough).toContainText('See what a network has learned', { timeout: 60_000 });
    await vscode.screenshot('walkthrough');
    await walkthrough.getByRole('button', { name: 'Open the Sample Model' }).click();
    const editor = await vscode.webview({ tab: 'scopenet.onnx' });
    await expect(editor.locator('.choice').first()).toContainText('16 classes');
    await editor.getByText('Visualize', { exact: true }).click();
    await recorded(await vscode.webview({ tab: 'Patches · scopenet.onnx' }));
    await vscode.screenshot('walkthrough-done');
  });
});

test('commands are offered where they make sense', async ({ vscode }) => {
  const offered = async (text: string): Promise<string[]> => {
    await vscode.page.keyboard.press('F1');
    await vscode.quickInput.locator('input').first().fill(`>Unitscope: ${text}`);
    const rows = vscode.quickInput.locator('.monaco-list-row .label-name');
    await expect(rows.first()).toBeVisible();
    const found = await rows.allTextContents();
    await vscode.page.keyboard.press('Escape');
    return found;
  };
  await expect.poll(() => offered('Open')).toContain('Unitscope: Open the Sample Model');
  expect(await offered('Visualize')).not.toContain('Unitscope: Visualize Layer');
  await vscode.openFile('scopenet/scopenet.onnx');
  await expect.poll(() => offered('Visualize')).toContain('Unitscope: Visualize Layer');
  expect(await offered('Cancel')).not.toContain('Unitscope: Cancel Recording');
});

test('patches are exported as JSON and as a contact sheet, and copied as a command line', async ({ vscode, folder }) => {
  const panel = await samplePatches(vscode, '/top/relu/Relu_output_0');
  await recorded(panel);
  const to = async (entry: string, proposal: string, file: string): Promise<string> => {
    await panel.getByRole('button', { name: 'Export' }).click();
    await panel.getByRole('menuitem', { name: entry }).click();
    const path = join(folder, file);
    await vscode.answerFile(path, proposal);
    await expect.poll(() => existsSync(path), { timeout: 60_000 }).toBe(true);
    return path;
  };
  const json = JSON.parse(readFileSync(await to('Patches as JSON…', 'patches.json', 'exported.json'), 'utf8')) as { layers: { name: string; units: unknown[] }[] };
  expect(json.layers.find(({ name }) => name === '/top/relu/Relu_output_0')?.units).toHaveLength(40);
  const sheet = await sharp(await to('Contact sheet…', 'scopenet-top_relu_Relu_output_0.png', 'sheet.png')).metadata();
  expect(sheet.width * sheet.height).toBeGreaterThan(200_000);
  await vscode.notification('Exported sheet.png.').getByRole('button', { name: 'Open' }).click();
  await expect(vscode.tab('sheet.png')).toBeVisible();
  await vscode.screenshot('contact-sheet');
});
