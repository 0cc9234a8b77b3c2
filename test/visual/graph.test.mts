// The graph in the model editor: walked, opened, searched, exported, at any size.
import type { Locator, Page } from '@playwright/test';
import { expect, test, themeNames } from './fixtures.mts';
import { asked, kept, pieceOfWork, selectElsewhere } from './panel.mts';

const surface = (page: Page): Locator => page.locator('.graph-surface');
const current = (page: Page): Locator => page.locator('.graph-current');
const totals = (page: Page): Locator => page.locator('.graph-totals');
const wide = { width: 1100, height: 720 };

/** Middle of what is selected, in the page. */
async function middle(page: Page): Promise<[number, number]> {
  const { x, y, width, height } = (await current(page).boundingBox())!;
  return [x + width / 2, y + height / 2];
}

/** Where the selected box is once the drawing has come to rest. */
async function atRest(page: Page): Promise<{ x: number; y: number; width: number; height: number }> {
  let before = '';
  await expect
    .poll(async () => {
      const last = before;
      before = JSON.stringify(await current(page).boundingBox());
      return before === last;
    })
    .toBe(true);
  return (await current(page).boundingBox())!;
}

/** That the selected box is in the window on the graph as a whole. */
async function expectInView(page: Page): Promise<void> {
  const spare = async (): Promise<number> => {
    const [box, window] = [(await current(page).boundingBox())!, (await surface(page).boundingBox())!];
    return Math.min(box.x - window.x, box.y - window.y, window.x + window.width - box.x - box.width, window.y + window.height - box.y - box.height);
  };
  await expect.poll(spare).toBeGreaterThanOrEqual(0);
}

test('arrow keys follow the edges, Enter opens and visualizes, and all of it is said', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-vit', size: wide });
  await surface(page).focus();
  await page.keyboard.press('ArrowDown');
  await expect(current(page)).toHaveAttribute('aria-label', 'pixel_values, Input, batch by 3 by 224 by 224, 0 producers, 1 consumer');
  await page.keyboard.press('ArrowDown');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/patch_embed/proj/Conv');
  await page.keyboard.press('Backspace');
  await expect(current(page)).toHaveAttribute('aria-label', /^patch_embed, Module, 3 nodes, open/);
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('aria-label', /^patch_embed, Module, 3 nodes, closed/);
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowUp');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/head/Gemm');
  await page.keyboard.press('Enter');
  await expect.poll(() => asked(page, 'layer.visualize')).toEqual([{ layer: '/head/Gemm_output_0' }]);
  await expect.poll(async () => (await asked(page, 'layer.select')).at(-1)).toEqual({ layer: '/head/Gemm_output_0' });
  await page.keyboard.press('Escape');
  await expect(current(page)).toHaveCount(0);
});

test('a drawing that cannot be made leaves the one before, and is told; the next one takes its place', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-vit', size: wide });
  await surface(page).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Backspace');
  await expect(current(page)).toHaveAttribute('aria-label', /^patch_embed, Module, 3 nodes, open/);
  await page.evaluate(() => {
    const real = window.Worker;
    window.Worker = class {
      onmessage: ((event: unknown) => void) | null = null;
      postMessage(): void {
        window.Worker = real;
        setTimeout(() => this.onmessage?.({ data: { problem: 'out of memory' } }));
      }
      terminate(): void {}
    } as unknown as typeof Worker;
  });
  await page.keyboard.press('Enter');
  await expect(page.locator('.graph-window').getByRole('alert')).toHaveText('The graph could not be laid out: out of memory');
  await expect(current(page)).toHaveAttribute('aria-label', /^patch_embed, Module, 3 nodes, open/);
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('aria-label', /^patch_embed, Module, 3 nodes, closed/);
  await expect(page.locator('.graph-window').getByRole('alert')).toHaveCount(0);
});

