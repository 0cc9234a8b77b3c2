// The retrieval panel: results and their keyboard, two layers, regions, filters, quality, what is missing or fails.
import type { Locator, Page } from '@playwright/test';
import { expect, test, themeNames } from './fixtures.mts';
import { asked, elements, kept } from './panel.mts';

const size = { width: 900, height: 640 };
const card = (page: Page, position: number): Locator => page.locator(`.result[data-position="${position}"]`);

/** Waits until every picture on screen is there. */
async function pictured(page: Page): Promise<void> {
  await expect(page.locator('.result img, .query-picture img').first()).toBeVisible();
  await expect
    .poll(() =>
      page.evaluate(
        () =>
          [...document.querySelectorAll('.result-frame, .query-picture')].filter((frame) => {
            const { top, bottom } = frame.getBoundingClientRect();
            return bottom > 0 && top < window.innerHeight && !frame.querySelector('img')?.complete;
          }).length,
      ),
    )
    .toBe(0);
}

test('results: keyboard, Enter searches on, a result is dragged out as a file', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'typical', size });
  await pictured(page);
  await expect(page.locator('.ranking-status')).toContainText('1,999 found');
  await expect(page.locator('.ranking-status')).toContainText('exact');
  await expect(page.locator('.ranking-status')).toContainText('left out: 1 of the query');
  await card(page, 0).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(card(page, 8)).toBeFocused();
  const menu = JSON.parse((await card(page, 8).getAttribute('data-vscode-context'))!) as { webviewSection: string; unitscopeStimulus: number };
  expect(menu.webviewSection).toBe('stimulus');
  await card(page, 8).dispatchEvent('pointerdown');
  await page.waitForTimeout(300); // its file comes
  const dragged = await card(page, 8).evaluate((element) => {
    const dataTransfer = new DataTransfer();
    element.dispatchEvent(new DragEvent('dragstart', { dataTransfer, bubbles: true }));
    return { download: dataTransfer.getData('DownloadURL'), list: dataTransfer.getData('text/uri-list'), urls: JSON.parse(dataTransfer.getData('resourceurls')) as string[] };
  });
  expect(dragged.list).toMatch(/^file:\/\/\/data\/imagenet200\/n\d+_\w+\/n\d+_\d+\.JPEG$/);
  expect(dragged.download).toMatch(/^image\/\w+:n\d+_\d+\.JPEG:blob:/);
  expect(dragged.urls).toEqual([dragged.list]);
  await page.keyboard.press('Enter');
  await expect.poll(() => asked(page, 'query.set')).toEqual([
    { kind: 'images', terms: [{ image: { index: menu.unitscopeStimulus, context: 1 }, weight: 1 }] },
  ]);
  await expect(page.locator('.ranking')).toHaveAttribute('aria-busy', 'false');
  await page.keyboard.press(' ');
  await expect.poll(async () => (await asked(page, 'stimulus.open')).length).toBe(1);
});

test('metric, pool, layer and filter change the ranking at once', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'typical', size });
  await pictured(page);
  const first = await card(page, 0).getAttribute('title');
  await page.getByLabel('Distance', { exact: true }).selectOption({ label: 'Euclidean distance' });
  await expect(card(page, 0)).not.toHaveAttribute('title', first!);
  await page.getByRole('button', { name: /^Layer:/ }).click();
  await page.keyboard.type('layer4 relu_1');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('region', { name: /Ranking of relu_1/ })).toBeVisible();
  await page.getByText('Only other classes').click();
  await expect(page.locator('.ranking-status')).toContainText('199 found');
  await expect.poll(async () => ((await asked(page, 'settings.changed')) as { filter: { otherClasses: boolean } }[]).at(-1)?.filter.otherClasses).toBe(true);
});

test('two layers side by side tell how ranks change', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'two-layers', size });
  await pictured(page);
  await expect(page.locator('.ranking')).toHaveCount(2);
  await expect(page.locator('.ranking').nth(1).locator('.rank-change').first()).toHaveText(/^[▲▼][\d,]+$|^=$/);
  await gallery.matches('retrieval-two-layers');
  await page.getByRole('button', { name: 'One layer only' }).click();
  await expect(page.locator('.ranking')).toHaveCount(1);
});

test('40,000 results scroll without filling the page', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'huge', size });
  await pictured(page);
  await card(page, 0).focus();
  await page.keyboard.press('Control+End');
  await expect(card(page, 39_998)).toBeFocused();
  await pictured(page);
  expect(await elements(page)).toBeLessThan(900);
  await expect.poll(async () => (await kept(page)).scroll).toBeGreaterThan(100_000);
});

test('a region is drawn with the mouse and with the keyboard', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'draw-empty', size });
  const board = page.locator('.region-board');
  await expect(board).toBeVisible();
  const at = (await board.boundingBox())!;
  await page.mouse.move(at.x + at.width * 0.2, at.y + at.height * 0.2);
  await page.mouse.down();
  await page.mouse.move(at.x + at.width * 0.7, at.y + at.height * 0.6, { steps: 5 });
  await page.mouse.up();
  await expect(page.locator('.region-head')).toContainText(/\d+ × \d+ px/);
  await board.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByRole('slider', { name: 'Context' }).fill('20');
  await expect(page.locator('.box-faint')).toBeVisible();
  await page.getByText('Find matching regions').click();
  const [query] = (await asked(page, 'query.set')) as { terms: { image: { index: number; box: number[]; context: number } }[] }[];
  expect(query!.terms[0]!.image).toMatchObject({ index: 7, context: 2 });
  expect(query!.terms[0]!.image.box.every(Number.isInteger)).toBe(true);
  await expect(page.locator('.result .patch-box').first()).toBeVisible();
  await expect(page.locator('.query .patch-box').first()).toBeVisible();
});

