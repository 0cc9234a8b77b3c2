// The RDM panel: its three views, what is pinned and selected, what is computed, what it keeps and hands out.
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.mts';
import { asked, elements, kept } from './panel.mts';

const size = { width: 1280, height: 800 };
const heat = (page: Page): Locator => page.locator('.heat-over');
const tab = (page: Page, name: string): Locator => page.getByRole('tab', { name });

/** A point of the picture in shares of it; its axes are to the left and above. */
async function at(page: Page, across: number, down: number): Promise<{ x: number; y: number }> {
  const { width, height } = (await heat(page).boundingBox())!;
  const side = Math.min(width, height) - 44;
  return { x: width - 2 - side * (1 - across), y: height - 2 - side * (1 - down) };
}

const tell = (page: Page, method: string, params: unknown): Promise<void> =>
  page.evaluate(
    ([name, value]) => (window as unknown as { gallery: { tell: (name: unknown, value: unknown) => void } }).gallery.tell(name, value),
    [method, params] as const,
  );

/** Waits for a painted RDM. */
async function painted(page: Page): Promise<void> {
  await expect(heat(page)).toBeVisible();
  await expect(page.locator('.heat-loading')).toHaveCount(0);
}

test('the views are tabs for pointer and keyboard', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'typical', size });
  await painted(page);
  await tab(page, 'RDM').focus();
  await page.keyboard.press('ArrowRight');
  await expect(tab(page, 'Layers')).toBeFocused();
  await expect(page.locator('.multiple')).toHaveCount(16);
  await page.keyboard.press('End');
  await expect(page.locator('.matrix canvas')).toBeVisible();
  await expect(tab(page, 'Compare')).toHaveAttribute('aria-selected', 'true');
  await tell(page, 'view.show', { view: 'rdm', layer: '/maxpool/MaxPool_output_0' });
  await expect(page.locator('.depth-name')).toContainText('maxpool');
  await expect.poll(() => kept(page)).toMatchObject({ tab: 'rdm', layer: '/maxpool/MaxPool_output_0', modelUri: 'file:///models/resnet18.onnx' });
});

test('two images are read, pinned, opened and let go', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'typical', size });
  await painted(page);
  await heat(page).hover({ position: await at(page, 0.9, 0.1) });
  await expect(page.locator('.readout')).toContainText('disc');
  await expect(page.locator('.readout')).toContainText('star');
  await expect(page.locator('.readout-value')).toContainText(/percentile$/);
  const value = await page.locator('.readout-value strong').textContent();
  await heat(page).click({ position: await at(page, 0.9, 0.1) });
  await expect(page.locator('.pinned-value strong')).toHaveText(value!);
  await expect(page.locator('.pinned-images img')).toHaveCount(2);
  await expect(page.locator('.pair-point, .pair-here')).toHaveCount(16);
  await page.getByText('Open both').click();
  await expect.poll(async () => (await asked(page, 'stimuli.open')).length).toBe(1);
  const [opened] = (await asked(page, 'stimuli.open')) as { indices: number[] }[];
  // Classes take turns: the first class has every fifth image from 0 on, the last every fifth from 4 on.
  expect(opened!.indices.map((index) => index % 5)).toEqual([0, 4]);
  await expect.poll(() => kept(page)).toMatchObject({ pinned: opened!.indices });
  await page.reload();
  await expect(page.locator('.pinned-value strong')).toHaveText(value!);
  await page.getByRole('button', { name: 'Unpin' }).click();
  await expect(page.locator('.pinned')).toHaveCount(0);
});

test('a selection is one in RDM and map, and Escape lets it go', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'typical', size });
  await painted(page);
  const { x, y } = await at(page, 0.1, 0);
  await heat(page).click({ position: { x, y: y - 6 } });
  await expect(page.locator('.scatter-selected')).toContainText('19 selected');
  await expect.poll(async () => (await kept(page)).selection).toEqual(Array.from({ length: 19 }, (_, step) => step * 5));
  await page.keyboard.press('Escape');
  await expect(page.locator('.scatter-selected')).toBeEmpty();
  const plot = (await page.locator('.scatter-plot').boundingBox())!;
  await page.keyboard.down('Shift');
  await page.mouse.move(plot.x + 4, plot.y + 4);
  await page.mouse.down();
  await page.mouse.move(plot.x + plot.width - 4, plot.y + plot.height - 4, { steps: 4 });
  await page.mouse.up();
  await page.keyboard.up('Shift');
  await expect(page.locator('.scatter-selected')).toContainText('92 selected');
  await page.locator('.class-key button').filter({ hasText: 'ring' }).click();
  await expect(page.locator('.scatter-selected')).toContainText('19 selected');
  await page.locator('.scatter-selected').getByText('Clear').click();
  await expect.poll(async () => (await kept(page)).selection).toEqual([]);
});

