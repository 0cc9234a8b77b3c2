// `npm test [-- stage…] [--grep pattern] [--update-snapshots]`: sets up what is missing, runs the stages, reports them all.
import { parseArgs } from 'node:util';
import { onInterrupt } from './lib/exit.mjs';
import { checkNode, ensureModules } from './lib/modules.mjs';
import { interruptChildren, since } from './lib/run.mjs';

const usage = 'Usage: npm test -- [stage…] [--grep pattern] [--update-snapshots]';

async function main() {
  const { values: options, positionals: names } = readArguments();
  checkNode();
  await ensureModules();
  const { stages } = await import('./stages/index.mjs'); // needs node_modules
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) throw new UsageError(`There is no stage ${unknown.join(', ')}; the stages are ${stages.map((stage) => stage.name).join(', ')}.`);

  let interrupted;
  onInterrupt((code) => {
    interrupted = code;
    interruptChildren();
  });
  const lines = [];
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of stages) {
    if (interrupted || (names.length > 0 && !names.includes(stage.name))) continue;
    console.log(`\n── ${stage.name} ──`);
    const result = await runStage(stage, options);
    for (const kind of Object.keys(total)) total[kind] += result[kind];
    lines.push(`${result.failed > 0 ? '✗' : '✓'} ${stage.name.padEnd(12)} ${counts(result).padEnd(34)} ${result.time}${result.note ? `  (${result.note})` : ''}`);
  }
  console.log(`\n${lines.join('\n')}\n`);
  if (interrupted) {
    console.log('Stopped before the end.');
    process.exitCode = interrupted;
    return;
  }
  process.exitCode = total.failed > 0 ? 1 : 0;
  console.log(counts(total));
}

async function runStage(stage, options) {
  let start = performance.now();
  let result = { passed: 0, failed: 0, skipped: 0 };
  try {
    for (const need of stage.needs) await need();
    start = performance.now(); // set-up tells its own time
    result = { ...result, ...(await stage.run(options)) };
    const ran = result.passed + result.failed + result.skipped;
    if (ran === 0 && stage.hasTests() && !options.grep) result = { ...result, failed: 1, note: 'there are test files, but no test ran' };
  } catch (error) {
    console.error(error.message);
    result.failed = 1;
  }
  return { ...result, time: since(start) };
}

const counts = ({ passed, failed, skipped }) => `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

class UsageError extends Error {}

function readArguments() {
  try {
    return parseArgs({ allowPositionals: true, options: { grep: { type: 'string' }, 'update-snapshots': { type: 'boolean' } } });
  } catch (error) {
    throw new UsageError(`${error.message}\n${usage}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
