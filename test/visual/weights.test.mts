// The model editor's page of weights, its notes about a changed file, and the page that compares two models.
import { expect, test, themeNames, type Scene } from './fixtures.mts';
import { asked } from './panel.mts';

const weights = { panel: 'model', size: { width: 1200, height: 820 } };
const compare = { panel: 'modelCompare', size: { width: 1200, height: 760 } };
const narrow = { width: 520, height: 700 };

const screens: (Scene & { name: string })[] = [
  ...themeNames.map((theme) => ({ ...weights, name: `weights-${theme}`, state: 'weights', theme })),
  { ...weights, name: 'weights-sorted', state: 'weights-sorted', theme: 'light-modern' },
  { ...weights, name: 'weights-deep', state: 'weights-deep', theme: 'dark-modern' },
  { ...weights, name: 'weights-quantized', state: 'weights-quantized', theme: 'dark-modern' },
  { ...weights, name: 'weights-vector', state: 'weights-vector', theme: 'light-modern' },
  { ...weights, name: 'weights-refused', state: 'weights-refused', theme: 'dark-modern' },
  { ...weights, name: 'weights-many', state: 'weights-many', theme: 'dark-modern' },
  { ...weights, name: 'weights-narrow', state: 'weights', theme: 'light-modern', size: narrow },
  ...(['file-changed', 'file-damaged', 'file-gone'] as const).map((state) => ({ ...weights, name: `model-${state}`, state, theme: 'dark-modern' as const, size: { width: 820, height: 420 } })),
  ...themeNames.map((theme) => ({ ...compare, name: `model-compare-${theme}`, state: 'selected', theme })),
  { ...compare, name: 'model-compare-weights', state: 'weights', theme: 'light-modern' },
  { ...compare, name: 'model-compare-equal', state: 'equal', theme: 'dark-modern', size: { width: 900, height: 360 } },
  { ...compare, name: 'model-compare-refused', state: 'refused', theme: 'light-modern', size: { width: 900, height: 360 } },
  { ...compare, name: 'model-compare-narrow', state: 'long-names', theme: 'dark-modern', size: narrow },
];

for (const { name, ...scene } of screens) {
  test(name, async ({ gallery }) => {
    const page = await gallery.open(scene);
    await expect(page.locator('.loading, .picture-waiting, .weight-content .progress-line, .model-compare-waiting')).toHaveCount(0);
    if (scene.panel === 'modelCompare' && scene.state !== 'refused') await page.locator('.pair-row').first().waitFor();
    await gallery.matches(name);
  });
}

test('filters by keyboard: arrows move, Enter chooses and shows the unit, Escape goes back; a click only chooses, a double one shows', async ({ gallery }) => {
  const page = await gallery.open({ ...weights, state: 'weights' });
  await page.locator('.filters-note').filter({ hasText: 'of 64 filters' }).waitFor();
  await page.locator('.filter').first().focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const chosen = page.locator('.filter[aria-selected="true"]');
  const unit = Number(await chosen.locator('.filter-number').textContent());
  expect(unit).toBeGreaterThan(1);
  await expect(page.locator('.filter-detail h3')).toHaveText(`Filter ${unit}`);
  await expect.poll(() => asked(page, 'unit.show')).toEqual([expect.objectContaining({ unit })]);
  await page.locator('.filter').nth(7).click();
  await expect(page.locator('.filter-detail h3')).toHaveText('Filter 7');
  expect(await asked(page, 'unit.show')).toHaveLength(1);
  await page.locator('.filter').nth(9).dblclick();
  await expect.poll(() => asked(page, 'unit.show')).toEqual([expect.objectContaining({ unit }), expect.objectContaining({ unit: 9 })]);
  await page.locator('.filter').nth(9).press('Escape');
  await expect(page.locator('.weights')).toHaveCount(0);
});

test('a fit that takes long can be cancelled and begun again', async ({ gallery }) => {
  const page = await gallery.open({ ...weights, state: 'weights-fitting' });
  await expect(page.locator('.filters-note')).toContainText('24 of 64');
  await page.locator('.filters-note').getByText('Cancel').click();
  await page.locator('.filters-note').getByText('Fit', { exact: true }).click();
  await expect(page.locator('.filters-note')).toContainText('24 of 64');
  expect(await asked(page, 'gabor')).toHaveLength(2);
});

test('thousands of tensors: the list scrolls and finds', async ({ gallery }) => {
  const page = await gallery.open({ ...weights, state: 'weights-many' });
  await page.locator('.weight-row').first().waitFor();
  expect(await page.locator('.weight-row').count()).toBeLessThan(80);
  await page.getByLabel('Search name, node or shape').fill('399 qkv');
  await expect(page.locator('.weight-row').first()).toContainText('399');
});

test('differences by keyboard: F7 goes on, Shift+F7 back; kinds can be left out, equal runs opened', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'typical' });
  await page.locator('.pair-row').first().waitFor();
  await page.keyboard.press('F7');
  await expect(page.locator('.model-compare-steps')).toContainText('1 of 17');
  await page.keyboard.press('F7');
  await page.keyboard.press('Shift+F7');
  await page.keyboard.press('Shift+F7');
  await expect(page.locator('.model-compare-steps')).toContainText('17 of 17');
  await expect(page.locator('.pair-selected')).toBeInViewport();
  const fold = page.locator('.pair-fold').first();
  if ((await fold.count()) > 0) await fold.getByRole('button').click();
  await page.getByRole('button', { name: /changed$/ }).click();
  await expect(page.locator('.pair-row.node-changed')).toHaveCount(0);
  await expect(page.locator('.model-compare-steps')).toContainText('2');
});

test('a comparison that runs says how far it is and is cancelled', async ({ gallery }) => {
  const page = await gallery.open({ ...compare, state: 'running' });
  await expect(page.locator('.model-compare-waiting')).toContainText('31.0 MB of 46.8 MB');
  await page.getByText('Cancel', { exact: true }).click();
  await expect(page.locator('.empty h2')).toHaveText('Cancelled');
});