test('what is missing is recorded without asking; what fails says so, and stays', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'missing', size });
  await expect(page.locator('.result img').first()).toBeVisible();
  expect(await asked(page, 'prepare')).toHaveLength(1);
  const failed = await gallery.open({ panel: 'retrieval', state: 'failed-layer', size });
  await expect(failed.getByRole('alert')).toContainText('could not be measured');
  const refused = await gallery.open({ panel: 'retrieval', state: 'refused', size });
  await expect(refused.getByRole('alert')).toContainText('the disk is full');
  await refused.getByText('Try again', { exact: true }).click();
  await expect(refused.locator('.result img').first()).toBeVisible();
  await expect(refused.getByRole('alert')).toHaveCount(0);
});

test('domains, columns, regions without a box, approximate search, a missing file', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'domains', size });
  await pictured(page);
  await page.getByLabel('Part to search in').selectOption({ label: 'In “domain 2”' });
  await expect.poll(async () => ((await asked(page, 'search')) as { filter: { domain?: object } }[]).at(-1)?.filter.domain).toEqual({ column: 'domain', value: 'domain 2' });
  await page.getByRole('button', { name: /^season/ }).click();
  await page.getByRole('option', { name: /season 4/ }).click();
  await expect.poll(async () => ((await asked(page, 'search')) as { filter: { where: object[] } }[]).at(-1)?.filter.where).toEqual([{ column: 'season', values: ['season 1'] }]);
  const local = await gallery.open({ panel: 'retrieval', state: 'local-without-region', size });
  await local.getByRole('tabpanel').getByText('Draw region').click();
  await expect(local.locator('.region-board')).toBeVisible();
  const approximate = await gallery.open({ panel: 'retrieval', state: 'approximate', size });
  await expect(approximate.locator('.approximate')).toContainText('finds 98.3 % of the 10 nearest');
  const gone = await gallery.open({ panel: 'retrieval', state: 'file-missing', size });
  await expect(gone.locator('.query-problem')).toContainText('is not there any more');
});

test('quality: measured when asked, table, chart, confusions of a layer', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'quality-idle', size: { width: 1100, height: 800 } });
  await page.getByText('Measure', { exact: true }).click();
  await expect(page.locator('.quality-table tbody tr')).toHaveCount(31);
  await expect(page.locator('.quality-canvas canvas')).toBeVisible();
  await page.getByRole('button', { name: 'layer1.0.relu', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Confusions' })).toContainText('What layer1.0.relu takes for what');
  await page.getByText('Search in this layer').click();
  await expect(page.getByRole('region', { name: /Ranking of relu/ })).toBeVisible();
  const running = await gallery.open({ panel: 'retrieval', state: 'quality-running', size });
  await expect(running.locator('.quality-table tbody tr').nth(1)).toBeVisible();
  await running.getByText('Cancel').click();
  await expect(running.getByText('Cancel')).toHaveCount(0);
  expect(await running.locator('.quality-table tbody tr').count()).toBeGreaterThan(0);
});

test('a published table is searched, with its own columns, and left', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'retrieval', state: 'published', size });
  await pictured(page);
  await expect(page.locator('.table-scope')).toContainText('resnet18-layer4-mean');
  await expect(page.locator('.table-scope')).toContainText('1,200 images');
  await gallery.matches('retrieval-published');
  await page.getByRole('button', { name: /^Search these images/ }).click();
  await expect(page.locator('.table-scope')).toHaveCount(0);
  await expect.poll(async () => ((await asked(page, 'search')) as { index?: object }[]).at(-1)?.index).toBeUndefined();
});

const screens = [
  ...themeNames.map((theme) => ({ name: `retrieval-${theme}`, state: 'typical', theme, size })),
  { name: 'retrieval-local', state: 'local', theme: 'light-modern' as const, size },
  { name: 'retrieval-narrow', state: 'region', theme: 'dark-modern' as const, size: { width: 400, height: 640 } },
  { name: 'retrieval-combine', state: 'combine', theme: 'light-modern' as const, size },
  { name: 'retrieval-draw', state: 'draw', theme: 'dark-hc' as const, size: { width: 640, height: 520 } },
  { name: 'retrieval-empty', state: 'empty', theme: 'dark-modern' as const, size },
  { name: 'retrieval-quality', state: 'quality', theme: 'dark-modern' as const, size: { width: 1100, height: 800 } },
];
for (const { name, ...scene } of screens)
  test(name, async ({ gallery }) => {
    const page = await gallery.open({ panel: 'retrieval', ...scene });
    await expect(page.locator('.waiting')).toHaveCount(0);
    if (!['draw', 'empty', 'quality'].includes(scene.state)) await pictured(page);
    await gallery.matches(name);
  });
