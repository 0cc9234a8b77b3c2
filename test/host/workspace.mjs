import { cpSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atExit } from '../../scripts/lib/exit.mjs';
import { inRoot } from '../../scripts/lib/root.mjs';

export const samples = inRoot('samples');

/** A fresh copy of a folder (empty where it is missing) in the temporary folder. */
export function copyWorkspace(from = samples) {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'unitscope-files-')));
  if (existsSync(from)) cpSync(from, folder, { recursive: true });
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const forget = atExit(remove);
  return {
    folder,
    remove: () => {
      forget();
      remove();
    },
  };
}
