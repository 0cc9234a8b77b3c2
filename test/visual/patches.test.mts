// The patches panel: keyboard, live results, long grids, one unit, what it keeps.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.mts';
import { asked, elements, kept, pictured } from './panel.mts';

const cards = (page: Page): Locator => page.locator('.unit-card');
const focused = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.getAttribute('data-position') ?? null);
const size = { width: 900, height: 700 };

test('the grid of units is one stop for Tab, and the arrows move in it', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'typical', size });
  await cards(page).first().focus();
  for (const [key, position] of [
    ['ArrowRight', '1'],
    ['ArrowDown', '5'],
    ['ArrowLeft', '4'],
    ['Control+End', '127'],
    ['ArrowUp', '123'],
    ['Home', '120'],
    ['Control+Home', '0'],
  ] as const) {
    await page.keyboard.press(key);
    await expect.poll(() => focused(page), key).toBe(position);
  }
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: /^Unit 1 / })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect.poll(() => focused(page)).toBe('1');
});

test('3,000 units stay few elements, and only what is on screen is cut', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'wide', size });
  await pictured(page);
  const grid = page.locator('.unit-scroller');
  for (const share of [0.3, 0.7, 1]) {
    await grid.evaluate((element, to) => (element.scrollTop = to * element.scrollHeight), share);
    await expect(page.locator('.unit-card:not(.unit-waiting)').first()).toBeAttached();
    await pictured(page);
    expect(await cards(page).count()).toBeLessThan(60);
    expect(await elements(page)).toBeLessThan(1500);
  }
  await expect(cards(page).last()).toContainText('2,999');
});

test('patches fill in while the images are recorded, and none vanishes on the way', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'live', size: { width: 460, height: 440 } });
  await page.getByRole('main').getByText('Record', { exact: true }).click();
  await expect.poll(() => asked(page, 'layer.visualize')).toHaveLength(1);
  await page.evaluate(() => {
    let most = 0;
    const lost: number[] = [];
    Object.assign(window, { lost });
    new MutationObserver(() => {
      const now = document.querySelectorAll('.patch img').length;
      if (now < most) lost.push(most - now);
      most = Math.max(most, now);
    }).observe(document.body, { childList: true, subtree: true });
  });
  await expect(page.locator('.scan-text')).toContainText('images/s');
  await pictured(page);
  const before = await page.locator('.unit-score').allTextContents();
  await expect.poll(() => page.locator('.unit-score').allTextContents(), { timeout: 10_000 }).not.toEqual(before);
  expect(await page.evaluate(() => (window as unknown as { lost: number[] }).lost)).toEqual([]);
});

test('a unit opens over a narrow panel and beside a wide grid', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'typical', size });
  await cards(page).nth(2).click();
  await expect(page.locator('.panel-over')).toBeVisible();
  await expect(page.getByRole('heading', { name: /^Unit 2 / })).toBeVisible();
  await page.setViewportSize({ width: 1400, height: 700 });
  await expect(page.locator('.panel-beside')).toBeVisible();
  await expect(page.locator('.unit-open')).toHaveAttribute('data-position', '2');
  await page.getByRole('button', { name: /^Next unit/ }).click();
  await expect(page.getByRole('heading', { name: /^Unit 3 / })).toBeVisible();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(page.getByRole('heading', { name: /^Unit 2 / })).toBeVisible();
  await page.locator('.stimulus').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect.poll(() => asked(page, 'stimulus.open')).toHaveLength(1);
  await page.keyboard.press('Escape');
  await expect(page.locator('.detail')).toHaveCount(0);
});

test('order, classes, number and size are told to the extension', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'typical', size });
  await page.getByLabel('Order of units').selectOption('selectivity');
  await page.locator('.class-filter').click();
  await page.keyboard.type('painted_eye');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(page.locator('.class-filter')).toContainText('painted_eye');
  await page.getByLabel('Patches a unit').fill('4');
  await expect
    .poll(async () => (await asked(page, 'settings.changed')).at(-1))
    .toMatchObject({
      order: 'selectivity',
      descending: true,
      top: 4,
      labels: [expect.stringContaining('painted_eye')],
    });
  await expect(cards(page).first().locator('.patch')).toHaveCount(4);
});