test('a box opens in place, under the pointer, alone or with all that are alike', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-vit', size: wide });
  await expect(totals(page)).toContainText('19 boxes for 187 nodes');
  await surface(page).focus();
  await page.keyboard.press('/');
  await page.keyboard.type('blocks.3 gelu');
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/blocks/3/mlp/act/Gelu');
  await surface(page).focus();
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
  await expect(current(page)).toHaveAttribute('data-key', 's:0:blocks/3');
  const open = await atRest(page);
  const [x, y] = [open.x + 40, open.y + 12];
  await page.mouse.dblclick(x, y);
  await expect(totals(page)).toContainText('19 boxes');
  const closed = await atRest(page);
  expect(closed.x <= x && x <= closed.x + closed.width && closed.y <= y && y <= closed.y + closed.height).toBe(true);
  await page.getByText('Open all 12 alike').click();
  await expect(totals(page)).toContainText(/1\d\d boxes|187 nodes/);
  await page.getByText('Close all 12 alike').click();
  await expect(totals(page)).toContainText('19 boxes');
});

test('list, graph and tree select the same layer', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-both', size: { width: 1300, height: 800 } });
  await surface(page).waitFor();
  await page.locator('[data-key="layer:/layer1/0/conv1/Conv_output_0"]').click();
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/layer1/0/conv1/Conv');
  await surface(page).focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('[data-key="layer:/layer1/0/relu/Relu_output_0"]')).toHaveAttribute('aria-selected', 'true');
  await selectElsewhere(page, '/layer4/1/conv2/Conv_output_0');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/layer4/1/conv2/Conv');
  await expect(current(page)).toBeInViewport();
});

test('the menu of VS Code opens at a node, from the pointer and from the keyboard', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await page.evaluate(() => {
    const opened: unknown[] = [];
    Object.assign(window, { opened });
    window.addEventListener('contextmenu', (event) => {
      event.preventDefault();
      opened.push(JSON.parse((event.target as Element).closest<HTMLElement>('[data-vscode-context]')?.dataset.vscodeContext ?? '{}'));
    });
  });
  await surface(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  const at = await middle(page);
  await page.mouse.click(30, 600, { button: 'right' });
  await page.mouse.click(...at, { button: 'right' });
  await page.keyboard.press('Shift+F10');
  const opened = await page.evaluate(() => (window as unknown as { opened: unknown[] }).opened);
  const layer = { webviewSection: 'layer', unitscopeLayer: '/conv1/Conv_output_0', unitscopeModel: 'file:///models/resnet18.onnx' };
  expect(opened).toMatchObject([{ webviewSection: 'graph' }, layer, layer]);
});

test('properties lead to producers and consumers, sources and documentation, in which no HTML runs', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await surface(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  const properties = page.getByLabel('Properties', { exact: true });
  await expect(properties).toContainText('auto_pad');
  await expect(properties.locator('.attribute-default').first()).toContainText('default');
  await expect(properties.locator('.markdown')).toContainText("<script>alert('never run')</script>");
  await expect(properties.locator('.markdown script')).toHaveCount(0);
  await properties.getByText('resnet.py:92').click();
  await expect.poll(() => asked(page, 'source.open')).toEqual([{ file: '/opt/venv/torchvision/models/resnet.py', line: 92 }]);
  await properties.getByText('to relu').click();
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/relu/Relu');
  await properties.getByText('from conv1').click();
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/conv1/Conv');
});

test('an edge says what flows along it, beside it and in the properties, which lead to both ends', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await surface(page).focus();
  await page.keyboard.press('1');
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/conv1/Conv');
  const { x, y, width, height } = (await current(page).boundingBox())!;
  await page.mouse.move(x + width / 2 + 2, y + height + 12);
  const card = page.locator('.graph-card');
  await expect(card).toContainText('/conv1/Conv_output_0');
  await expect(card).toContainText('batch × 64 × 112 × 112 float32');
  await expect(card).toContainText('from conv1 to relu');
  await page.mouse.down();
  await page.mouse.up();
  await expect(current(page)).toHaveCount(0);
  const properties = page.getByLabel('Properties', { exact: true });
  await expect(properties.getByRole('heading', { level: 2 })).toHaveText('/conv1/Conv_output_0');
  await expect(properties).toContainText('Shapebatch × 64 × 112 × 112Typefloat32');
  await expect(page.locator('.graph-surface [role=status]')).toHaveText('/conv1/Conv_output_0, batch by 64 by 112 by 112 float32, from conv1, to relu');
  await gallery.matches('graph-edge');
  await properties.getByTitle('Go to what takes it').click();
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/relu/Relu');
  await expect(properties.getByRole('heading', { level: 2 })).toHaveText('relu');
});

