// The page that compares two models: both graphs side by side.
import type { Locator, Page } from '@playwright/test';
import { expect, test, themeNames, type Scene } from './fixtures.mts';
import { asked, kept, pieceOfWork } from './panel.mts';

const compare = { panel: 'modelCompare', size: { width: 1280, height: 800 } };

const screens: (Scene & { name: string })[] = [
  ...themeNames.map((theme) => ({ ...compare, name: `model-compare-graph-${theme}`, state: 'graph-added', theme })),
  { ...compare, name: 'model-compare-graph-modules', state: 'graph-open', theme: 'light-modern' },
  { ...compare, name: 'model-compare-graph-small', state: 'graph-small', theme: 'dark-modern' },
  { ...compare, name: 'model-compare-graph-equal', state: 'graph-equal', theme: 'light-modern' },
  { ...compare, name: 'model-compare-graph-bodies', state: 'graph-bodies', theme: 'dark-modern' },
  { ...compare, name: 'model-compare-graph-long-names', state: 'graph-long-names', theme: 'light-modern' },
  { ...compare, name: 'model-compare-graph-huge', state: 'graph-huge', theme: 'dark-modern' },
  { ...compare, name: 'model-compare-graph-flat-huge', state: 'graph-flat-huge', theme: 'dark-modern' },
  { ...compare, name: 'model-compare-added', state: 'added', theme: 'dark-modern' },
  { ...compare, name: 'model-compare-same', state: 'same', theme: 'light-hc' },
  { ...compare, name: 'model-compare-graph-narrow', state: 'graph-added', theme: 'light-modern', size: { width: 560, height: 760 } },
];

for (const { name, ...scene } of screens) {
  test(name, async ({ gallery }) => {
    const page = await gallery.open(scene);
    if (scene.state.startsWith('graph')) await settled(page);
    else await page.locator('.pair-facts').first().waitFor();
    await gallery.matches(name);
  });
}

/** Until both graphs are drawn and lie where they will: what is paired may be laid out once more when both are known. */
async function settled(page: Page): Promise<void> {
  await page.locator('.graph-surface').nth(1).waitFor();
  let before: unknown;
  await expect
    .poll(
      async () => {
        const last = before;
        before = JSON.stringify(await kept(page));
        return (await page.locator('.graph-busy').count()) === 0 && before === last;
      },
      { intervals: [500] },
    )
    .toBe(true);
}

const side = (page: Page, at: 0 | 1): Locator => page.locator('.compared-side').nth(at);
const current = (page: Page, at: 0 | 1): Locator => side(page, at).locator('.graph-current');

/** Where what is selected is in the window of its side. */
async function placeOf(page: Page, at: 0 | 1): Promise<[number, number]> {
  const [window, box] = [await side(page, at).locator('.graph-surface').boundingBox(), await current(page, at).boundingBox()];
  return [box!.x + box!.width / 2 - window!.x, box!.y + box!.height / 2 - window!.y];
}

async function expectBeside(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      const [one, other] = [await placeOf(page, 0), await placeOf(page, 1)];
      return Math.hypot(one[0] - other[0], one[1] - other[1]);
    })
    .toBeLessThan(3);
}

