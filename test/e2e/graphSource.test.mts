// From the graph to the source: the lines of Python that an exporter recorded, opened in the workspace.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from './fixtures.mts';

/** One Relu, whose stack trace names /exported/from/nets/net.py, line 6, and /exported/from/gone.py, line 3. */
const traced = fileURLToPath(new URL('../fixtures/graphs/traced.onnx', import.meta.url));

const source = `import torch


class Net(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x)
`;

test('a node leads to the line of the workspace that made it, though it was exported from another folder', async ({ vscode, folder }) => {
  for (const [place, text] of [['nets', source], ['other', '# another file of that name\n']] as const) {
    mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(join(folder, place, 'net.py'), text);
  }
  copyFileSync(traced, join(folder, 'traced.onnx'));
  await vscode.openFile('traced.onnx');
  const editor = await vscode.webview({ tab: 'traced.onnx' });
  await editor.getByRole('radio', { name: 'Graph' }).click();
  await editor.locator('.graph-surface').focus();
  await vscode.page.keyboard.press('Home');
  await vscode.page.keyboard.press('ArrowDown');
  const properties = editor.getByLabel('Properties', { exact: true });
  await properties.getByText('gone.py:3').click();
  await expect(vscode.page.locator('.notifications-toasts')).toContainText('gone.py is neither on this machine nor in the workspace');
  await properties.getByText('net.py:6').click();
  await expect(vscode.tab('net.py')).toBeVisible();
  await expect(vscode.page.locator('.monaco-editor .view-lines').last()).toContainText('class Net');
  await expect(vscode.page.locator('.statusbar')).toContainText('Ln 6, Col 1');
  await vscode.screenshot('graph-source');
});

test('the side bar and the graph select the same layer', async ({ vscode }) => {
  await vscode.openFile('scopenet/scopenet.onnx');
  const editor = await vscode.webview({ tab: 'scopenet.onnx' });
  await editor.getByRole('radio', { name: 'Graph' }).click();
  await expect(editor.locator('.graph-totals')).toBeVisible();
  await vscode.page.locator('.activitybar').getByRole('tab', { name: 'Unitscope' }).click();
  await vscode.treeItem(/^layer2/).click();
  await vscode.treeItem(/relu2/).first().click();
  await expect(editor.locator('.graph-current')).toHaveAttribute('data-key', /layer2\/relu2/);
  await editor.locator('.graph-surface').focus();
  await vscode.page.keyboard.press('/');
  await vscode.page.keyboard.type('layer2/relu1');
  await vscode.page.keyboard.press('Enter');
  await expect(editor.locator('.graph-current')).toHaveAttribute('data-key', /layer2\/relu1/);
  await expect(vscode.treeItem(/relu1/).and(vscode.page.locator('.selected'))).toBeVisible();
  await vscode.screenshot('graph-side-bar');
});
