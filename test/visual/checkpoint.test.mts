// The pages about checkpoints: the editor, the comparison, the plan for a graph.
import type { Locator, Page } from '@playwright/test';
import { expect, test, themeNames, type Scene } from './fixtures.mts';
import { asked, elements, kept } from './panel.mts';

const rows = (page: Page): Locator => page.locator('[role="row"][data-key]');
const editor = { panel: 'checkpoint', size: { width: 1080, height: 700 } };
const compare = { panel: 'checkpointCompare', size: { width: 1080, height: 700 } };
const join = { panel: 'checkpointJoin', size: { width: 900, height: 560 } };
const narrow = { width: 400, height: 640 };

const screens: (Scene & { name: string })[] = [
  ...themeNames.map((theme) => ({ ...editor, name: `checkpoint-${theme}`, state: 'selected', theme })),
  { ...editor, name: 'checkpoint-odd', state: 'odd', theme: 'light-modern' },
  { ...editor, name: 'checkpoint-deep', state: 'deep', theme: 'dark-modern' },
  { ...editor, name: 'checkpoint-dangerous', state: 'dangerous', theme: 'dark-modern' },
  { ...editor, name: 'checkpoint-contents', state: 'contents', theme: 'light-modern' },
  { ...editor, name: 'checkpoint-views', state: 'views', theme: 'dark-modern' },
  { ...editor, name: 'checkpoint-long-names', state: 'long-names', theme: 'light-modern', size: narrow },
  { ...editor, name: 'checkpoint-narrow', state: 'typical', theme: 'dark-modern', size: narrow },
  { ...editor, name: 'checkpoint-gone', state: 'gone', theme: 'dark-hc', size: { width: 900, height: 400 } },
  { ...editor, name: 'checkpoint-half', state: 'selected', theme: 'light-modern', size: { width: 700, height: 640 } },
  { ...editor, name: 'checkpoint-broken', state: 'broken', theme: 'dark-modern', size: { width: 640, height: 360 } },
  { ...editor, name: 'checkpoint-empty', state: 'empty', theme: 'light-modern', size: { width: 640, height: 480 } },
  ...themeNames.map((theme) => ({ ...compare, name: `checkpoint-compare-${theme}`, state: 'selected', theme })),
  { ...compare, name: 'checkpoint-compare-filters', state: 'filters', theme: 'dark-modern' },
  { ...compare, name: 'checkpoint-compare-series', state: 'series', theme: 'light-modern' },
  { ...compare, name: 'checkpoint-compare-narrow', state: 'typical', theme: 'dark-modern', size: narrow },
  { ...join, name: 'checkpoint-join', state: 'incomplete', theme: 'dark-modern' },
  { ...join, name: 'checkpoint-join-complete', state: 'complete', theme: 'light-modern' },
  { ...join, name: 'checkpoint-join-narrow', state: 'complete', theme: 'dark-hc', size: narrow },
];

for (const { name, ...scene } of screens) {
  test(name, async ({ gallery }) => {
    const page = await gallery.open(scene);
    await expect(page.locator('.loading, .picture-waiting, .tensor-detail .progress-line, .compare-waiting')).toHaveCount(0);
    await gallery.matches(name);
  });
}

test('a tensor is found, looked into and left again by keyboard in the checkpoint editor', async ({ gallery }) => {
  const page = await gallery.open({ ...editor, state: 'typical' });
  await rows(page).first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('128x64');
  await expect(page.locator('.list-count')).toContainText('2 of 122 tensors');
  await page.keyboard.press('ArrowDown');
  for (let step = 0; step < 2; step++) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.locator('.tensor-detail h2')).toContainText('layer2.0');
  await expect(page.locator('.numbers')).toContainText('Mean');
  await page.keyboard.press('Escape');
  await expect(page.locator('.tensor-detail')).toHaveCount(0);
});

test('another tensor cancels the statistics of the one before, and so does Cancel, in the checkpoint editor', async ({ gallery }) => {
  const page = await gallery.open({ ...editor, state: 'reading' });
  await expect.poll(() => asked(page, 'statistics')).toEqual([{ tensor: 'conv1.weight' }]);
  await rows(page).filter({ hasText: 'running_mean' }).first().click();
  await expect.poll(() => asked(page, 'statistics cancelled')).toHaveLength(1);
  await expect.poll(() => asked(page, 'statistics')).toHaveLength(2);
  await page.getByText('Cancel', { exact: true }).click();
  await expect.poll(() => asked(page, 'statistics cancelled')).toHaveLength(2);
  await page.getByText('Compute', { exact: true }).click();
  await expect.poll(() => asked(page, 'statistics')).toHaveLength(3);
});

test('50,000 tensors of a checkpoint stay few elements', async ({ gallery }) => {
  const page = await gallery.open({ ...editor, state: 'huge' });
  await page.getByRole('button', { name: 'Expand all modules' }).click();
  for (const share of [0.3, 1, 0]) {
    await page.locator('.checkpoint-page').evaluate((element, to) => (element.scrollTop = to * element.scrollHeight), share);
    await expect(rows(page).nth(10)).toBeAttached();
    expect(await elements(page)).toBeLessThan(2500);
  }
  await page.getByRole('button', { name: 'Bytes' }).click();
  await expect(page.locator('[aria-sort="descending"]')).toHaveText('Bytes');
});

test('contents of a checkpoint are loaded when they are asked for, and the selection is kept', async ({ gallery }) => {
  const page = await gallery.open({ ...editor, state: 'contents' });
  await page.locator('.contents-row', { hasText: 'state_dict' }).click();
  await page.getByText('Show (122)').click();
  await expect.poll(() => asked(page, 'tree')).toEqual([{ at: [2], from: 0, count: 100 }]);
  await expect(page.getByText('Show more (22)')).toBeVisible();
  await page.getByRole('tab', { name: 'Tensors' }).click();
  await rows(page).filter({ hasText: 'conv1' }).first().waitFor();
  await expect.poll(() => kept(page)).toMatchObject({ tab: 'tensors' });
});

test('what moved most comes first in the comparison of checkpoints, and a comparison can be cancelled', async ({ gallery }) => {
  let page = await gallery.open({ ...compare, state: 'typical' });
  await page.getByRole('button', { name: 'Relative change' }).click();
  await expect(rows(page).first()).toContainText('moved');
  await rows(page).first().click();
  await expect(page.locator('.tensor-detail')).toContainText('Change by unit');
  page = await gallery.open({ ...compare, state: 'running' });
  await page.getByText('Cancel', { exact: true }).click();
  await expect.poll(() => asked(page, 'compare cancelled')).toHaveLength(1);
  await expect(page.getByText('The comparison was cancelled.')).toBeVisible();
});

test('a joined model is opened once, and the original checkpoint is asked for, from the plan for a graph', async ({ gallery }) => {
  let page = await gallery.open({ ...join, state: 'opening' });
  await page.getByText('Choose original checkpoint…').click();
  await expect.poll(() => asked(page, 'original.choose')).toHaveLength(1);
  await page.getByRole('button', { name: 'Open Joined Model' }).click();
  await expect(page.getByRole('button', { name: 'Joining…' })).toBeVisible();
  page = await gallery.open({ ...join, state: 'incomplete' });
  const open = page.locator('us-button', { hasText: 'Open Joined Model' });
  await expect(open).toBeVisible();
  await open.click({ force: true });
  expect(await asked(page, 'open')).toEqual([]);
});