test('a node that is selected in one graph is selected in the other at the same height; what differs is beside them, in the list, too', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'graph' });
  await settled(page);
  const search = page.getByLabel('Search name, operator or difference');
  await page.keyboard.press('/');
  await expect(search).toBeFocused();
  await search.fill('layer3.1.conv2');
  await search.press('Enter');
  await expect(current(page, 0)).toHaveAttribute('data-key', 'n:0:/layer3/1/conv2/Conv');
  await expect(current(page, 1)).toHaveAttribute('data-key', 'n:0:/layer3/1/conv2/Conv');
  await expect(current(page, 0)).toHaveAttribute('aria-label', /Changed: weights \d/);
  await expectBeside(page);
  await search.fill('');
  await side(page, 1).locator('.graph-surface').focus();
  await page.keyboard.press('ArrowUp');
  await expect(current(page, 0)).toHaveAttribute('data-key', 'n:0:/layer3/1/relu/Relu');
  await expectBeside(page);
  await page.keyboard.press('ArrowDown');
  const [x, y] = await placeOf(page, 0);
  await page.keyboard.press('Escape');
  await expect(page.locator('.graph-current')).toHaveCount(0);
  await expect(page.locator('.pair-detail')).toHaveCount(0);
  await side(page, 0).locator('.graph-surface').click({ position: { x, y } });
  await expect(current(page, 1)).toHaveAttribute('data-key', 'n:0:/layer3/1/conv2/Conv');
  await expect(page.locator('.pair-detail h2')).toHaveText('Changed');
  for (const at of [0, 1] as const) await expect(side(page, at).locator('.graph-minimap')).toBeVisible();
  await page.getByRole('radio', { name: 'List' }).click();
  await expect(page.locator('.pair-selected')).toContainText('layer3.1.conv2');
  await page.keyboard.press('F7');
  await page.getByRole('radio', { name: 'Graph' }).click();
  await expect(current(page, 1)).not.toHaveAttribute('data-key', 'n:0:/layer3/1/conv2/Conv');
  await expectBeside(page);
  await expect.poll(async () => ((await kept(page)) as { mode: string }).mode).toBe('graph');
});

test('F7 leads through the graphs, opens what hides a difference on both sides, and goes to the graph that has it', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'graph' });
  await settled(page);
  await page.getByRole('button', { name: 'Close all modules of both' }).click();
  await page.keyboard.press('F7');
  await expect(current(page, 0)).toHaveAttribute('data-key', 'n:0:/layer1/0/relu_1/Relu');
  await expectBeside(page);
  await page.keyboard.press('F7');
  await expect(current(page, 1)).toHaveAttribute('aria-label', /^dropout, Dropout.*Added/);
  await expect(current(page, 0)).toHaveCount(0);
  await expect(current(page, 1)).toBeInViewport();
  await page.keyboard.press('Shift+F7');
  await page.keyboard.press('Shift+F7');
  await expect(page.locator('.model-compare-steps')).toContainText('17 of 17');
  await page.keyboard.press('Shift+F7');
  await expect(current(page, 0)).toHaveAttribute('aria-label', /^flatten, Flatten.*Removed/);
  await expect(current(page, 0)).toBeInViewport();
  await expect(current(page, 1)).toHaveCount(0);
});

test('beside a node that only one model has, or that is the same in both, stands what it is; of one that changed, on demand', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'same' });
  const detail = page.getByLabel('Differences');
  const section = (title: string): Locator => detail.locator('section').filter({ has: page.getByRole('heading', { name: title, exact: true }) });
  await expect(section('Attributes').locator('dl > div')).toHaveText(['kernel_shape[3, 3]', 'pads[1, 1, 1, 1]', 'strides[1, 1]', 'auto_padNOTSET default', 'group1 default']);
  await expect(section('Inputs').locator('dl > div')).toHaveText(['Ximagebatch × 3 × 224 × 224 float32']);
  await expect(section('Weights').locator('dl > div')).toHaveText(['Wconv1.weight64 × 3 × 7 × 7 float32', 'Bconv1.bias64 float32']);
  await expect(section('Outputs').locator('dl > div')).toHaveCount(1);
  await page.keyboard.press('F7');
  await expect(detail.locator('h2')).toHaveText('Changed');
  await expect(section('Inputs')).toHaveCount(0);
  await detail.getByText('All of it in resnet18-finetuned.onnx').click();
  await expect(section('Inputs').locator('dl > div')).toHaveText([/^X/]);
  await page.keyboard.press('F7');
  await expect(detail.locator('h2')).toHaveText('Added');
  await expect(section('Inputs').locator('dl > div')).toHaveText(['X/layer2/0/relu_1/Relu_output_0batch × 128 × 28 × 28 float32from relu_1']);
  // What has nothing to say is not there, with a heading over nothing.
  await expect(section('Attributes')).toHaveCount(0);
  await expect(section('Weights')).toHaveCount(0);
  await expect.poll(() => asked(page, 'node')).toEqual([{ file: 0, node: 0 }, { file: 1, node: 7 }, { file: 1, node: 19 }]);
});

