// Finds Chromium (or Chrome, or Edge), or installs Debian's. `node test/host/browser.mjs` prints its path.
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { isMain } from '../../scripts/lib/main.mjs';
import { aptInstall, canApt } from '../../scripts/lib/apt.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge-stable', 'microsoft-edge'];

/** Flags for a quiet browser that needs no GPU, no sandbox (root has none) and draws text alike everywhere. */
export const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  '--font-render-hinting=none', '--disable-lcd-text', '--force-color-profile=srgb',
];

/** The browser named by UNITSCOPE_CHROMIUM or CHROME_PATH, else one in its usual place, else undefined. */
export function findChromium() {
  const named = process.env.UNITSCOPE_CHROMIUM ?? process.env.CHROME_PATH;
  if (named) {
    if (!isExecutable(named)) throw new Error(`UNITSCOPE_CHROMIUM or CHROME_PATH names ${named}, which is not an executable file.`);
    return named;
  }
  return usualPlaces().find(isExecutable);
}

/** A browser; installs Debian's chromium where none is found and we may. */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (canApt()) await aptInstall('chromium', 'fonts-dejavu-core', 'fonts-liberation');
  const installed = findChromium();
  if (!installed) throw new Error('The tests need a browser: install Chromium, Chrome or Edge, or name one in UNITSCOPE_CHROMIUM.');
  return installed;
}

/** Chromium's software Vulkan driver, for onnxruntime's WebGPU on a machine without a GPU: set VK_ICD_FILENAMES to it. */
export function swiftShaderDriver() {
  const browser = findChromium();
  if (!browser) return undefined;
  return [dirname(realpathSync(browser)), '/usr/lib/chromium'].map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path));
}

function usualPlaces() {
  const inPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  if (process.platform === 'darwin') {
    return [...['Chromium', 'Google Chrome', 'Microsoft Edge'].map((name) => `/Applications/${name}.app/Contents/MacOS/${name}`), ...inPath];
  }
  if (process.platform === 'win32') {
    const roots = [process.env.PROGRAMFILES, process.env['PROGRAMFILES(X86)'], process.env.LOCALAPPDATA].filter(Boolean);
    return roots.flatMap((folder) => ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe', 'Chromium\\Application\\chrome.exe'].map((path) => join(folder, path)));
  }
  return inPath;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

if (isMain(import.meta.url)) console.log(await ensureChromium());
