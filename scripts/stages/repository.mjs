// Nothing that belongs to one machine is in the repository: no absolute path of a home or work folder, no registry in a lock file.
import { readFileSync } from 'node:fs';
import { inRoot } from '../lib/root.mjs';
import { mustRun } from '../lib/run.mjs';

const machinePath = /(?<![\w./~*-])\/(root|home|work|Users)\/[\w.-]/;

export async function repository() {
  const names = (await mustRun('git ls-files', 'git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])).split('\0').filter(Boolean);
  const problems = names.flatMap((name) => problemsOf(name));
  for (const problem of problems) console.error(problem);
  console.log(`${names.length} files looked at`);
  return problems.length === 0 ? { passed: 1 } : { failed: 1 };
}

function problemsOf(name) {
  let bytes;
  try {
    bytes = readFileSync(inRoot(name));
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return []; // deleted but not committed; a submodule
    throw error;
  }
  if (bytes.subarray(0, 8000).includes(0)) return []; // binary
  return bytes.toString().split('\n').flatMap((line, index) => {
    const where = `${name}:${index + 1}`;
    if (machinePath.test(line)) return [`${where} holds a path of one machine: ${line.trim().slice(0, 120)}`];
    if (name.endsWith('package-lock.json') && line.includes('"resolved": "http')) return [`${where} names a registry: ${line.trim()}`];
    return [];
  });
}
