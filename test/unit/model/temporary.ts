import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** A folder for one test file's models, removed after its tests. Call it inside `describe`. */
export function temporaryFolder(): (name: string) => string {
  let folder = '';
  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'unitscope-model-'));
  });
  after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return (name) => path.join(folder, name);
}
