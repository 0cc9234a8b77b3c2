import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { globSync } from '../lib/glob.mjs';
import { inRoot } from '../lib/root.mjs';
import { node, run } from '../lib/run.mjs';

/** A stage that runs one project of playwright.config.mts. */
export const playwright = (project) => async ({ grep, 'update-snapshots': update }, env = {}) => {
  if (globSync(`test/${project}`, /\.test\.mts$/).length === 0) return { note: 'no test files' };
  const report = inRoot('test-results', `${project}.json`);
  mkdirSync(inRoot('test-results'), { recursive: true });
  rmSync(report, { force: true });
  const args = ['node_modules/@playwright/test/cli.js', 'test', '--project', project, ...(grep ? ['--grep', grep, '--pass-with-no-tests'] : []), ...(update ? ['--update-snapshots'] : [])];
  const { code } = await run(...node(...args), { env: { ...env, UNITSCOPE_REPORT: report } });
  return countsOf(report, code);
};

function countsOf(report, code) {
  const { stats } = JSON.parse(readFileSync(report, 'utf8'));
  const counts = { passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped };
  if (code !== 0 && counts.failed === 0) return { ...counts, failed: 1, note: `no test failed, but Playwright ended with code ${code}` };
  return stats.flaky > 0 ? { ...counts, note: `${stats.flaky} passed at the second try` } : counts;
}
