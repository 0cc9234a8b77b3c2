// The layer rules hold, they were really applied to our files, and each of them refuses the fixture made to break it.
import { createRequire } from 'node:module';
import { globSync } from '../lib/glob.mjs';
import { inRoot } from '../lib/root.mjs';
import { node, run } from '../lib/run.mjs';

const config = inRoot('.dependency-cruiser.cjs');
const folders = ['src', 'webview-ui'];

export async function layers() {
  const problems = [...(await ours()), ...(await canary())];
  for (const problem of problems) console.error(problem);
  return problems.length === 0 ? { passed: 1 } : { failed: 1 };
}

async function ours() {
  const { modules, violations } = await cruise(inRoot());
  const files = globSync('src', /\.tsx?$/).length + globSync('webview-ui', /\.tsx?$/).length;
  const seen = modules.filter(({ source }) => /^(src|webview-ui)\/.*\.tsx?$/.test(source)).length;
  console.log(`${seen} of ${files} modules cruised`);
  return [
    ...violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`),
    ...(seen < 0.9 * files ? [`dependency-cruiser read ${seen} of our ${files} modules: it would not notice a broken layer.`] : []),
  ];
}

/** test/layers/bad breaks every rule once. */
async function canary() {
  const { violations } = await cruise(inRoot('test', 'layers', 'bad'));
  const refused = new Set(violations.map(({ rule }) => rule.name));
  const rules = createRequire(import.meta.url)(config).forbidden.map(({ name }) => name);
  console.log(`${refused.size} of ${rules.length} rules refuse the fixture that breaks them`);
  return rules.filter((name) => !refused.has(name)).map((name) => `The rule ${name} did not refuse its fixture in test/layers/bad.`);
}

async function cruise(cwd) {
  const program = inRoot('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = ['--config', config, '--ts-config', inRoot('tsconfig.base.json'), '--output-type', 'json', ...folders];
  const { code, stdout, stderr } = await run(...node(program, ...args), { cwd, quiet: true });
  if (stdout === '') throw new Error(`dependency-cruiser ended with code ${code}: ${stderr}`);
  const { modules, summary } = JSON.parse(stdout);
  return { modules, violations: summary.violations };
}
