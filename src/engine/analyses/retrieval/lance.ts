import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cancelled, isCancelled, UnitscopeError } from '../../../protocol/errors';

const version = '0.37.1';
const arrow = '18.1.0';

/** Set where LanceDB is installed already, as an administrator or a test may have done. */
const folderVariable = 'UNITSCOPE_LANCEDB';

/** LanceDB's embedding functions, which we never call: two packages of hundreds of megabytes, replaced by an empty one. */
const unused = ['@huggingface/transformers', 'openai'];

let installing: Promise<string> | undefined;

/**
 * The folder with LanceDB, which is 66 MB compressed and so not part of the package: installed by the user's own npm, with their
 * registry and proxy, into the cache folder, without running anybody's scripts.
 * @throws usage where there is no npm, or it fails: with the command to run, cancelled
 */
export async function lanceFolder(cache: string, signal: AbortSignal): Promise<string> {
  const given = process.env[folderVariable];
  const folder = given ?? join(cache, `lancedb-${version}`);
  if (existsSync(join(folder, 'node_modules', '@lancedb', 'lancedb', 'package.json'))) return folder;
  if (given !== undefined) throw new UnitscopeError('usage', `${folderVariable} is ${given}, but LanceDB is not installed there.`);
  for (;;) {
    installing ??= install(folder, signal).finally(() => (installing = undefined));
    try {
      return await installing;
    } catch (error) {
      if (!isCancelled(error) || signal.aborted) throw error; // else another that asked has cancelled the installation
    }
  }
}

async function install(folder: string, signal: AbortSignal): Promise<string> {
  const aside = `${folder}.${process.pid}.tmp`;
  const args = ['install', '--prefix', aside, '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', '--omit=peer', '--loglevel=error'];
  try {
    await rm(aside, { recursive: true, force: true });
    await mkdir(join(aside, 'nothing'), { recursive: true });
    await writeFile(join(aside, 'nothing', 'package.json'), JSON.stringify({ name: 'nothing', version: '0.0.0' }));
    const manifest = {
      private: true,
      dependencies: { '@lancedb/lancedb': version, 'apache-arrow': arrow },
      overrides: Object.fromEntries(unused.map((name) => [name, 'file:./nothing'])),
    };
    await writeFile(join(aside, 'package.json'), JSON.stringify(manifest, null, 2));
    await runNpm(args, aside, folder, signal);
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
    return folder;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function runNpm(args: string[], aside: string, folder: string, signal: AbortSignal): Promise<void> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const byHand = `npm install --prefix "${folder}" --ignore-scripts --omit=optional @lancedb/lancedb@${version} apache-arrow@${arrow} @lancedb/lancedb-${process.platform}-${process.arch}${process.platform === 'linux' ? '-gnu' : process.platform === 'win32' ? '-msvc' : ''}@${version}`;
  let errors = '';
  const code = await new Promise<number | string>((done) => {
    // Node refuses to run a .cmd without a shell; the folder is quoted for it.
    const shell = process.platform === 'win32';
    const child = spawn(npm, shell ? args.map((arg) => (arg === aside ? `"${arg}"` : arg)) : args, { cwd: aside, shell, stdio: ['ignore', 'ignore', 'pipe'], signal, windowsHide: true });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)));
    child.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    child.once('close', (status) => done(status ?? 'killed'));
  });
  if (signal.aborted) throw cancelled();
  if (code === 0) return;
  if (code === 'ENOENT') throw new UnitscopeError('usage', `Published indexes need LanceDB, and npm, which would install it, is not there; install Node.js with npm, or run elsewhere and copy the folder: ${byHand}`);
  const reason = errors.split('\n').find((line) => line.trim() !== '')?.replace(/^npm (error|ERR!)\s*/, '') ?? `npm ended with ${code}`;
  throw new UnitscopeError('usage', `LanceDB, which published indexes need, could not be installed (${reason.trim()}); try it in a terminal: ${byHand}`);
}
