// Installs the VS Code that npm carries into .vscode-test/host, once. `node test/host/install.mjs`
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isMain } from '../../scripts/lib/main.mjs';
import { inRoot } from '../../scripts/lib/root.mjs';
import { mustRun, npm, run, since } from '../../scripts/lib/run.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';
import { aptInstall, canApt } from '../../scripts/lib/apt.mjs';

const home = inRoot('.vscode-test', 'host');
const stamp = join(home, 'installed');
const pins = ['package.json', 'package-lock.json'];
const recipe = 1; // raise it when the steps below change

export const vscodeDir = join(home, 'node_modules', 'code-server', 'lib', 'vscode');

/** The Node that runs the server: the pinned npm package of this platform, else the machine's own if it is new enough. */
export function serverNode() {
  const pinned = join(home, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  if (existsSync(pinned)) return pinned;
  return Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : undefined;
}

/** Installs the server where it is missing or does not fit its lock file. Concurrent calls wait for each other. */
export async function ensureServer() {
  if (isInstalled()) return;
  await withLock(inRoot('.vscode-test', 'host.lock'), async () => {
    if (!isInstalled()) await install();
  });
}

const isInstalled = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();

function fingerprint() {
  const hash = createHash('sha256').update(`${recipe} ${process.platform}-${process.arch}`);
  for (const file of pins) hash.update(readFileSync(inRoot('test', 'host', file)));
  return hash.digest('hex');
}

async function install() {
  const start = performance.now();
  console.log('Installing the VS Code that npm carries (once, about a minute, 670 MB)…');
  rmSync(stamp, { force: true });
  mkdirSync(home, { recursive: true });
  for (const file of pins) copyFileSync(inRoot('test', 'host', file), join(home, file));
  await step('packages', npm('ci', '--ignore-scripts'), home);
  const node = serverNode();
  if (!node) throw new Error(`VS Code's server needs Node 24 on ${process.platform}-${process.arch}: install it, or name a desktop VS Code in VSCODE_EXECUTABLE_PATH.`);
  // Its shrinkwrap is out of step with its package.json, so "npm ci" refuses.
  await step('its modules', npm('install', '--omit=dev', '--omit=optional', '--ignore-scripts'), vscodeDir);
  await buildNative(node);
  writeFileSync(stamp, fingerprint());
  console.log(`  done in ${since(start)}`);
}

async function step(what, [command, args], cwd, env) {
  const start = performance.now();
  await mustRun(`Installing ${what} in ${cwd}`, command, args, { cwd, env });
  console.log(`  ${what}: ${since(start)}`);
}

/** Output channels are written through a native module that has to be compiled. The server runs without it, but they stay empty. */
async function buildNative(node) {
  if (!(await hasCompiler())) {
    if (!canApt()) return console.warn('  No C++ compiler, make and python3 here: output channels of this VS Code will stay empty.');
    await aptInstall('g++', 'make', 'python3');
  }
  const prefix = dirname(dirname(node));
  const env = { PATH: `${dirname(node)}:${process.env.PATH}`, npm_config_nodedir: prefix };
  await step('native modules', npm('rebuild', '@vscode/spdlog', '@vscode/native-watchdog'), vscodeDir, env);
}

async function hasCompiler() {
  const found = await Promise.all(['c++', 'make', 'python3'].map((tool) => run('sh', ['-c', `command -v ${tool}`], { quiet: true })));
  return found.every(({ code }) => code === 0);
}

if (isMain(import.meta.url)) await ensureServer();
