// The entry that VS Code calls in its extension host: runs every *.test.js beside it with Mocha.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import Mocha from 'mocha';

// The window's own log arrives on the same channel as ours; test/host/integration.mjs shows the lines with this mark.
const print = (...args: unknown[]): void => console.log(`[test] ${format(...args)}`);
Mocha.reporters.Base.consoleLog = print;

export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, forbidOnly: Boolean(process.env.CI) });
  if (process.env.UNITSCOPE_GREP) mocha.grep(new RegExp(process.env.UNITSCOPE_GREP));
  for (const name of readdirSync(__dirname, { recursive: true, encoding: 'utf8' }).sort()) {
    if (name.endsWith('.test.js')) mocha.addFile(join(__dirname, name));
  }
  const { passes, failures, pending } = await runToEnd(mocha).catch((error: unknown) => {
    print(inspect(error)); // a test file that cannot be loaded
    throw error;
  });
  if (process.env.UNITSCOPE_REPORT) writeFileSync(process.env.UNITSCOPE_REPORT, JSON.stringify({ passed: passes, failed: failures, skipped: pending }));
  if (failures > 0) throw new Error(`${failures} integration tests failed`);
}

function runToEnd(mocha: Mocha): Promise<Mocha.Stats> {
  return new Promise((resolve) => {
    const runner = mocha.run(() => resolve(runner.stats!));
  });
}