test('the minimap goes where all is seen', async ({ gallery }) => {
  await gallery.page.emulateMedia({ reducedMotion: 'reduce' });
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await expect(page.locator('.graph-minimap')).toBeVisible();
  await surface(page).focus();
  await page.keyboard.press('0');
  await expect(page.locator('.graph-minimap')).toBeHidden();
});

test('exports are vectors and pixels of the whole graph', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-squeezenet', size: wide });
  await surface(page).waitFor();
  for (const format of ['SVG', 'PNG']) {
    await page.getByLabel('Export', { exact: true }).click();
    await page.getByText(`As ${format}…`).click();
  }
  await expect.poll(async () => (await asked(page, 'graph.save')).length).toBe(2);
  const [svg, png, scales] = await page.evaluate(() => {
    const saved = (window as unknown as { gallery: { asked: [string, { data: Uint8Array; scale: number }][] } }).gallery.asked.filter(([method]) => method === 'graph.save');
    return [new TextDecoder().decode(saved[0]![1].data), [...saved[1]![1].data.slice(0, 4)], saved.map(([, { scale }]) => scale)] as const;
  });
  expect(scales).toEqual([1, 2]);
  expect(png).toEqual([0x89, 0x50, 0x4e, 0x47]);
  expect((svg.match(/fire\d\/concat/g) ?? []).length).toBe(8);
  expect(await page.evaluate((text) => new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror')?.textContent ?? '', svg)).toBe('');
});

test('a command exports the graph though only the list is on show', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'typical', size: { width: 700, height: 600 } });
  await page.locator('.layer-row').first().waitFor();
  await page.evaluate(() => (window as unknown as { gallery: { tell: (method: string, params: unknown) => void } }).gallery.tell('graph.export', { format: 'svg' }));
  await expect.poll(async () => (await asked(page, 'graph.save')).length).toBe(1);
});

test('all modules closed: the one that held what was selected is selected and in view; what was fitted is fitted again', async ({ gallery }) => {
  await gallery.page.emulateMedia({ reducedMotion: 'reduce' });
  const page = await gallery.open({ panel: 'model', state: 'graph-vit', size: wide });
  const find = async (text: string): Promise<void> => {
    await page.getByLabel(/^Find name/).fill(text);
    await page.keyboard.press('Enter');
  };
  await find('blocks.9 gelu');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/blocks/9/mlp/act/Gelu');
  await page.getByTitle('Close all modules').click();
  await expect(current(page)).toHaveAttribute('data-key', 's:0:blocks');
  await expectInView(page);

  await find('blocks.9 gelu');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/blocks/9/mlp/act/Gelu');
  await surface(page).focus();
  await page.keyboard.press('0');
  const before = await page.locator('.graph-scale').textContent();
  await page.getByTitle('Close all modules').click();
  await expect(current(page)).toHaveAttribute('data-key', 's:0:blocks');
  await expect(page.locator('.graph-scale')).not.toHaveText(before!);
  await expectInView(page);
  const there = await middle(page);
  await surface(page).focus();
  await page.keyboard.press('0');
  expect(await middle(page)).toEqual(there);
});

test('what is selected stays in view when the window becomes small; what was fitted is fitted again', async ({ gallery }) => {
  await gallery.page.emulateMedia({ reducedMotion: 'reduce' });
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await surface(page).focus();
  await page.keyboard.press('1');
  await page.keyboard.press('End');
  await expectInView(page);
  await page.setViewportSize({ width: 560, height: 420 });
  await expectInView(page);
  await page.getByRole('radio', { name: 'List' }).click();
  await page.getByRole('radio', { name: 'Graph' }).click();
  await expectInView(page);
  await surface(page).focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('0');
  const small = await page.locator('.graph-scale').textContent();
  await page.setViewportSize(wide);
  await expect(page.locator('.graph-scale')).not.toHaveText(small!);
  const fitted = await page.locator('.graph-scale').textContent();
  await page.keyboard.press('0');
  await expect(page.locator('.graph-scale')).toHaveText(fitted!);
});