test('zoom by wheel and keyboard, and depth by the slider', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'typical', size });
  await painted(page);
  await heat(page).hover({ position: await at(page, 0.5, 0.5) });
  await page.mouse.wheel(0, -600);
  await expect.poll(async () => ((await kept(page)).viewport as { span: number } | null)?.span ?? 92).toBeLessThan(60);
  await heat(page).focus();
  for (let press = 0; press < 4; press++) await page.keyboard.press('+');
  await expect.poll(async () => ((await kept(page)).viewport as { span: number }).span).toBeLessThan(10);
  await page.keyboard.press('0');
  await expect.poll(async () => (await kept(page)).viewport).toBeNull();
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.locator('.readout-value')).toContainText('percentile');
  await page.keyboard.press('Enter');
  await expect(page.locator('.pinned')).toBeVisible();
  await page.getByLabel('Depth').focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page.locator('.depth-count')).toHaveText('15 of 16');
  await page.keyboard.press('Home');
  await expect(page.locator('.depth-name')).toContainText('maxpool');
});

test('another measure is computed by itself, and RDMs appear as they are ready', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'typical', size });
  await painted(page);
  await page.getByLabel('Measure of dissimilarity').selectOption('euclidean');
  await expect(page.locator('.scan-text')).toContainText(/Computing: \d+ of 16 layers/);
  await expect(page.locator('.legend')).toContainText('Euclidean');
  await painted(page);
  await expect.poll(() => asked(page, 'compute')).toHaveLength(1);
  await expect(page.locator('.depth-count')).toHaveText('16 of 16', { timeout: 15_000 });
  await page.getByLabel('Measure of dissimilarity').selectOption('mahalanobis');
  await expect.poll(() => asked(page, 'measure.choose')).toEqual([{ measure: 'mahalanobis' }]);
  await expect(page.getByLabel('Measure of dissimilarity')).toHaveValue('euclidean');
});

test('what is missing waits for a press, what others choose is shown', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'missing', size });
  await expect(page.getByText('These RDMs have not been computed yet')).toBeVisible();
  expect(await asked(page, 'compute')).toEqual([]);
  await page.getByText('Compute', { exact: true }).click();
  await expect(page.locator('.depth-count')).toHaveText('16 of 16', { timeout: 15_000 });
  await page.getByRole('button', { name: 'Choose layers… 16 layers' }).click();
  await expect(page.getByRole('button', { name: 'Choose layers… 3 layers' })).toBeVisible();
  await expect(page.locator('.depth-count')).toHaveText(/of 3$/);
  await page.getByRole('button', { name: /^Choose stimuli/ }).click();
  await expect(page.getByRole('button', { name: 'Choose stimuli… 48 of 92' })).toBeVisible();
});

test('looks are told to the extension and need no computing', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'typical', size });
  await painted(page);
  await page.getByLabel('Order of stimuli').selectOption('column scale');
  await page.getByLabel('Colours').selectOption('cividis');
  await page.getByRole('button', { name: 'Percentiles' }).click();
  await page.getByLabel('How stimuli are laid out').selectOption('umap');
  await expect
    .poll(async () => (await asked(page, 'settings.changed')).at(-1))
    .toMatchObject({ order: { by: 'column', column: 'scale' }, colours: 'cividis', scale: 'value', layout: 'umap' });
  await expect(page.locator('.class-key')).toContainText('scale 1');
  expect(await asked(page, 'compute')).toEqual([]);
});

test('a layout that takes long can be given up', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'slow-layout', size });
  await expect(page.locator('.scatter-busy')).toContainText('Computing MDS');
  await page.locator('.scatter-busy').getByText('Cancel').click();
  await expect(page.locator('.scatter-busy')).toHaveCount(0);
  await expect(page.locator('.scatter-error')).toHaveCount(0);
});

test('300 layers stay few elements, and one opens', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'many', size });
  await expect(page.locator('.multiple').first()).toBeVisible();
  await page.locator('.multiples-scroller').evaluate((element) => (element.scrollTop = element.scrollHeight));
  await expect(page.locator('.multiple').last()).toContainText('blocks.30.norm2');
  expect(await page.locator('.multiple').count()).toBeLessThan(80);
  expect(await elements(page)).toBeLessThan(1600);
  await page.locator('.multiple-button').last().click();
  await expect(page.locator('.depth-count')).toHaveText('300 of 300');
});

test('of 5,000 stimuli only what is on screen is asked for', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'large', size });
  await painted(page);
  await heat(page).hover({ position: await at(page, 0.5, 0.5) });
  await page.mouse.wheel(0, -900);
  const images = async (): Promise<{ region: number[]; size: number }[]> => (await asked(page, 'image')) as never;
  await expect.poll(async () => (await images()).at(-1)!.region[2]).toBeLessThan(1500);
  for (const image of await images()) expect(image.size).toBeLessThan(700);
  await heat(page).hover({ position: await at(page, 0.7, 0.3) });
  await expect(page.locator('.readout-value')).toContainText('percentile');
});

