// The VSIX: built, within its size, accepted by a fresh VS Code; then the tests of test/package, which use it installed.
import { statSync } from 'node:fs';
import { buildVsix } from '../package.mjs';
import { useDesktop } from '../../test/host/desktop.mjs';
import { startServer } from '../../test/host/server.mjs';
import { playwright } from './playwright.mjs';

const limit = 38e6;

export async function packaged(options) {
  const vsix = await buildVsix();
  const { size } = statSync(vsix);
  if (size > limit) throw new Error(`${vsix} has ${(size / 1e6).toFixed(1)} MB; at most ${limit / 1e6} MB are wanted.`);
  if (!useDesktop()) {
    const server = await startServer({ extension: 'vsix', vsix });
    await server.stop();
  }
  const tests = await playwright('package')(options, { UNITSCOPE_VSIX: vsix });
  return { passed: 1 + (tests.passed ?? 0), failed: tests.failed ?? 0, skipped: tests.skipped ?? 0, note: `${(size / 1e6).toFixed(1)} MB` };
}
