// The table of `npm test`: what each stage needs before it runs, and what it runs. Cheap ones come first.
import { ensureBuild } from '../lib/modules.mjs';
import { globSync } from '../lib/glob.mjs';
import { ensureChromium } from '../../test/host/browser.mjs';
import { desktopExecutable, useDesktop } from '../../test/host/desktop.mjs';
import { ensureServer } from '../../test/host/install.mjs';
import { layers } from './layers.mjs';
import { lint, typecheck } from './checks.mjs';
import { integration, unit } from './mocha.mjs';
import { packaged } from './packaged.mjs';
import { playwright } from './playwright.mjs';
import { repository } from './repository.mjs';

const once = (work) => {
  let promise;
  return () => (promise ??= work());
};

const build = once(() => ensureBuild({ tests: true }));
const browser = once(ensureChromium);
const host = once(() => (useDesktop() ? desktopExecutable() : ensureServer()));
const files = (folder) => () => globSync(folder, /\.test\.m?ts$/).length > 0;
const always = () => true;

export const stages = [
  { name: 'typecheck', needs: [], hasTests: always, run: typecheck },
  { name: 'lint', needs: [], hasTests: always, run: lint },
  { name: 'layers', needs: [], hasTests: always, run: layers },
  { name: 'repository', needs: [], hasTests: always, run: repository },
  { name: 'unit', needs: [build], hasTests: files('test/unit'), run: unit },
  { name: 'integration', needs: [build, browser, host], hasTests: files('test/integration'), run: integration },
  { name: 'visual', needs: [build, browser], hasTests: files('test/visual'), run: playwright('visual') },
  { name: 'e2e', needs: [build, browser, host], hasTests: files('test/e2e'), run: playwright('e2e') },
  { name: 'package', needs: [browser, host], hasTests: always, run: packaged },
];
