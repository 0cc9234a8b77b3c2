// The retrieval panel: two layers, filters, domains, approximate search, scrolling, keyboard, what is dragged and taken out of it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from './fixtures.mts';
import { openSample } from './helpers/rdm.mts';
import { answered, queryName, result, retrievalPanel, stimulusByName } from './helpers/retrieval.mts';
import { chooseManifest } from './helpers/unitscope.mts';

test.setTimeout(300_000); // hundreds of images through a network

test('two layers, filters, approximate search, the whole ranking, keyboard, dragging', async ({ vscode, page, folder }) => {
  await openSample(vscode);
  await vscode.runCommand('Unitscope: Find Similar Images…');
  await stimulusByName(vscode, 'fish/001.jpg');
  const panel = await retrievalPanel(vscode);
  await answered(panel, 719);

  await panel.getByRole('button', { name: /^Second layer/ }).click();
  await page.keyboard.type('stem.relu');
  await page.keyboard.press('Enter');
  await expect(panel.locator('.ranking')).toHaveCount(2);
  await expect(panel.locator('.ranking').nth(1).locator('.rank-change').first()).toHaveText(/^[▲▼][\d,]+$|^=$/, { timeout: 60_000 });
  await vscode.screenshot('retrieval-two-layers');
  await panel.getByRole('button', { name: 'One layer only' }).click();
  await expect(panel.locator('.ranking')).toHaveCount(1);

  await panel.getByText('Only other classes').click();
  await answered(panel, 15);
  const labels = await panel.locator('.result-label').allTextContents();
  expect(new Set(labels).size).toBe(labels.length);
  expect(labels).not.toContain('fish');
  await vscode.screenshot('retrieval-other-classes');
  await panel.getByText('Only other classes').click();
  await panel.getByRole('button', { name: /^Class/ }).click();
  await panel.getByRole('option', { name: /boat/ }).click();
  await page.keyboard.press('Escape');
  await answered(panel, 45);
  await panel.getByRole('button', { name: /boat/ }).click();
  await panel.getByText('Clear', { exact: true }).click();
  await page.keyboard.press('Escape');
  await answered(panel, 719);

  await panel.getByRole('button', { name: /^More options/ }).click();
  await panel.getByText('Approximate search', { exact: true }).click();
  await page.keyboard.press('Escape');
  await expect(panel.locator('.approximate')).toContainText(/finds [\d.]+ % of the 10 nearest/, { timeout: 60_000 });
  await vscode.screenshot('retrieval-approximate');
  await panel.getByRole('button', { name: /^More options/ }).click();
  await panel.getByText('Approximate search', { exact: true }).click();
  await page.keyboard.press('Escape');
  await answered(panel, 719);

  await result(panel, 0).focus();
  await page.keyboard.press('Control+End');
  await expect(result(panel, 718)).toBeFocused();
  await expect(result(panel, 718).locator('img')).toBeVisible();
  await page.keyboard.press('Control+Home');
  await expect(result(panel, 0)).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(result(panel, 1)).toBeFocused();
  const second = /([^/]+)\n/.exec((await result(panel, 1).getAttribute('title'))!)![1]!;

  await result(panel, 1).dispatchEvent('pointerdown');
  await page.waitForTimeout(1000);
  const dragged = await result(panel, 1).evaluate((element) => {
    const dataTransfer = new DataTransfer();
    element.dispatchEvent(new DragEvent('dragstart', { dataTransfer, bubbles: true }));
    return Object.fromEntries(dataTransfer.types.map((type) => [type, dataTransfer.getData(type)]));
  });
  expect(dragged.downloadurl).toMatch(new RegExp(`^image/jpeg:${second}:blob:`));
  expect(dragged['text/plain']).toBe(join(folder, 'images', 'fish', second));
  // The window is a browser, the files are on the server: what the explorer understands is the server's address.
  expect(dragged['text/uri-list']).toBe(`vscode-remote://${new URL(page.url()).host}${join(folder, 'images', 'fish', second)}`);
  expect(JSON.parse(dragged.resourceurls!)).toEqual([dragged['text/uri-list']]);
  await page.keyboard.press(' ');
  await expect(vscode.tab(second)).toBeVisible();
  await expect(result(panel, 1)).toBeFocused(); // beside the panel, which keeps the focus
  await page.keyboard.press('Enter');
  await expect(queryName(panel)).toHaveText(second);
  await answered(panel, 719);

  await vscode.tab('scopenet.onnx').click(); // into its column, beside the panel's
  await vscode.openFile('scopenet/labels.txt', { editor: 'text' });
  const from = (await result(panel, 2).boundingBox())!;
  const third = /([^/]+)\n/.exec((await result(panel, 2).getAttribute('title'))!)![1]!;
  const to = (await page.locator('.editor-group-container').first().locator('.monaco-editor').boundingBox())!;
  await page.mouse.move(from.x + 40, from.y + 40);
  await page.mouse.down();
  await page.mouse.move(from.x, from.y + 60, { steps: 4 });
  await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 12 });
  await page.waitForTimeout(500);
  await vscode.screenshot('retrieval-drag');
  await page.mouse.up();
  await expect(vscode.tab(third)).toBeVisible();
  await vscode.screenshot('retrieval-dropped');
});

