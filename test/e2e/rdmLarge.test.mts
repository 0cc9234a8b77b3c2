// RDMs beyond the sample: what takes long is asked for, 5,000 stimuli, all maps, pictures, another checkpoint as the reference.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from './fixtures.mts';
import { heatMap, openSample, rdmPanel } from './helpers/rdm.mts';
import { chooseImages, layerMenu } from './helpers/unitscope.mts';

test.setTimeout(420_000); // thousands of images through a network

test('maps of stimuli, the picture as PNG, and a checkpoint as the reference', async ({ vscode, folder }) => {
  await vscode.openFile('scopenet/scopenet-named.onnx');
  await chooseImages(vscode, join(folder, 'images'), 'scopenet-named.onnx');
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Compute RDM', 'scopenet-named.onnx');
  const panel = await rdmPanel(vscode, 'scopenet-named.onnx');
  await heatMap(panel, 720);
  for (const [method, quality] of [['PCA', /variance/], ['t-SNE', /t-SNE|perplexity/i], ['UMAP', /UMAP|neighbours/i]] as const) {
    await panel.getByLabel('How stimuli are laid out').selectOption({ label: method });
    const map = panel.getByRole('img', { name: new RegExp(`${method} of 720 stimuli`) });
    await expect(map).toBeVisible({ timeout: 120_000 });
    await map.evaluate((element) => element.scrollIntoView({ block: 'end' }));
    await expect(panel.getByRole('region', { name: 'Stimuli as a map' })).toContainText(quality);
    await vscode.page.waitForTimeout(500);
    await vscode.screenshot(`rdm-${method.toLowerCase()}`);
  }
  await panel.getByRole('button', { name: 'Export' }).click();
  await panel.getByRole('menuitem', { name: /PNG/ }).click();
  const png = join(folder, 'figure.png');
  await vscode.answerFile(png, '.*\\.png');
  await expect.poll(() => existsSync(png), { timeout: 30_000 }).toBe(true);
  expect((await sharp(png).stats()).channels.some(({ stdev }) => stdev > 20)).toBe(true);

  await vscode.runCommand('Unitscope: Compare With Reference RDM…');
  await vscode.pick(/A Checkpoint of This Model…/);
  await vscode.answerOpen(join(folder, 'scopenet/checkpoints/midway.safetensors'));
  await vscode.pick(/top\.relu/);
  const chip = panel.getByRole('group', { name: 'References' }).getByRole('button', { name: /midway/ }).first();
  await expect(chip).toBeVisible({ timeout: 120_000 });
  await expect(panel.getByRole('region', { name: 'Similarity over depth' }).locator('canvas')).toBeVisible({ timeout: 60_000 });
  await vscode.page.waitForTimeout(1500);
  await vscode.screenshot('rdm-checkpoint');
});

test('5,000 stimuli: asked for first, refused, then computed', async ({ vscode, folder }) => {
  const many = join(folder, 'many');
  mkdirSync(many);
  for (let i = 0; i < 5000; i++) writeFileSync(join(many, `${String(i).padStart(4, '0')}.bmp`), bitmap(i));
  await openSample(vscode);
  await chooseImages(vscode, many);
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Compute RDM');
  const dialog = vscode.page.getByRole('dialog');
  await expect(dialog).toContainText(/RDMs of 1 layer over 5,000 stimuli take about \d+ (seconds|minutes)/, { timeout: 120_000 });
  await vscode.screenshot('rdm-confirm');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  const panel = await rdmPanel(vscode);
  await expect(panel.getByText(/not computed|Compute/i).first()).toBeVisible();
  await vscode.screenshot('rdm-refused');
  await layerMenu(vscode, '/top/relu/Relu_output_0', 'Compute RDM');
  await dialog.getByRole('button', { name: 'Compute', exact: true }).click({ timeout: 60_000 });
  const map = await heatMap(await rdmPanel(vscode), 5000);
  await map.hover();
  for (let i = 0; i < 12; i++) await vscode.page.mouse.wheel(0, -200);
  await vscode.page.waitForTimeout(2000);
  await vscode.screenshot('rdm-5000');
});

/** An 8 x 8 picture, another one for each number: a wedge whose colours and edge move. */
function bitmap(number: number): Buffer {
  const [side, header] = [8, 54];
  const bytes = Buffer.alloc(header + side * side * 3);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(header, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(side, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  for (let i = 0; i < side * side; i++)
    for (let c = 0; c < 3; c++) bytes[header + i * 3 + c] = (i % side) + Math.floor(i / side) > number % 13 ? (number * (3 + 4 * c)) % 256 : (number >> (2 * c)) % 256;
  return bytes;
}