test('what is open, where one looks and how it is drawn survive a reload', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-vit', size: wide });
  await surface(page).focus();
  await page.getByTitle('Draw from left to right').click();
  await page.getByLabel('Colour of the nodes').selectOption('parameters');
  await page.keyboard.press('/');
  await page.keyboard.type('blocks.7 gelu');
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/blocks/7/mlp/act/Gelu');
  await expect.poll(() => kept(page)).toMatchObject({ mode: 'graph', graph: { horizontal: true, overlay: 'parameters', selected: 'n:0:/blocks/7/mlp/act/Gelu' } });
  await expect.poll(async () => ((await kept(page)).graph as { viewport: { scale: number } }).viewport.scale).toBeGreaterThan(0);
  const [x, y] = await middle(page);
  await page.waitForTimeout(600); // the last move is over and kept
  await page.reload();
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:/blocks/7/mlp/act/Gelu');
  const [again, below] = await middle(page);
  expect(Math.abs(again - x) + Math.abs(below - y)).toBeLessThan(2);
  await expect(page.locator('.graph-legend')).toContainText('Parameters');
});

test('steps of zoom add up, however fast they come, and a wheel on the way is followed', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await surface(page).focus();
  const scale = page.locator('.graph-scale');
  await page.keyboard.press('1');
  await expect(scale).toHaveText('100 %');
  for (let i = 0; i < 3; i++) await page.keyboard.press('+');
  await expect(scale).toHaveText('195 %');
  await page.keyboard.press('-');
  await page.evaluate(() => document.querySelector('.graph-surface')!.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: 500, clientY: 400, deltaY: -60, ctrlKey: true })));
  const after = await scale.textContent();
  await page.waitForTimeout(400);
  await expect(scale).toHaveText(after!);
});

test('10,000 nodes open closed, and to open them all is asked first', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-huge', size: wide });
  await expect(totals(page)).toContainText('6 boxes for 12,007 nodes');
  await page.getByTitle('Open all modules').click();
  await expect(page.getByText(/That would draw 1\d,\d{3} nodes/)).toBeVisible();
  await page.getByText('Cancel', { exact: true }).click();
  await expect(totals(page)).toContainText('6 boxes');
});

test('10,000 nodes without modules open in chunks, and block nothing meanwhile', async ({ gallery }) => {
  await gallery.page.addInitScript(() => {
    const tasks: [start: number, length: number][] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => list.getEntries().forEach(({ startTime, duration }) => tasks.push([startTime, duration]))).observe({ type: 'longtask', buffered: true });
  });
  const page = await gallery.open({ panel: 'model', state: 'graph-flat-huge', size: wide });
  await expect(totals(page)).toContainText(/^\d\d boxes for 10,000 nodes/);
  await page.waitForTimeout(300); // tasks are told afterwards
  const longest = await page.evaluate(() => {
    const from = performance.getEntriesByName('graph given')[0]!.startTime;
    return Math.max(0, ...(window as unknown as { tasks: [number, number][] }).tasks.flatMap(([start, length]) => (start >= from - 1 ? [length] : [])));
  });
  const pieces = longest / (await pieceOfWork(page));
  console.log(`longest task after the graph of 10,000 nodes came: ${longest.toFixed(0)} ms, ${pieces.toFixed(1)} pieces of work`);
  expect(pieces).toBeLessThan(5);
  await surface(page).focus();
  await page.keyboard.press('/');
  await page.keyboard.type('block_700_conv2');
  await page.keyboard.press('Enter');
  await expect(current(page)).toHaveAttribute('data-key', 'n:0:stage_block_700_conv2');
  await expect(totals(page)).toContainText(/^1\d\d boxes|^2\d\d boxes/);
});

test('pan and zoom of 3,000 nodes keep their pace', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-flat', size: wide });
  await expect(totals(page)).toContainText('3,000 nodes');
  const median = await page.evaluate(async () => {
    const surface = document.querySelector('.graph-surface')!;
    const times: number[] = [];
    let last = performance.now();
    for (let frame = 0; frame < 150; frame++) {
      const zoom = frame >= 60 && frame < 110;
      surface.dispatchEvent(new WheelEvent('wheel', { bubbles: true, cancelable: true, clientX: 500, clientY: 400, deltaY: zoom ? 12 : 60, ctrlKey: zoom }));
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b)[75]!;
  });
  const pieces = median / (await pieceOfWork(page));
  console.log(`median frame of 3,000 nodes: ${median.toFixed(1)} ms, ${pieces.toFixed(2)} pieces of work`);
  expect(pieces).toBeLessThan(1);
});

