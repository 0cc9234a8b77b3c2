import { test } from './fixtures.mts';
const list = JSON.parse(process.env.SHOTS ?? '[]') as { panel: string; state: string; theme: string; name: string; size?: { width: number; height: number }; click?: string; key?: string }[];
for (const { name, click, key, ...scene } of list)
  test(name, async ({ gallery }) => {
    const page = await gallery.open(scene as never);
    await page.waitForTimeout(700);
    if (click) await page.locator(click).first().click();
    if (key) await page.keyboard.press(key);
    await page.waitForTimeout(400);
    await page.screenshot({ path: `/tmp/shots6w/${name}.png` });
  });
