import { existsSync } from 'node:fs';
import { mustRun, since } from './run.mjs';

/** True where we may install Debian packages ourselves: root, and apt-get is there. */
export const canApt = () => process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');

let updated = false;

export async function aptInstall(...packages) {
  const start = performance.now();
  console.log(`Installing Debian's ${packages.join(', ')}…`);
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' } };
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  if (!updated) await mustRun('apt-get update', 'apt-get', [...wait, 'update'], options);
  updated = true;
  await mustRun('apt-get install', 'apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...packages], options);
  console.log(`  done in ${since(start)}`);
}
