import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Files below a folder whose path matches, sorted; none where the folder is missing. */
export function globSync(folder, pattern) {
  let names;
  try {
    names = readdirSync(folder, { recursive: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return names
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter((path) => pattern.test(path))
    .sort();
}
