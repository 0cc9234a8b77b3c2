// What every panel looks like. A screen is committed only after somebody has looked at it.
import { expect, test, themeNames, type Scene } from './fixtures.mts';
import { pictured } from './panel.mts';

type Screen = Scene & { name: string };

const model = { panel: 'model', size: { width: 900, height: 640 } };
const patches = { panel: 'patches', size: { width: 640, height: 440 } };
const narrow = { width: 400, height: 560 };

const screens: Screen[] = [
  ...themeNames.map((theme) => ({ ...model, name: `model-${theme}`, state: 'typical', theme })),
  { ...model, name: 'model-narrow', state: 'skipped', theme: 'light-modern', size: narrow },
  { ...model, name: 'model-wide', state: 'scanning', theme: 'dark-modern', size: { width: 1500, height: 560 } },
  { ...model, name: 'model-no-dataset', state: 'no-dataset', theme: 'light-modern' },
  { ...model, name: 'model-restricted', state: 'restricted', theme: 'dark-hc' },
  { ...model, name: 'model-stopped', state: 'stopped', theme: 'light-hc' },
  { ...model, name: 'model-undrivable', state: 'undrivable', theme: 'dark-modern' },
  { ...model, name: 'model-corrupt', state: 'corrupt', theme: 'light-modern', size: { width: 640, height: 360 } },
  { ...model, name: 'model-long-names', state: 'long-names', theme: 'dark-modern' },
  { ...model, name: 'model-huge', state: 'huge', theme: 'light-modern' },
  ...themeNames.map((theme) => ({ ...patches, name: `patches-${theme}`, state: 'typical', theme })),
  { ...patches, name: 'patches-scanning', state: 'scanning', theme: 'dark-modern', size: narrow },
  { ...patches, name: 'patches-preparing', state: 'preparing', theme: 'light-modern' },
  { ...patches, name: 'patches-no-dataset', state: 'no-dataset', theme: 'dark-modern' },
  { ...patches, name: 'patches-failed-layer', state: 'failed-layer', theme: 'light-hc' },
  { ...patches, name: 'patches-broken', state: 'broken', theme: 'dark-hc', size: narrow },
  { ...patches, name: 'patches-detail', state: 'detail', theme: 'dark-modern', size: { width: 1044, height: 340 } },
  { ...patches, name: 'patches-detail-narrow', state: 'detail', theme: 'light-modern', size: narrow },
];

for (const { name, ...scene } of screens) {
  test(name, async ({ gallery }) => {
    const page = await gallery.open(scene);
    await expect(page.locator('.loading, .waiting')).toHaveCount(0);
    if (scene.panel === 'patches' && scene.state !== 'preparing') await pictured(page);
    await gallery.matches(name);
  });
}
