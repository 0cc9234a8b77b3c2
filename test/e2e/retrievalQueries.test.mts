// Queries: from the palette, a file, an editor, the explorer, the clipboard, other panels, and those asked before.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from './fixtures.mts';
import { heatMap, openSample, rdmPanel } from './helpers/rdm.mts';
import { answered, queryName, retrievalPanel, stimulusByName } from './helpers/retrieval.mts';
import { layerMenu, patchesTab, pictured } from './helpers/unitscope.mts';

test.setTimeout(300_000); // hundreds of images through a network

test('a file, an open image, the explorer, the clipboard; again, and what is gone', async ({ vscode, folder, page }) => {
  await openSample(vscode);
  await vscode.runCommand('Unitscope: Find Similar Images…');
  await vscode.pick(/Image File…/);
  await vscode.answerOpen(join(folder, 'images', 'fish', '001.jpg'));
  const panel = await retrievalPanel(vscode);
  await answered(panel, 719);
  await expect(queryName(panel)).toHaveText('001.jpg');
  await expect(panel.locator('.query figcaption')).toContainText('fish');

  await vscode.openFile('images/boat/002.jpg');
  await page.locator('.editor-actions').getByRole('button', { name: /^Find Similar Images/ }).first().click();
  await expect(queryName(panel)).toHaveText('002.jpg');
  await expect(panel.locator('.query figcaption')).toContainText('boat');
  await vscode.openFile('images/star/003.jpg');
  await vscode.runCommand('Unitscope: Find Similar Images…');
  await vscode.pick(/003\.jpg/);
  await expect(queryName(panel)).toHaveText('003.jpg');

  const file = vscode.treeItem('004.jpg').first(); // beside the one that is open
  await (await vscode.contextMenu(file)).choose('Find Similar Images');
  await expect(queryName(panel)).toHaveText('004.jpg');
  await answered(panel, 719);

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const picture = readFileSync(join(folder, 'images', 'face', '005.jpg')).toString('base64');
  await page.evaluate(async (base64) => {
    const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))]));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    canvas.getContext('2d')!.drawImage(bitmap, 0, 0);
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': await canvas.convertToBlob() })]);
  }, picture);
  await vscode.runCommand('Unitscope: Find Similar Images…');
  await vscode.pick(/Image on the Clipboard/);
  await expect(panel.getByText('Paste an image')).toBeVisible();
  await vscode.screenshot('retrieval-paste');
  await panel.locator('main').click();
  await page.keyboard.press('Control+V');
  await expect(queryName(panel)).toHaveText(/^pasted-/);
  await answered(panel, 720); // a copy of the picture is none of the file
  await expect(panel.locator('.result').first()).toHaveAttribute('title', /face\/005\.jpg/);

  rmSync(join(folder, 'images', 'fish', '001.jpg'));
  await vscode.runCommand('Unitscope: Repeat Query…');
  await expect(vscode.quickInput.locator('.monaco-list-row').filter({ hasText: '001.jpg' })).toContainText('not there any more');
  await vscode.screenshot('retrieval-repeat');
  await vscode.pick('001.jpg');
  await expect(vscode.notification('fish/001.jpg is not there any more')).toBeVisible();
  await vscode.runCommand('Unitscope: Repeat Query…');
  await vscode.pick('002.jpg');
  await expect(queryName(panel)).toHaveText('002.jpg');
  await answered(panel, 718); // without the one that is gone
});

test('between two, A − B + C, a unit', async ({ vscode }) => {
  await openSample(vscode);
  await vscode.runCommand('Unitscope: Find Images Between Two…');
  await stimulusByName(vscode, 'fish/001.jpg');
  await stimulusByName(vscode, 'boat/001.jpg');
  const panel = await retrievalPanel(vscode);
  await answered(panel, 718);
  await expect(panel.locator('.query-name')).toHaveText(['001.jpg', '001.jpg']);
  await expect(panel.locator('.query')).toContainText('and');
  await vscode.screenshot('retrieval-between');
  await vscode.runCommand('Unitscope: Combine Images…');
  await stimulusByName(vscode, 'tree/001.jpg');
  await stimulusByName(vscode, 'tree/002.jpg');
  await stimulusByName(vscode, 'autumn-tree/001.jpg');
  await answered(panel, 717);
  await expect(panel.locator('.query-sign')).toHaveText(['−', '+']);
  await vscode.screenshot('retrieval-combine');
  await vscode.runCommand('Unitscope: Find Images for Unit…');
  await vscode.quickInput.locator('input').first().fill('top.relu');
  await vscode.pick(/^top\.relu/);
  await vscode.answer('7');
  await expect(panel.locator('.query-unit')).toContainText('Unit 7');
  await answered(panel, 720);
  await vscode.screenshot('retrieval-unit');
});

