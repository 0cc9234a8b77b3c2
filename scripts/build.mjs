// `node scripts/build.mjs [--tests]`: packages where missing, then the build. What F5 in VS Code runs first.
import { checkNode, ensureBuild, ensureModules } from './lib/modules.mjs';

try {
  checkNode();
  await ensureModules();
  await ensureBuild({ tests: process.argv.includes('--tests') });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
