// The tests' VS Code: `import { expect, test } from './fixtures.mts'`. Every test gets a server, a profile, a copy of the
// samples and a window of its own; a server starts in a fifth of a second, so there is nothing to share.
import { rmSync } from 'node:fs';
import { _electron, test as base, type TestInfo } from '@playwright/test';
import { desktopExecutable, desktopProfile, installInDesktop, useDesktop } from '../host/desktop.mjs';
import { ensureServer } from '../host/install.mjs';
import { openWorkbench } from '../host/page.mjs';
import { startServer, type ServerOptions } from '../host/server.mjs';
import { copyWorkspace, samples } from '../host/workspace.mjs';
import { Workbench } from './helpers/workbench.mts';

export { expect } from '@playwright/test';

export interface VSCodeOptions {
  /** The folder to open a copy of; one that does not exist gives an empty workspace. Default: samples/. */
  files: string;
  /** How VS Code is started: theme, trust, settings, environment, and where the extension comes from. Default: the checkout. */
  host: ServerOptions;
}

interface Fixtures {
  /** The copy of `files` that this test has open. */
  folder: string;
  vscode: Workbench;
}

const common = base.extend<VSCodeOptions & { folder: string }>({
  files: [samples, { option: true }],
  host: [{}, { option: true }],
  folder: async ({ files }, use) => {
    const { folder, remove } = copyWorkspace(files);
    await use(folder);
    remove();
    rmSync(cacheOf(folder), { recursive: true, force: true });
  },
});

const viaServer = common.extend<Fixtures>({
  vscode: async ({ page, folder, host }, use, testInfo) => {
    await ensureServer();
    const server = await startServer(complete(host, folder));
    try {
      await openWorkbench(page, server, { folder });
      await use(new Workbench(page, folder));
    } finally {
      await attachLogs(testInfo, server.logs());
      await page.close(); // before the server, or the window would report a lost connection
      await server.stop();
    }
  },
});

const viaDesktop = common.extend<Fixtures>({
  vscode: async ({ folder, host }, use) => {
    const options = complete(host, folder);
    const profile = desktopProfile(options);
    if (options.vsix) await installInDesktop(options.vsix, profile);
    const app = await _electron.launch({ executablePath: await desktopExecutable(), args: [folder, ...profile.args], env: desktopEnvironment(options) });
    try {
      const page = await app.firstWindow();
      await page.waitForFunction(() => performance.getEntriesByName('code/didLoadExtensions').length > 0, undefined, { timeout: 90_000 });
      await use(new Workbench(page, folder));
    } finally {
      await app.close();
      profile.remove();
    }
  },
});

/** Results of a test are its own: a scan that another has made would leave it nothing to do. */
const cacheOf = (folder: string): string => `${folder}-cache`;

/** The checkout's extension unless told otherwise; the stage `package` says in UNITSCOPE_VSIX which package is under test. */
function complete(options: ServerOptions, folder: string): ServerOptions {
  const host = { ...options, env: { XDG_CACHE_HOME: cacheOf(folder), ...options.env } };
  if (host.extension !== 'vsix') return { extension: 'link', ...host };
  const vsix = host.vsix ?? process.env.UNITSCOPE_VSIX;
  if (!vsix) throw new Error('No package to install: run "npm test -- package", or name one in UNITSCOPE_VSIX.');
  return { ...host, vsix };
}

function desktopEnvironment(host: ServerOptions): Record<string, string> {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(inherited.filter(([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name))), ...host.env };
}

async function attachLogs(testInfo: TestInfo, logs: { name: string; text: string }[]): Promise<void> {
  if (testInfo.status === testInfo.expectedStatus) return;
  for (const { name, text } of logs) await testInfo.attach(name, { body: text, contentType: 'text/plain' });
}

export const test = useDesktop() ? viaDesktop : viaServer;
