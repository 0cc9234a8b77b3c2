// What is found in the graph: a list below the search field, walked with the keys.
import type { Locator, Page } from '@playwright/test';
import { expect, test, themeNames } from './fixtures.mts';
import { pieceOfWork } from './panel.mts';

const wide = { width: 1100, height: 720 };
const field = (page: Page): Locator => page.getByLabel(/^Find name/).and(page.locator('input'));
const list = (page: Page): Locator => page.getByRole('listbox');
const options = (page: Page): Locator => list(page).getByRole('option');
const picked = (page: Page): Locator => list(page).getByRole('option', { selected: true });
const current = (page: Page): Locator => page.locator('.graph-current');
const found = (page: Page): Locator => page.locator('.graph-found');

async function search(page: Page, text: string): Promise<void> {
  await page.locator('.graph-surface').focus();
  await page.keyboard.press('Control+f');
  await page.keyboard.type(text);
}

test('search counts, goes on and back, and opens what hides a match', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-vit', size: wide });
  await search(page, 'softmax');
  await expect(found(page)).toHaveText('12');
  await page.keyboard.press('Enter');
  await expect(found(page)).toHaveText('1 of 12');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/blocks/0/attn/softmax/Softmax');
  await page.keyboard.press('Shift+Enter');
  await expect(found(page)).toHaveText('12 of 12');
  await page.keyboard.press('F3');
  await expect(found(page)).toHaveText('1 of 12');
  await field(page).fill('197x197');
  await expect(found(page)).toHaveText('24');
  await field(page).fill('nothing like this');
  await expect(found(page)).toHaveText('None');
  await expect(page.locator('.pick-empty')).toContainText('“nothing like this”');
});

test('a list of hits drops while one types, is walked with the arrows, and one goes where it says', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await search(page, 'layer2.0.conv1');
  await expect(field(page)).toHaveAttribute('role', 'combobox');
  await expect(field(page)).toHaveAttribute('aria-expanded', 'true');
  await expect(field(page)).not.toHaveAttribute('aria-activedescendant');
  await expect(options(page)).toContainText(['layer2.0.conv1', 'layer2.0.conv1.weight', 'layer2.0.conv1.bias', 'relu']);
  await expect(options(page).last()).toContainText('takes');
  await expect(page.locator('.pick-heading')).toHaveText('Only take something that is found');
  await page.keyboard.press('ArrowUp');
  await expect(picked(page)).toHaveCount(0);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(picked(page)).toContainText('layer2.0.conv1.weight');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', (await picked(page).getAttribute('id'))!);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(picked(page), 'past the heading').toContainText('takes');
  await page.keyboard.press('ArrowDown');
  await expect(picked(page)).toContainText('takes');
  await page.keyboard.press('Enter');
  await expect(list(page)).toHaveCount(0);
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveAttribute('aria-expanded', 'false');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/layer2/0/relu/Relu');
  await expect(found(page), 'what only takes it is not counted').toHaveText('1');
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/layer2/0/conv1/Conv');

  // Escape closes the list first, then clears.
  await page.keyboard.press('ArrowDown');
  await expect(list(page)).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(list(page)).toHaveCount(0);
  await expect(field(page)).toHaveValue('layer2.0.conv1');
  await page.keyboard.press('Escape');
  await expect(field(page)).toHaveValue('');
});

test('a click in the list goes there, and it closes with the focus', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await search(page, 'layer3 conv');
  await options(page).nth(2).click();
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/layer3/0/downsample/0/Conv');
  await expect(list(page)).toHaveCount(0);
  await expect(field(page)).toBeFocused();
  await page.keyboard.type('1');
  await expect(list(page)).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(list(page)).toHaveCount(0);
  await page.keyboard.press('Shift+Tab');
  await expect(list(page), 'the field has focus and text').toBeVisible();
  await page.mouse.click(30, 600);
  await expect(list(page)).toHaveCount(0);
});

test('inputs, outputs and weights of the graph are found by name', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await search(page, 'fc.weight');
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/fc/Gemm');
  await field(page).fill('input');
  await expect(options(page).first()).toContainText('Input');
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('data-key', /^i:0:/);
});

test('10,000 nodes are searched between two key presses', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-flat-huge', size: wide });
  await expect(page.locator('.graph-totals')).toContainText('10,000 nodes');
  const times = await page.evaluate(async () => {
    const input = document.querySelector<HTMLInputElement>('.graph-search input')!;
    input.focus();
    const took: number[] = [];
    for (const text of ['s', 'st', 'sta', 'stage_block_7', 'stage_block_70', '', 'conv', 'zzz']) {
      await new Promise(requestAnimationFrame);
      const start = performance.now();
      input.value = text;
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      took.push(performance.now() - start);
    }
    return took;
  });
  const piece = await pieceOfWork(page);
  console.log(`key presses in 10,000 nodes: ${times.map((time) => time.toFixed(0)).join(', ')} ms; a piece of work ${piece.toFixed(0)} ms`);
  expect(times.sort((a, b) => a - b)[times.length >> 1]! / piece).toBeLessThan(1);
  await field(page).fill('stage');
  await expect(page.locator('.find-more')).toHaveText(/^and \d\d,\d{3} more$/);
});

const screens = [
  ...themeNames.map((theme) => ({ name: `graph-search-${theme}`, state: 'graph', text: 'layer3.1.conv2', theme, size: wide, down: 1 })),
  { name: 'graph-search-many', state: 'graph-flat-huge', text: 'block_7', theme: 'dark-modern', size: wide, down: 0 },
  { name: 'graph-search-shape', state: 'graph-vit', text: '197x197', theme: 'light-modern', size: wide, down: 0 },
  { name: 'graph-search-long-names', state: 'graph-long-names', text: 'adapted_ attn', theme: 'light-modern', size: wide, down: 2 },
  { name: 'graph-search-narrow', state: 'graph', text: 'layer3 conv', theme: 'dark-modern', size: { width: 420, height: 640 }, down: 1 },
  { name: 'graph-search-none', state: 'graph', text: 'deconvolution', theme: 'dark-modern', size: { width: 420, height: 640 }, down: 0 },
] as const;

for (const { name, text, down, ...scene } of screens)
  test(name, async ({ gallery }) => {
    const page = await gallery.open({ panel: 'model', ...scene });
    await page.locator('.graph-surface').waitFor();
    await search(page, text);
    for (let step = 0; step < down; step++) await page.keyboard.press('ArrowDown');
    await expect(page.locator('.graph-busy')).toHaveCount(0);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await gallery.matches(name);
  });
