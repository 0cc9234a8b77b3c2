// Starts and stops one VS Code server with folders of its own; docs/testing.md tells how it is used.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRoot, root } from '../../scripts/lib/root.mjs';
import { atExit } from '../../scripts/lib/exit.mjs';
import { mustRun } from '../../scripts/lib/run.mjs';
import { serverNode, vscodeDir } from './install.mjs';
import { settingsFor } from './settings.mjs';

const program = join(vscodeDir, 'out', 'server-main.js');
const preload = new URL('./dieWithParent.mjs', import.meta.url).href;

/**
 * Starts a server; call `ensureServer()` of install.mjs first.
 * @param {import('./server.mjs').ServerOptions} options
 * @returns {Promise<import('./server.mjs').Server>}
 */
export async function startServer({ extension = 'none', vsix, port = 0, trust = true, theme, settings = {}, env = {} } = {}) {
  const dirs = makeDirs();
  const environment = { ...cleanEnvironment(), TMPDIR: dirs.tmp, ...env };
  const token = randomBytes(16).toString('hex'); // other users of this machine must not get a terminal of ours
  let child;
  const forget = atExit(() => {
    if (child) signalGroup(child, 'SIGKILL');
    dirs.remove();
  });
  const stop = async () => {
    if (child) await endGroup(child);
    forget();
    dirs.remove();
  };
  try {
    const all = JSON.stringify({ ...settingsFor({ trust, theme }), ...settings }, null, 2);
    writeFileSync(join(dirs.user, 'User', 'settings.json'), all);
    writeFileSync(join(dirs.user, 'Machine', 'settings.json'), all); // settings of machine scope are read from here
    if (extension === 'link') linkCheckout(dirs);
    if (extension === 'vsix') await mustRun(`Installing ${vsix}`, serverNode(), [program, ...folderArgs(dirs), '--install-extension', vsix], { env: environment });
    child = spawn(serverNode(), ['--import', preload, program, ...serverArgs({ dirs, port, token, trust })], {
      env: environment,
      detached: true, // a process group of its own, so that stop() reaches the extension host and the engine
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const bound = await listening(child);
    return {
      port: bound,
      url: (folder) => `http://127.0.0.1:${bound}/?tkn=${token}${folder ? `&folder=${encodeURIComponent(folder)}` : ''}`,
      exited: new Promise((resolve) => child.on('exit', resolve)),
      logs: () => readLogs(dirs),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function makeDirs() {
  // macOS's own temporary folder has a long path, and those of VS Code's sockets below it are bounded.
  const all = mkdtempSync(join(process.platform === 'darwin' ? '/tmp' : tmpdir(), 'unitscope-'));
  const dirs = { all, server: join(all, 'server'), user: join(all, 'user'), extensions: join(all, 'extensions'), tmp: join(all, 'tmp') };
  for (const dir of [...Object.values(dirs), join(dirs.user, 'User'), join(dirs.user, 'Machine')]) mkdirSync(dir, { recursive: true });
  return { ...dirs, remove: () => rmSync(all, { recursive: true, force: true, maxRetries: 5 }) };
}

const folderArgs = (dirs) => ['--server-data-dir', dirs.server, '--user-data-dir', dirs.user, '--extensions-dir', dirs.extensions, '--accept-server-license-terms'];

const serverArgs = ({ dirs, port, token, trust }) => [
  '--host', '127.0.0.1', '--port', String(port), '--connection-token', token, ...folderArgs(dirs),
  '--disable-telemetry', '--disable-update-check', '--disable-getting-started-override',
  ...(trust ? ['--disable-workspace-trust'] : []),
];

function linkCheckout(dirs) {
  const { publisher, name, version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  symlinkSync(root, join(dirs.extensions, `${publisher}.${name}-${version}`), 'dir');
}

/** What a VS Code, an Electron or an npm around us would make this server do stays outside. */
function cleanEnvironment() {
  const foreign = /^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$|XDG_RUNTIME_DIR$)/;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
  return { ...env, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
}

/** The port, once the server says that it listens; if it ends before, an error with its output. */
function listening(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why) => reject(new Error(`VS Code's server ${why}:\n${output}`.trimEnd()));
    const timer = setTimeout(() => fail('was not ready after 60 s'), 60_000);
    const read = (chunk) => {
      output = (output + chunk).slice(-10_000);
      const port = /Extension host agent listening on (\d+)/.exec(output)?.[1];
      if (!port) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code}`);
    });
  });
}

/** Ends the group: politely, and after three seconds for certain. */
async function endGroup(child) {
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    signalGroup(child, signal);
    for (let waited = 0; waited < 3000 && signalGroup(child, 0); waited += 50) await sleep(50);
  }
}

function signalGroup(child, signal) {
  try {
    return process.kill(-child.pid, signal);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}

/** What the extension host and the output channels have logged, for the report of a failed test. */
function readLogs(dirs) {
  const logs = join(dirs.user, 'logs');
  return readdirSync(logs, { recursive: true })
    .filter((name) => /exthost.*\.log$/.test(name) && !/vscode\.[^/]*\//.test(name))
    .map((name) => ({ name, text: readFileSync(join(logs, name), 'utf8') }))
    .filter(({ text }) => text.trim() !== '');
}
