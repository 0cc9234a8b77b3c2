// `npm start [-- folder] [--port N] [--no-open]`: opens VS Code with Unitscope from this checkout on samples/.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { atExit, onInterrupt } from './lib/exit.mjs';
import { checkNode, ensureBuild, ensureModules } from './lib/modules.mjs';
import { inRoot } from './lib/root.mjs';
import { desktopExecutable, desktopProfile, useDesktop } from '../test/host/desktop.mjs';
import { ensureServer } from '../test/host/install.mjs';
import { startServer } from '../test/host/server.mjs';

const settings = { 'workbench.welcomePage.walkthroughs.openOnInstall': true }; // every start is a first run

async function main() {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { port: { type: 'string', default: '0' }, 'no-open': { type: 'boolean' } } });
  const folder = resolve(positionals[0] ?? inRoot('samples'));
  if (!existsSync(folder)) throw new Error(`There is no folder ${folder}.`);
  checkNode();
  await ensureModules();
  await ensureBuild();
  await (useDesktop() ? startDesktop(folder) : startInBrowser(folder, Number(values.port), !values['no-open']));
}

async function startInBrowser(folder, port, open) {
  await ensureServer();
  const server = await startServer({ extension: 'link', port, settings });
  const url = server.url(folder);
  console.log(`\nVS Code with Unitscope: ${url}\nCtrl-C stops it.`);
  const opener = open && browserOpener();
  if (opener) spawn(opener, [url], { stdio: 'ignore', detached: true }).on('error', (error) => console.warn(`${opener} did not start: ${error.message}`)).unref();
  const code = await server.exited;
  throw new Error(`VS Code's server ended by itself with code ${code}.`);
}

/** What opens an address on this desktop; none without a display. */
function browserOpener() {
  if (process.platform === 'darwin') return 'open';
  return process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? 'xdg-open' : undefined;
}

async function startDesktop(folder) {
  const executable = await desktopExecutable();
  const profile = desktopProfile({ settings });
  const child = spawn(executable, [folder, ...profile.args], { stdio: 'inherit' });
  atExit(() => {
    child.kill();
    profile.remove();
  });
  await new Promise((done, fail) => child.on('exit', done).on('error', fail));
}

onInterrupt((code) => process.exit(code)); // the server, all that it started, and its folders go with this process
try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
