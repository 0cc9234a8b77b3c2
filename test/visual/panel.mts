// What the specs of the panels share.
import { expect, type Page } from '@playwright/test';

interface GalleryWindow {
  gallery: {
    asked: [method: string, params: unknown][];
    kept: () => Record<string, unknown>;
    select: (layer: string) => void;
  };
}

/** The calls of a method that the panel has made, by their parameters. */
export function asked(page: Page, method: string): Promise<unknown[]> {
  return page.evaluate(
    (name) =>
      (window as unknown as GalleryWindow).gallery.asked
        .filter(([called]) => called === name)
        .map(([, params]) => params),
    method,
  );
}

/** What the panel would find after a reload. */
export function kept(page: Page): Promise<Record<string, unknown>> {
  return page.evaluate(() => (window as unknown as GalleryWindow).gallery.kept());
}

/** Selects a layer as the tree or a command would. */
export function selectElsewhere(page: Page, layer: string): Promise<void> {
  return page.evaluate((name) => (window as unknown as GalleryWindow).gallery.select(name), layer);
}

/** Waits until every patch and stimulus on screen has its picture. */
export async function pictured(page: Page): Promise<void> {
  await expect
    .poll(() =>
      page.evaluate(() => {
        const onScreen = (element: Element): boolean => {
          const { top, bottom } = element.getBoundingClientRect();
          return bottom > 0 && top < window.innerHeight;
        };
        const cells = [...document.querySelectorAll('.patch:not(.patch-none, .patch-problem), .stimulus-image')].filter(
          onScreen,
        );
        return cells.filter((cell) => !cell.querySelector('img')?.complete).length;
      }),
    )
    .toBe(0);
}

/** Elements in the page: what virtual lists keep small. */
export function elements(page: Page): Promise<number> {
  return page.evaluate(() => document.querySelectorAll('*').length);
}

/**
 * Milliseconds that a fixed piece of work (sorting 200,000 numbers: about 50 on a quiet machine) takes in the page now, the longest of
 * three. What must not block is told in these, so that a busy machine does not fail it.
 */
export async function pieceOfWork(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const times = [0, 1, 2].map(() => {
      let state = 1;
      const numbers = Float64Array.from({ length: 200_000 }, () => (state = (state * 48_271) % 2_147_483_647));
      const start = performance.now();
      [...numbers].sort((a, b) => a - b);
      return performance.now() - start;
    });
    return Math.max(...times);
  });
}
