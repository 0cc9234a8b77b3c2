// `npm run bench:NAME [-- arguments]`: builds bench/NAME.ts with its worker and runs it.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const [name, ...rest] = process.argv.slice(2);
await build({
  entryPoints: [`bench/${name}.ts`, 'bench/worker.ts'],
  outdir: 'dist-test/bench',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  external: ['onnxruntime-node', 'sharp', 'usearch', 'h5wasm'],
  loader: { '.br': 'binary' },
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, [`dist-test/bench/${name}.js`, ...rest], { stdio: 'inherit' });
process.exitCode = status ?? 1;
