import { node, run } from '../lib/run.mjs';

const pass = { passed: 1 };
const fail = { failed: 1 };

/** One tsconfig per runtime, two at a time. */
export async function typecheck() {
  const results = await Promise.all(['src', 'webview-ui', 'test'].map((project) => run(...node('node_modules/typescript/bin/tsc', '-p', project), { quiet: true })));
  for (const { stdout, stderr } of results) process.stdout.write(stdout + stderr);
  return results.every(({ code }) => code === 0) ? pass : fail;
}

export async function lint() {
  const { code } = await run(...node('node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'));
  return code === 0 ? pass : fail;
}
