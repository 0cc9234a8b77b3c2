// node_modules and the build: made when missing, left alone when they fit the lock file.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { inRoot } from './root.mjs';
import { mustRun, node, npm, since } from './run.mjs';
import { withLock } from './lock.mjs';

export function checkNode() {
  if (Number(process.versions.node.split('.')[0]) >= 20) return;
  throw new Error(`Unitscope needs Node 20 or newer to build; this is Node ${process.versions.node}.`);
}

export async function ensureModules() {
  if (modulesFit()) return;
  await withLock(inRoot('.vscode-test', 'modules.lock'), async () => {
    if (modulesFit()) return;
    const start = performance.now();
    console.log('Installing npm packages…');
    await mustRun('npm ci', ...npm('ci'));
    console.log(`  done in ${since(start)}`);
  });
}

export async function ensureBuild({ tests = false } = {}) {
  if (tests) rmSync(inRoot('dist-test'), { recursive: true, force: true }); // a deleted test must not run on
  console.log((await mustRun('The build', ...node('esbuild.mjs', ...(tests ? ['--tests'] : [])))).trim());
}

/** npm records what it installed; it fits when every package of our lock file that is not optional is there in its version. */
function modulesFit() {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const locked = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages;
  return Object.entries(locked).every(([path, { version, optional, devOptional }]) => {
    if (path === '') return true;
    return installed[path] ? installed[path].version === version : Boolean(optional || devOptional);
  });
}
