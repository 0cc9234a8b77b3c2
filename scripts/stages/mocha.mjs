import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { globSync } from '../lib/glob.mjs';
import { inRoot } from '../lib/root.mjs';
import { node, run } from '../lib/run.mjs';

const mochaArgs = ['--timeout', '60000', '--reporter', 'scripts/stages/countingReporter.cjs', ...(process.env.CI ? ['--forbid-only'] : [])];

/** Mocha on the built unit tests, in plain Node. */
export async function unit({ grep }) {
  const files = globSync('dist-test/unit', /\.test\.js$/);
  if (files.length === 0) return { note: 'no test files' };
  return counted('unit', node('--enable-source-maps', 'node_modules/mocha/bin/mocha.js', ...mochaArgs, ...(grep ? ['--grep', grep] : []), ...files));
}

/** Mocha in VS Code's extension host. */
export async function integration({ grep }) {
  if (globSync('dist-test/integration', /\.test\.js$/).length === 0) return { note: 'no test files' };
  return counted('integration', node('test/host/integration.mjs'), grep ? { UNITSCOPE_GREP: grep } : {});
}

/** Runs a command that leaves its counts in a report; a run that fails without one counts as one failure. */
async function counted(name, [command, args], env) {
  const report = inRoot('test-results', `${name}.json`);
  mkdirSync(inRoot('test-results'), { recursive: true });
  rmSync(report, { force: true });
  const { code, signal } = await run(command, args, { env: { ...env, UNITSCOPE_REPORT: report } });
  const result = readCounts(report);
  if (!result) return { failed: 1, note: `ended ${signal ? `by ${signal}` : `with code ${code}`} and without a report` };
  return code !== 0 && result.failed === 0 ? { ...result, failed: 1, note: `all tests passed, but it ended with code ${code}` } : result;
}

function readCounts(report) {
  try {
    return JSON.parse(readFileSync(report, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}