test('sparsity is a colouring where there are images, with what the share is of', async ({ gallery }) => {
  let page = await gallery.open({ panel: 'model', state: 'graph', size: wide });
  await surface(page).waitFor();
  expect(await asked(page, 'sparsity')).toEqual([]);
  await page.getByLabel('Colour of the nodes').selectOption('sparsity');
  await expect(page.locator('.graph-legend')).toContainText('activations that are exactly 0, measured on 32 images');
  await expect(page.locator('.graph-scale-line')).toContainText('2.0 %');
  await page.locator('.graph-surface').focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowDown');
  await expect(page.locator('.properties-facts')).toContainText(/Sparsity(\d|not recorded)/);
  page = await gallery.open({ panel: 'model', state: 'graph-sparsity-none', size: wide });
  await expect(page.locator('.graph-legend')).toContainText('Nothing has been recorded with these images yet');
});

test('states without a drawing say what is the matter', async ({ gallery }) => {
  let page = await gallery.open({ panel: 'model', state: 'graph-loading', size: wide });
  await expect(page.getByText('Reading the graph…')).toBeVisible();
  page = await gallery.open({ panel: 'model', state: 'graph-damaged', size: wide });
  await expect(page.getByText('a node that takes its own output')).toBeVisible();
  page = await gallery.open({ panel: 'model', state: 'graph-empty', size: wide });
  await expect(totals(page)).toContainText('The graph computes nothing');
  page = await gallery.open({ panel: 'model', state: 'graph-control-closed', size: wide });
  await expect(page.locator('.graph-legend')).toContainText('the sizes of “state”');
});

test('narrow editors show one at a time; the divider moves with the keys', async ({ gallery }) => {
  const page = await gallery.open({ panel: 'model', state: 'graph-both', size: { width: 620, height: 700 } });
  await expect(page.locator('.layer-row').first()).toBeVisible();
  await expect(page.getByRole('radio')).toHaveText(['List', 'Graph']);
  await page.setViewportSize({ width: 1200, height: 700 });
  await expect(page.getByRole('radio', { name: 'Both' })).toHaveAttribute('aria-checked', 'true');
  const divider = page.getByLabel('Width of the list');
  await divider.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(divider).toHaveAttribute('aria-valuenow', '40');
  await expect.poll(() => kept(page)).toMatchObject({ split: 0.4 });
});

test('the tools keep to one row at any width, searching or not; what has no room is in a menu', async ({ gallery }) => {
  for (const width of [1280, 920, 740, 560, 420, 380]) {
    const page = await gallery.open({ panel: 'model', state: 'graph-vit', size: { width, height: 640 } });
    await surface(page).waitFor();
    const row = async (): Promise<number> => (await page.locator('.graph-head').boundingBox())!.height;
    const before = await row();
    await page.getByLabel(/^Find name/).fill('softmax');
    await expect(page.locator('.graph-found')).toHaveText('12');
    await page.getByLabel(/^Find name/).blur(); // the list of hits is over the graph
    expect(before, `height at ${width} px`).toBeLessThan(48);
    expect(await row()).toBe(before);
    expect((await page.locator('.graph-search').boundingBox())!.width, `room to type at ${width} px`).toBeGreaterThan(50);
    const inside = await page.locator('.graph-head').evaluate((head) => [...head.querySelectorAll('*')].every((one) => one.getBoundingClientRect().right <= innerWidth && one.getBoundingClientRect().bottom <= head.getBoundingClientRect().bottom));
    expect(inside, `all of it in the row at ${width} px`).toBe(true);
    if (width > 560) continue;
    await page.getByLabel('More', { exact: true }).click();
    await page.getByRole('menuitemradio', { name: 'Colour: parameters' }).click();
    await expect(page.locator('.graph-legend')).toContainText('Parameters');
    await page.getByLabel('More', { exact: true }).click();
    await expect(page.getByRole('menuitemradio', { checked: true })).toHaveText('Colour: parameters');
    await page.getByRole('menuitem', { name: 'Open all modules' }).click();
    await expect(totals(page)).toContainText('187 nodes');
  }
});