test('layers are compared with each other and with references', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'compare-problem', size: { width: 1280, height: 1000 } });
  await expect(page.locator('.between td').filter({ hasText: /^0\.\d+$/ })).toHaveCount(6);
  await expect(page.locator('.reference-problem')).toContainText('v4_session3.csv has 64 stimuli; there are 92 here.');
  await expect(page.locator('.curve')).toContainText('Noise ceiling over 2 reference RDMs');
  await page.getByRole('button', { name: 'human IT', exact: true }).click();
  await expect.poll(() => kept(page)).toMatchObject({ reference: 'human IT' });
  await expect(page.getByRole('img', { name: /to human IT/ })).toBeVisible();
  await page.getByText('As a table').click();
  await expect(page.locator('.curve-table tbody tr')).toHaveCount(16);
  await page.locator('.matrix canvas').click({ position: { x: 200, y: 200 } });
  await expect(page.locator('.matrix-both .multiple-button')).toHaveCount(2);
  await page.getByRole('button', { name: 'Remove v4_session3.csv' }).click();
  await expect(page.locator('.reference-problem')).toHaveCount(0);
  await page.getByRole('button', { name: /^Comparison/ }).click();
  await page.getByRole('radio', { name: /^Kendall’s tau-a/ }).click();
  await expect.poll(async () => (await asked(page, 'settings.changed')).at(-1)).toMatchObject({ comparison: 'tau-a', references: [{}, {}, {}] });
  await expect(page.locator('.matrix .legend')).toContainText('Kendall’s tau-a');
});

test('every view is handed out as PNG and as SVG with text and axes', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'rdm', state: 'compare', size });
  for (const [view, words] of [
    ['Compare', ['monkey IT', 'noise ceiling', 'maxpool', 'Rho-a']],
    ['Layers', ['maxpool', 'layer2.0.conv2', 'Percentile of 1 − Pearson r']],
    ['RDM', ['disc', 'star', 'MDS: Kruskal stress', 'Percentile of 1 − Pearson r']],
  ] as const) {
    await tab(page, view).click();
    if (view === 'RDM') await painted(page);
    const before = (await asked(page, 'export.picture')).length;
    for (const format of ['PNG', 'SVG']) {
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('menuitem', { name: `Picture as ${format}` }).click();
    }
    await expect.poll(async () => (await asked(page, 'export.picture')).length).toBe(before + 2);
    const files = await page.evaluate(async (skip) => {
      const all = (window as unknown as { gallery: { asked: [string, { name: string; mime: string; data: Uint8Array<ArrayBuffer> }][] } }).gallery.asked;
      const sent = all.filter(([method]) => method === 'export.picture').slice(skip);
      return Promise.all(
        sent.map(async ([, { name, mime, data }]) => {
          if (mime === 'image/png') {
            const { width } = await createImageBitmap(new Blob([data], { type: mime }));
            return { name, width, text: '' };
          }
          const text = new TextDecoder().decode(data);
          const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
          return { name, width: Number(parsed.documentElement.getAttribute('width')), text: parsed.querySelector('parsererror') ? 'broken' : text };
        }),
      );
    }, before);
    const svg = files.find(({ name }) => name.endsWith('.svg'))!;
    for (const word of words) expect(svg.text).toContain(word);
    expect(svg.text).toContain('<image');
    expect(files.find(({ name }) => name.endsWith('.png'))!.width).toBe(svg.width * 2);
  }
});

for (const { name, state, theme, ...more } of [
  { name: 'rdm-dark-modern', state: 'typical', theme: 'dark-modern' },
  { name: 'rdm-light-modern', state: 'pinned', theme: 'light-modern' },
  { name: 'rdm-dark-hc', state: 'zoomed', theme: 'dark-hc' },
  { name: 'rdm-light-hc', state: 'cluster', theme: 'light-hc' },
  { name: 'rdm-layers', state: 'failed-layer', theme: 'light-modern', size: { width: 900, height: 640 } },
  { name: 'rdm-compare', state: 'compare-problem', theme: 'dark-modern', size: { width: 1100, height: 900 } },
  { name: 'rdm-missing', state: 'missing', theme: 'dark-modern', size: { width: 640, height: 440 } },
  { name: 'rdm-narrow', state: 'selected', theme: 'light-modern', size: { width: 400, height: 760 } },
] as const) {
  test(name, async ({ gallery }) => {
    const page = await gallery.open({ panel: 'rdm', state, theme, size: 'size' in more ? more.size : { width: 1100, height: 700 } });
    await expect(page.locator('.waiting, .heat-loading, .multiple-waiting, .stimulus-waiting, .scatter-busy')).toHaveCount(0);
    await gallery.matches(name);
  });
}
