import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** True in the module that Node was started on. */
export const isMain = (url) => process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(url);
