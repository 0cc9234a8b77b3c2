// The model editor's page: search, keyboard, menu, long lists, what it keeps.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.mts';
import { asked, elements, kept, selectElsewhere } from './panel.mts';

const rows = (page: Page): Locator => page.locator('[role="row"][data-key]');
const focused = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.getAttribute('data-key') ?? null);
const layer = (name: string): string => `layer:/${name}_output_0`;

test('a slash leads to the search, which finds names, operators, kinds and modules', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'typical' });
  await rows(page).first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('layer2 conv1');
  await expect(page.locator('.list-count')).toHaveText('2 of 49 layers');
  await expect(page.locator('mark').first()).toHaveText('conv1');
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => focused(page)).toBe('group:["layer2"]');
  await page.keyboard.press('Control+f');
  await expect(page.getByLabel('Search layers')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('.list-count')).toHaveText('49 layers');
  await page.keyboard.type('no such layer');
  await expect(page.getByText('No layer matches')).toBeVisible();
});

test('the list is a tree grid for the keyboard', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'typical' });
  await rows(page).first().focus();
  await page.keyboard.press('End');
  await expect.poll(() => focused(page)).toBe(layer('fc/Gemm'));
  await page.keyboard.press('Home');
  await expect.poll(() => focused(page)).toBe(layer('conv1/Conv'));
  await page.keyboard.type('lay');
  await expect.poll(() => focused(page)).toBe('group:["layer1"]');
  await page.keyboard.press('ArrowLeft');
  await expect(rows(page).filter({ hasText: 'layer1' })).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => focused(page)).toBe(layer('layer1/0/conv1/Conv'));
  await page.keyboard.press('ArrowLeft');
  await expect.poll(() => focused(page)).toBe('group:["layer1","0"]');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press(' ');
  await page.keyboard.press('Enter');
  const relu = { layer: '/layer1/0/relu/Relu_output_0' };
  await expect.poll(() => asked(page, 'layer.select')).toEqual([relu]);
  await expect.poll(() => asked(page, 'layer.visualize')).toEqual([relu]);
});

test('a row opens the menu of VS Code from its button and from the keyboard', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'typical' });
  const row = rows(page).filter({ hasText: 'maxpool' });
  await page.evaluate(() => {
    const opened: unknown[] = [];
    Object.assign(window, { opened });
    window.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      const context = (event.target as Element).closest<HTMLElement>('[data-vscode-context]')?.dataset.vscodeContext;
      opened.push({ x: event.clientX, ...(JSON.parse(context ?? '{}') as object) });
    });
  });
  const opened = (): Promise<{ x: number; unitscopeLayer: string; webviewSection: string; unitscopeModel: string }[]> =>
    page.evaluate(() => (window as unknown as { opened: never[] }).opened);
  await row.hover();
  await row.getByLabel('More actions').click();
  await row.focus();
  await page.keyboard.press('Shift+F10');
  const [clicked, pressed, ...more] = await opened();
  expect(more).toEqual([]);
  for (const one of [clicked, pressed])
    expect(one).toMatchObject({
      webviewSection: 'layer',
      unitscopeModel: 'file:///models/resnet18.onnx',
      unitscopeLayer: '/maxpool/MaxPool_output_0',
    });
  expect(clicked!.x).toBeGreaterThan(0);
});

test('5,000 layers stay few elements, wherever one scrolls', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'huge' });
  await page.getByRole('button', { name: 'Expand all groups' }).click();
  await expect(page.locator('[role="treegrid"]')).toHaveAttribute('aria-rowcount', /^6\d\d\d$/);
  const list = page.locator('.page');
  for (const share of [0.2, 0.5, 0.9, 1]) {
    await list.evaluate((element, to) => (element.scrollTop = to * element.scrollHeight), share);
    await expect(rows(page).nth(20)).toBeAttached();
    expect(await rows(page).count()).toBeLessThan(80);
    expect(await elements(page)).toBeLessThan(2500);
  }
  await expect(rows(page).last()).toContainText('add1');
  await rows(page).last().focus();
  await page.keyboard.press('Home');
  await expect.poll(() => focused(page)).toBe('group:["encoder","blocks"]');
  await page.keyboard.press('PageDown');
  await expect.poll(() => focused(page)).not.toBe('group:["encoder","blocks"]');
  await expect(page.locator('[role="row"][tabindex="0"]')).toBeInViewport();
});

test('a layer selected elsewhere is shown, though its group is closed and the search hides it', async ({
  gallery,
}) => {
  const page = await gallery.open({ panel: 'model', state: 'huge' });
  await page.keyboard.press('/');
  await page.keyboard.type('norm1');
  await selectElsewhere(page, '/encoder/blocks/300/mlp/act/Gelu_output_0');
  const row = page.locator('[data-key="layer:/encoder/blocks/300/mlp/act/Gelu_output_0"]');
  await expect(row).toBeInViewport();
  await expect(page.getByLabel('Search layers')).toHaveValue('');
});

test('search, open groups and place survive a reload', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'typical' });
  await rows(page).filter({ hasText: 'layer1' }).click();
  await page.getByText('Intermediate layers').click();
  await page.locator('.page').evaluate((element) => (element.scrollTop = 300));
  await expect
    .poll(() => kept(page))
    .toMatchObject({ modelUri: 'file:///models/resnet18.onnx', intermediate: false, scroll: 300 });
  await page.reload();
  await expect(rows(page).filter({ hasText: 'layer1' })).toHaveAttribute('aria-expanded', 'false');
  await expect.poll(() => page.locator('.page').evaluate((element) => element.scrollTop)).toBe(300);
  await expect(page.locator('.list-count')).toHaveText('31 of 49 layers');
});

test('the study is chosen and recorded through the extension', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'live' });
  for (const [name, method] of [
    ['Images', 'dataset.choose'],
    ['Preprocessing', 'preprocess.choose'],
    ['Device', 'device.choose'],
  ] as const) {
    await page.locator('.choice').filter({ hasText: name }).click();
    await expect.poll(() => asked(page, method)).toHaveLength(1);
  }
  await page.getByText('Record all layers').click();
  await expect(page.locator('.scan-text')).toContainText('images/s');
  await page.getByText('Cancel', { exact: true }).click();
  await expect(page.locator('.scan-text')).toContainText('Stopped at');
  await expect(page.getByText('Resume')).toBeVisible();
});
