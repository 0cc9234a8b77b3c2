// RDMs of layers: from a layer's menu to heat map, map of stimuli, comparison with references, exports.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from './fixtures.mts';
import { heatMap, openSample, rdmPanel } from './helpers/rdm.mts';
import { findLayer, layerMenu } from './helpers/unitscope.mts';

test.setTimeout(300_000); // hundreds of images through a network, and bootstraps

test('the RDM of a layer: heat map, readout, pinned pair, order, map of stimuli, reload', async ({ vscode }) => {
  await openSample(vscode);
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Compute RDM');
  const panel = await rdmPanel(vscode);
  const map = await heatMap(panel, 720);
  await expect(panel.getByRole('img', { name: /MDS of 720 stimuli/ })).toBeVisible({ timeout: 60_000 });
  await vscode.screenshot('rdm');
  const box = (await map.boundingBox())!;
  await map.hover({ position: { x: box.width * 0.7, y: box.height * 0.3 } });
  await expect(panel.locator('.readout')).toContainText(/percentile/);
  await map.click({ position: { x: box.width * 0.7, y: box.height * 0.3 } });
  const pinned = panel.getByRole('region', { name: 'Pinned pair' });
  await expect(pinned.locator('img')).toHaveCount(2);
  await expect(pinned).toContainText('More dissimilar than');
  await panel.getByLabel(/^Order/).selectOption({ label: 'Clustered' });
  await vscode.page.waitForTimeout(1500); // for the picture
  await vscode.screenshot('rdm-pinned');
  await vscode.runCommand('Developer: Reload Window');
  await vscode.page.waitForTimeout(3000); // the old window is gone
  const reloaded = await rdmPanel(vscode);
  await heatMap(reloaded, 720);
  await expect(reloaded.getByRole('region', { name: 'Pinned pair' }).locator('img')).toHaveCount(2);
  await expect(reloaded.getByLabel(/^Order/)).toHaveValue('cluster');
  const names = await reloaded.getByRole('region', { name: 'Pinned pair' }).locator('figcaption').allTextContents();
  await reloaded.getByRole('button', { name: 'Open both' }).click();
  for (const name of names) await expect(vscode.tab(/\d+\.\w+/.exec(name)![0])).toBeVisible();
});

test('several layers: small multiples, comparison with references, a file that does not fit, exports', async ({ vscode, folder }) => {
  const editor = await openSample(vscode);
  await (await findLayer(editor, '/fire/Concat_output_0')).locator('.layer-name').click();
  await (await findLayer(editor, '/top/relu/Relu_output_0')).locator('.layer-name').click({ modifiers: ['Shift'] });
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Compute RDM');
  const panel = await rdmPanel(vscode);
  await expect(panel.getByRole('tab', { name: 'Layers' })).toHaveAttribute('aria-selected', 'true');
  await expect(panel.locator('.multiple').first()).toBeVisible({ timeout: 120_000 });
  await expect(panel.getByRole('button', { name: /^Choose layers… \d+ layers/ })).toBeVisible();
  await expect(panel.locator('.scan-done')).toBeVisible({ timeout: 120_000 });
  await vscode.page.waitForTimeout(1500);
  await vscode.screenshot('rdm-layers');

  await vscode.runCommand('Unitscope: Compare With Reference RDM…');
  await vscode.pick(/Classes/);
  await expect(panel.getByRole('tab', { name: 'Compare' })).toHaveAttribute('aria-selected', 'true');
  const curve = panel.getByRole('region', { name: 'Similarity over depth' });
  await expect(curve.locator('canvas')).toBeVisible({ timeout: 60_000 });
  await vscode.runCommand('Unitscope: Compare With Reference RDM…');
  await vscode.pick(/Pixels/);
  await expect(panel.getByRole('group', { name: 'References' }).getByRole('button', { name: 'Pixels', exact: true })).toBeVisible({ timeout: 120_000 });
  await expect(panel.getByRole('heading', { name: 'References with each other' })).toBeVisible();
  await vscode.page.waitForTimeout(1000);
  await vscode.screenshot('rdm-compare');

  const out = join(folder, 'rdms');
  await mkdir(out);
  await panel.getByRole('button', { name: 'Export' }).click();
  await panel.getByRole('menuitem', { name: /^Data/ }).click();
  await vscode.pick('Both');
  await vscode.answerFolder(out, 'Export Here');
  await expect.poll(() => existsSync(join(out, 'rdm.json')), { timeout: 60_000 }).toBe(true);
  const json = JSON.parse(readFileSync(join(out, 'rdm.json'), 'utf8')) as { layers: string[]; references: { name: string }[]; images: string[] };
  expect(json.references.map(({ name }) => name)).toEqual(['Classes', 'Pixels']);
  expect(json.images).toHaveLength(720);
  expect(readdirSync(out).filter((name) => name.endsWith('.npy'))).toHaveLength(json.layers.length);
  expect(readdirSync(out).filter((name) => name.endsWith('.csv'))).toHaveLength(json.layers.length);
  await panel.getByRole('button', { name: 'Export' }).click();
  await panel.getByRole('menuitem', { name: /SVG/ }).click();
  const svg = join(folder, 'figure.svg');
  await vscode.answerFile(svg, '.*\\.svg');
  await expect.poll(() => existsSync(svg), { timeout: 30_000 }).toBe(true);
  expect(readFileSync(svg, 'utf8')).toContain('<svg');
});

test('the tree computes several layers, stimuli are chosen, and the measure is changed', async ({ vscode }) => {
  await openSample(vscode);
  await vscode.runCommand('Unitscope: Compute RDM');
  await expect(vscode.quickInput).toBeVisible();
  await vscode.quickInput.getByRole('button', { name: 'OK' }).click(); // all layers that are ticked
  const panel = await rdmPanel(vscode);
  await expect(panel.locator('.scan-done')).toBeVisible({ timeout: 180_000 });
  await panel.getByRole('tab', { name: 'RDM' }).click();
  await heatMap(panel, 720);
  await panel.getByRole('button', { name: /^Choose stimuli…/ }).click();
  await vscode.pick(/Random Sample…/);
  await vscode.answer('60, 1');
  await heatMap(panel, 60);
  await expect(panel.getByRole('button', { name: /^Choose stimuli… 60 of 720/ })).toBeVisible();
  await panel.getByLabel('Measure of dissimilarity').selectOption({ label: 'Cosine distance' });
  await expect(panel.locator('.rdm-under')).toContainText(/cos/i, { timeout: 60_000 });
  await heatMap(panel, 60);
  await vscode.screenshot('rdm-sample');
});
