import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The repository's root, and paths below it. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const inRoot = (...parts) => join(root, ...parts);
