// `npm run package [-- --target linux-x64]`: the VSIX with exactly what it needs, put together in a clean folder.
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { isMain } from './lib/main.mjs';
import { checkNode, ensureBuild, ensureModules } from './lib/modules.mjs';
import { inRoot } from './lib/root.mjs';
import { mustRun, node } from './lib/run.mjs';

const targets = ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-arm64'];
const stage = inRoot('.vscode-test', 'package');

/** What is copied of our own: a path below the root, and which files below it. */
const ours = [
  ['dist', (path) => /^[^/]+\.js$|^webview\/.*(?<!\.map)$/.test(path)],
  ['media', () => true],
  ['samples', (path) => !/(^make|checkpoints)\//.test(path)], // the package opens the model; the rest is for the workspace of npm start
  ['README.md', () => true],
  ['docs/images', () => true], // the README's
  ['LICENSE', () => true],
  ['licenses', () => true],
];

/** What is copied of a package: everything that runs; of these two less. */
const runs = (path) => !/\.(ts|[cm]ts|map|h|cc|gyp)$/.test(path);
const packages = (platform, arch) => ({
  'onnxruntime-node': {
    keep: (path) => /^dist\/.*\.js$/.test(path) || path.startsWith(`bin/napi-v6/${platform}/${arch}/`),
    without: ['adm-zip', 'global-agent'], // only its install script uses them
  },
  // Made for Linux and macOS; elsewhere approximate search says that it is not available.
  usearch: {
    keep: (path) => /^javascript\/dist\/cjs\/.*\.js(on)?$/.test(path) || (path.startsWith('prebuilds/') && path.includes(platform) && path.split('/')[1].includes(arch)),
    without: ['node-addon-api'], // only for compiling
  },
  h5wasm: { keep: (path) => /^dist\/esm\/.*\.js$/.test(path) },
  'onnxruntime-common': { keep: (path) => /^dist\/cjs\/.*\.js(on)?$/.test(path) }, // its package.json says that it is CommonJS
});

/** Builds the VSIX and returns its path. */
export async function buildVsix(target = 'linux-x64') {
  if (!targets.includes(target)) throw new Error(`There is no target ${target}; the targets are ${targets.join(', ')}.`);
  await ensureBuild();
  rmSync(stage, { recursive: true, force: true });
  for (const [path, keep] of ours) copy(inRoot(path), join(stage, path), keep);
  const manifest = readManifest(inRoot());
  stageDependencies(manifest, inRoot(), target);
  for (const field of ['scripts', 'devDependencies', 'allowScripts', 'private']) delete manifest[field];
  writeFileSync(join(stage, 'package.json'), JSON.stringify(manifest, null, 2));
  const vsix = inRoot(`${manifest.name}-${manifest.version}-${target}.vsix`);
  await mustRun('vsce', ...node(inRoot('node_modules/@vscode/vsce/vsce'), 'package', '--target', target, '--out', vsix, '--allow-missing-repository', '--no-rewrite-relative-links'), { cwd: stage });
  console.log(`${relative(inRoot(), vsix)}: ${(statSync(vsix).size / 1e6).toFixed(1)} MB`);
  return vsix;
}

/** Copies a package's dependencies, and those optional ones that are made for the target, with theirs. */
function stageDependencies({ dependencies = {}, optionalDependencies = {} }, from, target) {
  const [platform, arch] = target.split('-');
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const folder = locate(name, from);
    if (!folder) {
      if (name in dependencies || name.endsWith(`/sharp-${target}`)) throw new Error(`${name} is not installed here, so the package for ${target} has to be made on that platform.`);
      continue;
    }
    const manifest = readManifest(folder);
    const fits = (manifest.os?.includes(platform) ?? true) && (manifest.cpu?.includes(arch) ?? true);
    if (!fits && name in optionalDependencies) continue;
    const { keep = runs, without = [] } = packages(platform, arch)[manifest.name] ?? {};
    for (const unused of without) delete manifest.dependencies[unused];
    const staged = join(stage, relative(inRoot(), folder));
    if (existsSync(staged)) continue;
    copy(folder, staged, (path) => !path.startsWith('node_modules/') && (keep(path) || /^(LICENSE|THIRD-PARTY)[^/]*$/i.test(path)));
    writeFileSync(join(staged, 'package.json'), JSON.stringify(manifest, null, 2));
    stageDependencies(manifest, folder, target);
  }
}

/** A package's folder, as Node would find it from another one's. */
function locate(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(found)) return found;
    if (folder === inRoot()) return undefined;
  }
}

/** Copies a file, or those files of a folder that are kept; what does not exist is left out. */
function copy(from, to, keep) {
  if (!existsSync(from)) return;
  if (statSync(from).isFile()) return cpSync(from, to);
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = relative(from, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/');
    if (entry.isFile() && keep(path)) cpSync(join(from, path), join(to, path));
  }
}

const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

if (isMain(import.meta.url)) {
  try {
    const { values } = parseArgs({ options: { target: { type: 'string' } } });
    checkNode();
    await ensureModules();
    await buildVsix(values.target);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
