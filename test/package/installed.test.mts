// The package in a fresh VS Code: its sample's patches are seen.
import { expect, test } from '../e2e/fixtures.mts';
import { pictured, recorded, samplePatches } from '../e2e/helpers/unitscope.mts';

test.use({ files: 'none', host: { extension: 'vsix' } });

test('the installed package opens its sample and shows what drives the units', async ({ vscode }) => {
  const panel = await samplePatches(vscode, '/layer2/relu2/Relu_output_0');
  await pictured(panel);
  await recorded(panel);
  await expect(panel.locator('.scan-text')).toContainText('720 images, 16 layers');
  await expect(panel.locator('.unit-card').first().locator('.patch img')).toHaveCount(9);
  await vscode.screenshot('installed');
});
