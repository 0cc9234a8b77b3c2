// The desktop VS Code, where one is named or asked for; the npm-carried server (server.mjs) otherwise.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inRoot, root } from '../../scripts/lib/root.mjs';
import { mustRun } from '../../scripts/lib/run.mjs';
import { settingsFor } from './settings.mjs';

/** Desktop is the choice of VSCODE_EXECUTABLE_PATH and UNITSCOPE_TEST_HOST=desktop, and the only one where npm carries no Node for the server. */
export function useDesktop() {
  if (process.env.VSCODE_EXECUTABLE_PATH || process.env.UNITSCOPE_TEST_HOST === 'desktop') return true;
  return process.platform === 'win32' || (process.platform === 'darwin' && Number(process.versions.node.split('.')[0]) < 24);
}

/** The desktop's executable; @vscode/test-electron downloads it once into .vscode-test where none is named. */
export async function desktopExecutable() {
  const named = process.env.VSCODE_EXECUTABLE_PATH;
  if (named && !existsSync(named)) throw new Error(`VSCODE_EXECUTABLE_PATH names ${named}, which does not exist.`);
  if (named) return named;
  const { downloadAndUnzipVSCode } = await import('@vscode/test-electron');
  try {
    return await downloadAndUnzipVSCode({ cachePath: inRoot('.vscode-test') });
  } catch (error) {
    throw new Error(`VS Code could not be downloaded (${error.message}); name an installed one in VSCODE_EXECUTABLE_PATH.`, { cause: error });
  }
}

/** Installs a VSIX into a profile. */
export async function installInDesktop(vsix, { args }) {
  const { resolveCliArgsFromVSCodeExecutablePath } = await import('@vscode/test-electron');
  const cli = resolveCliArgsFromVSCodeExecutablePath(await desktopExecutable(), { reuseMachineInstall: true });
  const command = [...cli, ...args, '--install-extension', vsix];
  const [program, ...rest] = process.platform === 'win32' ? ['cmd.exe', '/c', ...command] : command; // the CLI is a .cmd there
  await mustRun(`Installing ${vsix}`, program, rest);
}

/** Folders of its own for one desktop VS Code, and the arguments that make it use them and load the checkout. */
export function desktopProfile({ extension = 'link', trust = true, theme, settings = {} } = {}) {
  const dir = mkdtempSync(join(process.platform === 'darwin' ? '/tmp' : tmpdir(), 'unitscope-'));
  const user = join(dir, 'user');
  mkdirSync(join(user, 'User'), { recursive: true });
  writeFileSync(join(user, 'User', 'settings.json'), JSON.stringify({ ...settingsFor({ trust, theme }), ...settings }, null, 2));
  const args = [
    `--user-data-dir=${user}`, `--extensions-dir=${join(dir, 'extensions')}`,
    ...(extension === 'link' ? [`--extensionDevelopmentPath=${root}`] : []),
    '--disable-updates', '--skip-welcome', '--skip-release-notes', '--disable-telemetry',
    ...(trust ? ['--disable-workspace-trust'] : []),
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  ];
  return { args, remove: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }) };
}