test('what cannot be said of a node is said to be so, beside what the graph tells', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'details-refused' });
  const detail = page.getByLabel('Differences');
  await expect(detail.getByRole('alert')).toContainText('resnet18-finetuned.onnx does not exist or cannot be read: open it again.');
  await expect(detail.getByText('batch × 128 × 28 × 28 float32').first()).toBeVisible();
  await detail.getByRole('button', { name: 'Try again' }).click();
  await expect.poll(async () => (await asked(page, 'node')).length).toBe(2);
  const slow = await gallery.open({ ...compare, state: 'details-slow' });
  await expect(slow.getByRole('status').filter({ hasText: 'Reading attributes…' })).toBeVisible();
});

test('what opens in one graph opens in the other, and they move together, until they are let apart', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'graph-open' });
  await settled(page);
  const surfaces = [side(page, 0).locator('.graph-surface'), side(page, 1).locator('.graph-surface')] as const;
  const select = async (at: 0 | 1, presses: number): Promise<void> => {
    await surfaces[at].focus();
    await page.keyboard.press('Home');
    for (let press = 0; press < presses; press++) await page.keyboard.press('ArrowDown');
  };
  await select(0, 4);
  await expect(current(page, 0)).toHaveAttribute('aria-label', /^layer1, Module, 10 nodes, closed, .*1 changed$/);
  await expect(current(page, 1)).toHaveAttribute('data-key', 's:0:layer1');
  await page.keyboard.press('Enter');
  await expect(current(page, 0)).toHaveAttribute('aria-label', /layer1, Module, 10 nodes, open/);
  await expect(current(page, 1)).toHaveAttribute('aria-label', /layer1, Module, 10 nodes, open/);
  await page.mouse.move(200, 400);
  await page.mouse.wheel(0, 300);
  await expectBeside(page);
  await page.getByRole('button', { name: 'Let the graphs move apart' }).click();
  await surfaces[0].focus();
  await page.keyboard.press('Enter');
  await expect(current(page, 0)).toHaveAttribute('aria-label', /layer1, Module, 10 nodes, closed/);
  await expect(current(page, 1)).toHaveAttribute('aria-label', /layer1, Module, 10 nodes, open/);
  await settled(page);
  const before = await placeOf(page, 1);
  await page.mouse.move(200, 400);
  await page.mouse.wheel(0, 200);
  await page.waitForTimeout(300);
  expect(await placeOf(page, 1)).toEqual(before);
  await page.getByRole('button', { name: 'Fit both graphs (0)' }).click();
  await expect(side(page, 1).locator('.graph-scale')).not.toHaveText('100 %');
});

test('a node is opened in its model, by Enter and from the menu of VS Code', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'graph-selected' });
  await settled(page);
  const layer = '/layer2/1/conv1/Conv_output_0';
  await side(page, 1).locator('.graph-surface').focus();
  await page.keyboard.press('Enter');
  await expect.poll(() => asked(page, 'open')).toEqual([{ file: 1, layer }]);
  const context = JSON.parse((await current(page, 1).getAttribute('data-vscode-context'))!) as unknown;
  expect(context).toMatchObject({ webviewSection: 'comparedNode', unitscopeModel: 'file:///models/resnet18-finetuned.onnx', unitscopeLayer: layer });
});

test('two graphs of 10,000 nodes block nothing for long', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'huge' });
  await page.locator('.pair-row').first().waitFor();
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ entryTypes: ['longtask'] });
  });
  await page.getByRole('radio', { name: 'Graph' }).click();
  await settled(page);
  await page.keyboard.press('F7');
  await expect(current(page, 0)).toBeInViewport();
  await expectBeside(page);
  const longest = await page.evaluate(() => Math.max(0, ...(window as unknown as { tasks: number[] }).tasks));
  const pieces = longest / (await pieceOfWork(page));
  console.log(`longest task when two graphs of 12,007 nodes are shown: ${longest.toFixed(0)} ms, ${pieces.toFixed(1)} pieces of work`);
  expect(pieces).toBeLessThan(9);
});