test('the layer is chosen by search or one after the other', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'typical', size });
  await page.getByRole('button', { name: 'Next layer' }).click();
  await expect.poll(() => asked(page, 'layer.select')).toEqual([{ layer: '/layer2/1/relu/Relu_output_0' }]);
  await page.locator('.layer-picker-button').click();
  await page.keyboard.type('fc');
  await page.keyboard.press('Enter');
  await expect.poll(async () => (await asked(page, 'layer.select')).at(-1)).toEqual({ layer: '/fc/Gemm_output_0' });
  await expect(page.locator('.layer-picker-button')).toBeFocused();
  await expect(page.locator('.layer-facts')).toContainText('sees the whole image');
});

test('layer, unit and place survive a reload', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'typical', size });
  await pictured(page);
  await page.locator('.unit-scroller').evaluate((element) => (element.scrollTop = 900));
  await page.locator('.unit-card[data-position="16"]').click();
  await expect.poll(() => kept(page)).toMatchObject({ layer: '/layer2/0/relu_1/Relu_output_0', unit: 16, scroll: 900 });
  await page.reload();
  await expect(page.getByRole('heading', { name: /^Unit 16 / })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('.unit-scroller').evaluate((element) => element.scrollTop)).toBe(900);
});

test('old pictures stay when the engine stops, and it can be restarted', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'patches', state: 'stopped', size });
  await expect(page.getByText('The engine has stopped.')).toBeVisible();
  await page.getByText('Restart engine').click();
  await pictured(page);
  await expect(page.getByText('The engine has stopped.')).toHaveCount(0);
});

const wideUnit = { panel: 'patches', size: { width: 1180, height: 820 } };

for (const scene of [
  { name: 'patches-comparison-dark-modern', state: 'comparison', theme: 'dark-modern' },
  { name: 'patches-comparison-light-modern', state: 'comparison', theme: 'light-modern' },
  { name: 'patches-comparison-dark-hc', state: 'comparison', theme: 'dark-hc' },
  { name: 'patches-comparison-light-hc', state: 'comparison', theme: 'light-hc' },
  { name: 'patches-comparison-narrow', state: 'comparison-long', theme: 'dark-modern', size: { width: 460, height: 820 } },
  { name: 'patches-comparison-recording', state: 'comparison-recording', theme: 'light-modern', size: { width: 700, height: 420 } },
] as const)
  test(scene.name, async ({ gallery }) => {
    const { name, ...rest } = scene;
    const page = await gallery.open({ ...wideUnit, ...rest });
    await expect(page.locator('.comparison-bar')).toBeVisible();
    if (!scene.state.endsWith('recording')) {
      await expect(page.locator('.comparison-column')).toHaveCount(2);
      await expect(page.locator('.stimulus img').first()).toBeVisible();
      await pictured(page);
    }
    await gallery.matches(name);
  });

test('recording the other model can be cancelled and resumed, and its refusal is a sentence', async ({ gallery }) => {
  let page = await gallery.open({ ...wideUnit, state: 'comparison-recording' });
  await page.getByText('Cancel', { exact: true }).click();
  await expect.poll(() => asked(page, 'other.record cancelled')).toHaveLength(1);
  await page.getByText('Resume', { exact: true }).click();
  await expect.poll(() => asked(page, 'other.record')).toHaveLength(2);
  page = await gallery.open({ ...wideUnit, state: 'comparison-refused' });
  await expect(page.getByText(/choose a model of the same architecture/)).toBeVisible();
  page = await gallery.open({ ...wideUnit, state: 'comparison-waiting' });
  await expect(page.getByText('Compared when the recording is over')).toBeVisible();
  expect(await asked(page, 'other.record')).toEqual([]);
});

test('a comparison is chosen from the unit, and left from it', async ({ gallery }) => {
  let page = await gallery.open({ ...wideUnit, state: 'detail' });
  await page.getByRole('button', { name: 'Compare with a checkpoint…' }).click();
  await expect.poll(() => asked(page, 'other.choose')).toHaveLength(1);
  page = await gallery.open({ ...wideUnit, state: 'comparison' });
  await expect(page.getByText(/of the 50 strongest stimuli are the same/)).toBeVisible();
  await expect(page.locator('.stimulus-common').first()).toBeVisible();
  await page.getByRole('button', { name: 'Without comparison' }).click();
  await expect.poll(() => asked(page, 'other.leave')).toHaveLength(1);
});
