// Runs the Mocha tests of dist-test/integration in a real extension host: `node test/host/integration.mjs`.
// UNITSCOPE_GREP narrows them; their counts go to the JSON file UNITSCOPE_REPORT.
import { format } from 'node:util';
import { onInterrupt } from '../../scripts/lib/exit.mjs';
import { inRoot, root } from '../../scripts/lib/root.mjs';
import { ensureChromium, flags } from './browser.mjs';
import { desktopExecutable, desktopProfile, useDesktop } from './desktop.mjs';
import { ensureServer } from './install.mjs';
import { openWorkbench } from './page.mjs';
import { startServer } from './server.mjs';
import { copyWorkspace } from './workspace.mjs';

const tests = inRoot('dist-test', 'integration', 'index.js');
const mark = '[test] '; // test/integration/index.ts puts it before the tests' own lines
const limit = 15 * 60_000;

async function inServer(folder) {
  const { chromium } = await import('@playwright/test');
  await ensureServer();
  const server = await startServer({ env: process.stdout.isTTY ? { FORCE_COLOR: '1' } : {} });
  const browser = await chromium.launch({ executablePath: await ensureChromium(), args: flags });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    // VS Code reports to these two functions of the page, where they are there.
    const windowLog = [];
    await page.exposeFunction('codeAutomationLog', (type, args) => {
      const line = format(...args);
      if (line.startsWith(mark)) console.log(line.slice(mark.length));
      else windowLog.push(`${type}: ${line}`);
    });
    const finished = new Promise((resolve, reject) => {
      void page.exposeFunction('codeAutomationExit', resolve).catch(reject);
      page.on('crash', () => reject(new Error('The page with VS Code crashed.')));
      void server.exited.then(() => reject(new Error("VS Code's server ended before the tests did.")));
      setTimeout(() => reject(new Error(`The tests did not end within ${limit / 60_000} minutes; the window's log:\n${windowLog.join('\n')}`)), limit).unref();
    });
    finished.catch(() => undefined); // it may fail before the window is open; the await below reports it
    await openWorkbench(page, server, { folder, development: { extension: root, tests } });
    return await finished;
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function inDesktop(folder) {
  const { runTests } = await import('@vscode/test-electron');
  const profile = desktopProfile({ extension: 'none' });
  try {
    return await runTests({
      vscodeExecutablePath: await desktopExecutable(),
      extensionDevelopmentPath: root,
      extensionTestsPath: tests,
      launchArgs: [folder, ...profile.args],
    });
  } finally {
    profile.remove();
  }
}

onInterrupt((code) => process.exit(code)); // VS Code and its folders go with this process
const { folder, remove } = copyWorkspace();
try {
  process.exitCode = await (useDesktop() ? inDesktop(folder) : inServer(folder));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  remove();
}
