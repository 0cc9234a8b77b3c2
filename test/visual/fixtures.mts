// Panels of the gallery in plain Chromium: `import { expect, test } from './fixtures.mts'`.
// A page that throws, logs an error or breaks its content security policy fails the test.
import { expect, test as base, type Page } from '@playwright/test';
import { serveGallery } from '../host/gallery.mjs';
import { themes, type ThemeName } from '../host/settings.mjs';

export { expect };

export const themeNames = Object.keys(themes) as ThemeName[];

export interface Scene {
  panel: string;
  state: string;
  theme?: ThemeName;
  size?: { width: number; height: number };
}

export interface Gallery {
  page: Page;
  /** Opens a panel in one of its states and waits until its letters and pictures are there. */
  open(scene: Scene): Promise<Page>;
  /** Compares the page with test/visual/screens/<name>.png; `npm test -- visual --update-snapshots` writes them. */
  matches(name: string): Promise<void>;
}

export const test = base.extend<{ gallery: Gallery }, { galleryUrl: string }>({
  galleryUrl: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const { url, stop } = await serveGallery();
      await use(url);
      stop();
    },
    { scope: 'worker' },
  ],
  gallery: async ({ page, galleryUrl }, use) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
    });
    await use({
      page,
      async open({ panel, state, theme = 'dark-modern', size }) {
        if (size) await page.setViewportSize(size);
        await page.goto(`${galleryUrl}/index.html?${new URLSearchParams({ panel, state, theme }).toString()}`);
        // The script of a worker that is given up while it loads is a request that never ends.
        await Promise.race([page.waitForLoadState('networkidle'), page.waitForTimeout(5000)]);
        await page.evaluate(async () => {
          await document.fonts.ready;
          await Promise.all([...document.images].map((image) => image.decode()));
        });
        return page;
      },
      matches: (name) => expect(page).toHaveScreenshot(`${name}.png`),
    });
    expect(errors, 'errors in the page').toEqual([]);
  },
});
