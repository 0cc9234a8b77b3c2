import { spawn } from 'node:child_process';
import { root } from './root.mjs';
import { atExit } from './exit.mjs';

const children = new Set();
atExit(interruptChildren);

/** Passes Ctrl-C on to every command that is running, and to what it started. */
export function interruptChildren() {
  for (const child of children) {
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGINT');
  }
}

/** Runs a command to its end. Output is shown, or with `quiet` kept and returned. Never throws for an exit code. */
export function run(command, args, { cwd = root, env = {}, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'];
    // A process group of its own: Ctrl-C reaches us alone, and we pass it on once.
    const child = spawn(command, args, { cwd, stdio, env: { ...process.env, ...env }, detached: process.platform !== 'win32' });
    children.add(child);
    const out = [];
    const err = [];
    child.stdout?.on('data', (chunk) => out.push(chunk));
    child.stderr?.on('data', (chunk) => err.push(chunk));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      children.delete(child);
      resolve({ code: code ?? 1, signal, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** Runs a command quietly; if it fails, throws one sentence followed by its output. */
export async function mustRun(what, command, args, options) {
  const { code, stdout, stderr } = await run(command, args, { ...options, quiet: true });
  if (code !== 0) throw new Error(`${what} failed with exit code ${code}:\n${stdout}${stderr}`.trimEnd());
  return stdout;
}

/** Node on a script; npm on its arguments, whichever npm started us. */
export const node = (...args) => [process.execPath, args];
export function npm(...args) {
  if (process.env.npm_execpath?.endsWith('npm-cli.js')) return [process.execPath, [process.env.npm_execpath, ...args]];
  return process.platform === 'win32' ? ['cmd.exe', ['/c', 'npm', ...args]] : ['npm', args];
}

/** "12.3 s" since a moment. */
export const since = (start) => `${((performance.now() - start) / 1000).toFixed(1)} s`;