test('legend and hover card hide nothing of what they are about', async ({ gallery }) => {
  for (const width of [1280, 420]) {
    const page = await gallery.open({ panel: 'model', state: 'graph-heat', size: { width, height: 640 } });
    await surface(page).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    const legend = (await page.locator('.graph-legend').boundingBox())!;
    const drawing = (await surface(page).boundingBox())!;
    expect(legend.y + legend.height).toBeLessThanOrEqual(drawing.y);
    await page.mouse.move(...(await middle(page)));
    const card = page.locator('.graph-card');
    await expect(card).toContainText('Multiply-adds');
    const [about, shown] = [(await current(page).boundingBox())!, (await card.boundingBox())!];
    const apart = shown.x >= about.x + about.width || shown.x + shown.width <= about.x || shown.y >= about.y + about.height || shown.y + shown.height <= about.y;
    expect(apart, 'beside the node').toBe(true);
    expect(shown.x >= drawing.x && shown.y >= drawing.y && shown.x + shown.width <= drawing.x + drawing.width && shown.y + shown.height <= drawing.y + drawing.height).toBe(true);
  }
});

test('what a search found has a frame that no colour of nodes is like', async ({ gallery }) => {
  await gallery.page.emulateMedia({ reducedMotion: 'reduce' }); // one move does not run into the next
  for (const [theme, state] of [['dark-modern', 'graph-heat'], ['light-hc', 'graph-heat'], ['light-modern', 'graph']] as const) {
    const page = await gallery.open({ panel: 'model', state, theme, size: wide });
    await surface(page).focus();
    await page.getByLabel(/^Find name/).fill('/layer1/0/conv1/Conv');
    await expect(page.locator('.graph-found')).not.toHaveText('None');
    await surface(page).press('Home');
    await surface(page).press('ArrowDown');
    await expect(current(page)).toHaveAttribute('data-key', 'n:0:/conv1/Conv');
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await gallery.matches(`graph-found-${theme}`);
  }
});

test('names and values stand in two columns in every section of the properties, and no name breaks inside a word', async ({ gallery }) => {
  for (const width of [1280, 420]) {
    const page = await gallery.open({ panel: 'model', state: 'graph', size: { width, height: 720 } });
    await surface(page).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await page.locator('.port-role').first().filter({ hasText: 'X' }).waitFor();
    const sections = page.locator('.properties-section[open] :is(.properties-attributes, .ports)');
    await expect(sections).toHaveCount(4);
    const lefts = (selector: string): Promise<number[]> => sections.evaluateAll((all, inside) => all.map((one) => new Set([...one.querySelectorAll(inside)].map((part) => part.getBoundingClientRect().left)).size), selector);
    expect(await lefts('.port-name, .port-shape, .port-ways, dd')).toEqual([1, 1, 1, 1]);
    expect(await lefts('.port-role, dt')).toEqual([1, 1, 1, 1]);
    for (const name of await sections.locator('.port-role, dt').all()) expect((await name.boundingBox())!.height).toBeLessThan(24);
  }
});

const screens = [
  ...themeNames.map((theme) => ({ name: `graph-${theme}`, state: 'graph-open', theme, size: wide })),
  { name: 'graph-both', state: 'graph-both', theme: 'dark-modern', size: { width: 1300, height: 720 } },
  { name: 'graph-vit', state: 'graph-vit', theme: 'light-modern', size: wide },
  { name: 'graph-squeezenet', state: 'graph-squeezenet', theme: 'dark-modern', size: wide },
  { name: 'graph-control', state: 'graph-control', theme: 'light-modern', size: wide },
  { name: 'graph-horizontal', state: 'graph-horizontal', theme: 'dark-modern', size: wide },
  { name: 'graph-heat', state: 'graph-heat', theme: 'light-modern', size: wide },
  { name: 'graph-heat-hc', state: 'graph-heat', theme: 'dark-hc', size: wide },
  { name: 'graph-sparsity', state: 'graph-sparsity', theme: 'dark-modern', size: wide },
  { name: 'graph-flat', state: 'graph-flat', theme: 'dark-modern', size: wide },
  { name: 'graph-chunks', state: 'graph-flat-huge', theme: 'dark-modern', size: wide },
  { name: 'graph-long-names', state: 'graph-long-names', theme: 'light-modern', size: wide },
  { name: 'graph-narrow', state: 'graph-open', theme: 'dark-modern', size: { width: 420, height: 640 } },
] as const;

for (const { name, ...scene } of screens)
  test(name, async ({ gallery }) => {
    const page = await gallery.open({ panel: 'model', ...scene });
    await surface(page).waitFor();
    await expect(page.locator('.graph-busy')).toHaveCount(0);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    await gallery.matches(name);
  });
