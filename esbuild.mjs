// One table of build targets. `node esbuild.mjs [--watch] [--tests]`
import { build, context } from 'esbuild';
import { globSync } from './scripts/lib/glob.mjs';
import { inlineWorker } from './scripts/lib/inlineWorker.mjs';

const watch = process.argv.includes('--watch');
const tests = process.argv.includes('--tests');

/** Native packages stay outside the bundles; only the extension may see `vscode`. */
const native = ['onnxruntime-node', 'sharp', 'usearch', 'h5wasm'];
const node = { platform: 'node', target: 'node20', format: 'cjs', external: native };
const browser = { platform: 'browser', target: 'chrome122', format: 'iife', jsx: 'automatic', jsxImportSource: 'preact', plugins: [inlineWorker] };

const targets = [
  { ...node, entryPoints: ['src/extension.ts'], outfile: 'dist/extension.js', external: ['vscode'] },
  { ...node, entryPoints: ['src/engineProcess/main.ts'], outfile: 'dist/engine.js' },
  { ...node, entryPoints: ['src/workerProcess/main.ts'], outfile: 'dist/worker.js' },
  { ...node, entryPoints: ['src/cli/main.ts'], outfile: 'dist/cli.js', banner: { js: '#!/usr/bin/env node' } },
  {
    ...browser,
    entryPoints: Object.fromEntries(
      ['model', 'patches', 'rdm', 'retrieval', 'checkpoint', 'checkpointCompare', 'checkpointJoin', 'modelCompare'].map((panel) => [panel, `webview-ui/panels/${panel}/main.tsx`]),
    ),
    outdir: 'dist/webview',
  },
];

const testTargets = [
  { ...node, entryPoints: globSync('test/unit', /\.test\.ts$/), outdir: 'dist-test/unit', outbase: 'test/unit', plugins: [inlineWorker] },
  {
    ...node,
    entryPoints: ['test/integration/index.ts', ...globSync('test/integration', /\.test\.ts$/)],
    outdir: 'dist-test/integration',
    outbase: 'test/integration',
    external: [...native, 'vscode', 'mocha'],
  },
  {
    ...browser,
    entryPoints: { gallery: 'webview-ui/gallery/main.tsx' },
    outdir: 'dist-test/gallery',
    loader: { '.woff2': 'dataurl' }, // letters that look alike everywhere
  },
];

const common = { bundle: true, loader: { '.br': 'binary' }, sourcemap: true, minify: !watch && !tests, keepNames: true, logLevel: 'warning' };
const all = [...targets, ...(tests ? testTargets : [])].filter(
  (t) => !Array.isArray(t.entryPoints) || t.entryPoints.length > 0,
);

if (watch) {
  for (const target of all) await (await context({ ...common, ...target })).watch();
  console.log('Watching…');
} else {
  const start = performance.now();
  await Promise.all(all.map((target) => build({ ...common, ...target })));
  console.log(`Built ${all.length} targets in ${Math.round(performance.now() - start)} ms`);
}