test('domains both ways, a column, embeddings for Python', async ({ vscode, page, folder }) => {
  const names = ['boat', 'fish', 'house', 'tree'].flatMap((label) => readdirSync(join(folder, 'images', label)).map((name) => `${label}/${name}`));
  const rows = names.map((name, i) => `${name},${name.split('/')[0]},${i % 2 === 0 ? 'product' : 'scene'},${['spring', 'autumn', 'winter'][i % 3]}`);
  writeFileSync(join(folder, 'images', 'list.csv'), ['path,label,domain,season', ...rows].join('\n'));
  await openSample(vscode);
  await chooseManifest(vscode, join(folder, 'images', 'list.csv'));
  await vscode.runCommand('Unitscope: Find Similar to Region…');
  await stimulusByName(vscode, 'boat/002.jpg'); // a scene, of which a crop is asked about
  const panel = await retrievalPanel(vscode);
  await panel.locator('.region-board img').waitFor();
  await panel.locator('.region-board').focus();
  await page.keyboard.press('ArrowRight');
  await panel.getByText('Find similar', { exact: true }).click();
  await answered(panel, 179);
  const scene = rows.find((row) => row.startsWith('boat/002.jpg'))!.split(',')[2]!;
  await panel.getByLabel(/^Domain/).selectOption({ label: 'By domain' });
  await answered(panel, 90);
  const domains = async (): Promise<string[]> => {
    const titles = await panel.locator('.result').evaluateAll((all) => all.map((one) => one.getAttribute('title') ?? ''));
    return [...new Set(titles.filter((title) => title !== '').map((title) => rows.find((row) => row.startsWith(title.split('\n')[0]!))!.split(',')[2]!))];
  };
  expect(await domains()).toEqual([scene === 'scene' ? 'product' : 'scene']);
  await vscode.screenshot('retrieval-what-is-it');
  await result(panel, 0).dblclick(); // a product: where is it used?
  await expect(panel.locator('.query figcaption')).not.toContainText('px');
  await answered(panel, 90);
  expect(await domains()).toEqual([scene]);
  await vscode.screenshot('retrieval-where-is-it-used');
  await expect(panel.getByRole('button', { name: /^label/ })).toHaveCount(0); // the column that classes come from has "All classes"
  await panel.getByLabel('Part to search in').selectOption({ label: 'In “product”' });
  await panel.getByRole('button', { name: /^season/ }).click();
  await panel.getByRole('option', { name: /autumn/ }).click();
  await page.keyboard.press('Escape');
  await expect(panel.locator('.ranking-status')).toContainText(/^(29|30) found/);

  await vscode.runCommand('Unitscope: Export Embeddings…');
  const npy = join(folder, 'top.npy');
  await vscode.answerFile(npy, '.*\\.npy');
  await expect.poll(() => existsSync(join(folder, 'top.json')), { timeout: 60_000 }).toBe(true);
  const description = JSON.parse(readFileSync(join(folder, 'top.json'), 'utf8')) as { shape: number[]; images: string[]; layer: string };
  expect(description.shape).toEqual([180, 40]);
  expect(description.images).toEqual(names);
  const shape = execFileSync('python3', ['-c', `import ast,sys\nf=open(sys.argv[1],'rb');f.read(8);n=int.from_bytes(f.read(2),'little');print(ast.literal_eval(f.read(n).decode())['shape'])`, npy], { encoding: 'utf8' });
  expect(shape.trim()).toBe('(180, 40)');
});

const lancedb = resolve('.vscode-test/lancedb');

test.describe('with LanceDB', () => {
  test.use({ host: { env: { UNITSCOPE_LANCEDB: lancedb } } });

  test('embeddings are published, searched as a table, and left again', async ({ vscode, folder }) => {
    test.skip(!existsSync(lancedb), 'LanceDB is not installed: npm test -- unit --grep published');
    mkdirSync(join(folder, 'store'));
    await openSample(vscode);
    await vscode.runCommand('Unitscope: Find Similar Images…');
    await stimulusByName(vscode, 'fish/001.jpg');
    const panel = await retrievalPanel(vscode);
    await answered(panel, 719);
    const titles = await panel.locator('.result').evaluateAll((all) => all.map((one) => one.getAttribute('title')));
    await vscode.runCommand('Unitscope: Publish Embeddings…');
    await vscode.pick(/Folder…/);
    await vscode.answerFolder(join(folder, 'store'), 'Use This Folder');
    await vscode.answer('top_mean');
    const published = vscode.notification('Published 720 embeddings as top_mean');
    await expect(published).toBeVisible({ timeout: 60_000 });
    await vscode.screenshot('retrieval-publish');
    await published.getByRole('button', { name: 'Search It' }).click();
    await expect(panel.locator('.table-scope')).toContainText('720 images', { timeout: 60_000 });
    await answered(panel, 719);
    expect(await panel.locator('.result').evaluateAll((all) => all.map((one) => one.getAttribute('title')))).toEqual(titles);
    await panel.getByText('Only other classes').click();
    await answered(panel, 15);
    await vscode.screenshot('retrieval-table');
    await panel.getByRole('button', { name: /^Search these images/ }).click();
    await expect(panel.locator('.table-scope')).toHaveCount(0);
    await answered(panel, 719);
    await vscode.runCommand('Unitscope: Search Published Embeddings…');
    await vscode.pick(/Folder…/);
    await vscode.answerFolder(join(folder, 'store'), 'Use This Folder');
    await expect(panel.locator('.table-scope')).toContainText('top_mean');
    await answered(panel, 719);
    await vscode.runCommand('Unitscope: Find Images for Unit…');
    await vscode.quickInput.locator('input').first().fill('top.relu');
    await vscode.pick(/^top\.relu/);
    await vscode.answer('3');
    await expect(panel.locator('.table-scope')).toHaveCount(0); // what drives a unit is known of these images
    await answered(panel, 720);
  });
});