test('from patches, a unit, a pair of an RDM, its axis and the map', async ({ vscode, page }) => {
  await openSample(vscode);
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Visualize Layer');
  let patches = await vscode.webview({ tab: patchesTab });
  await pictured(patches);
  await (await vscode.contextMenu(patches.locator('.unit-card .unit-caption').nth(2))).choose('Find Images for This Unit');
  let panel = await retrievalPanel(vscode);
  await expect(panel.locator('.query-unit')).toContainText('Unit 2');
  await answered(panel, 720);
  const best = await panel.locator('.result').first().getAttribute('title');
  patches = await vscode.webview({ tab: patchesTab }); // panels share a column: one that is shown again starts anew
  await pictured(patches);
  const menu = await vscode.contextMenu(patches.locator('.unit-card').nth(2).locator('.patch').first());
  expect(await menu.labels()).toEqual(['Find Similar', 'Find Images for This Unit', 'Open Image', 'Reveal in Explorer', 'Copy Path']);
  await menu.choose('Find Similar');
  panel = await retrievalPanel(vscode);
  await expect(queryName(panel)).toHaveText(/\/(.*)\n/.exec(best!)![1]!);
  await answered(panel, 719);
  patches = await vscode.webview({ tab: patchesTab }); // panels share a column: one that is shown again starts anew
  await pictured(patches);
  await patches.locator('.unit-card').nth(2).click();
  const whole = patches.locator('.detail .stimulus').nth(1);
  await expect(whole.locator('img')).toBeVisible();
  await (await vscode.contextMenu(whole.locator('img'))).choose('Find Similar');
  panel = await retrievalPanel(vscode);
  await answered(panel, 719);

  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Compute RDM');
  let rdm = await rdmPanel(vscode);
  const map = await heatMap(rdm, 720);
  const { width, height } = (await map.boundingBox())!;
  const at = { position: { x: width * 0.7, y: height * 0.35 } };
  await map.hover(at);
  await expect(rdm.locator('.readout .stimulus-name')).toHaveCount(2);
  const names = await rdm.locator('.readout .stimulus-name').allTextContents();
  const pair = await vscode.contextMenu(map, at);
  expect(await pair.labels()).toEqual(['Find Similar to the Row’s Image', 'Find Similar to the Column’s Image', 'Find Images Between These Two']);
  await pair.choose('Find Images Between These Two');
  panel = await retrievalPanel(vscode);
  await expect(panel.locator('.query-name')).toHaveText(names);
  await answered(panel, 718);
  rdm = await rdmPanel(vscode);
  const scatter = rdm.getByRole('img', { name: /MDS of 720 stimuli/ });
  await expect(scatter).toBeVisible({ timeout: 60_000 });
  await page.waitForTimeout(1000);
  const place = (await scatter.boundingBox())!;
  let found = '';
  for (let step = 1; step < 40 && found === ''; step++) {
    await scatter.hover({ position: { x: (place.width * step) / 40, y: place.height / 2 } });
    if ((await rdm.locator('.scatter-card').count()) === 0) continue;
    found = (await rdm.locator('.scatter-card .stimulus-name').textContent())!;
    await (await vscode.contextMenu(scatter, { position: { x: (place.width * step) / 40, y: place.height / 2 } })).choose('Find Similar');
  }
  panel = await retrievalPanel(vscode);
  await expect(queryName(panel)).toHaveText(found);
  await answered(panel, 719);
});
