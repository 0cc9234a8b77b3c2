import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Pool, RdmMeasure, RdmRecipe } from '../../../protocol/rdm';
import { UnitscopeError } from '../../../protocol/errors';
import { writing } from '../../store/cacheFolder';
import { ifMissing } from '../../store/ifMissing';
import { openRdm, type StoredRdm } from '../../store/rdmFile';
import { pairsOf } from '../../numerics/condensed';
import type { OpenStudy } from '../../study/openStudy';
import type { Rows } from './rows';

/** What an RDM in the store is named by: the contents it is made of. */
export interface RdmKey {
  /** Value name of a layer, or `baseline:…`. */
  layer: string;
  pool: Pool;
  measure: RdmMeasure;
  rows: Rows;
  /** File and version of the precision matrix. */
  precision: string | null;
}

export async function rdmKey(layer: string, recipe: RdmRecipe, rows: Rows): Promise<RdmKey> {
  const { pool, measure, precision } = recipe;
  const weighted = (measure === 'mahalanobis' || measure === 'crossnobis') && precision !== undefined;
  return { layer, pool, measure, rows, precision: weighted ? await versionOf(precision) : null };
}

async function versionOf(file: string): Promise<string> {
  try {
    const { size, mtimeMs } = await stat(file);
    return JSON.stringify([file, size, mtimeMs]);
  } catch (error) {
    throw new UnitscopeError('reference.unreadable', `${file} cannot be read; choose the .npy file with the precision matrix.`, { cause: error });
  }
}

/** Where an RDM is kept, or would be. The name changes with whatever its numbers depend on. */
export async function rdmPath(study: OpenStudy, { layer, pool, measure, rows, precision }: RdmKey): Promise<string> {
  const { identities } = study.parts;
  const axis = layer.startsWith('baseline:') ? null : study.tap(layer).key;
  const hash = createHash('sha256').update(JSON.stringify([layer, pool === 'flatten' ? null : axis, pool, measure, precision]));
  for (const index of rows.stimuli) hash.update(identities[index]!);
  if (rows.partition) hash.update(JSON.stringify([[...rows.partition.conditions], [...rows.partition.folds]]));
  return join((await study.recording()).folder, 'rdms', `${hash.digest('hex').slice(0, 32)}.rdm`);
}

/** Why there is no RDM: said again until it is computed anew. */
export async function rememberFailure(path: string, message: string): Promise<void> {
  await writing(dirname(path), async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.failed`, message);
  });
}

export async function forgetFailure(path: string): Promise<void> {
  await rm(`${path}.failed`, { force: true });
}

export async function failureOf(path: string): Promise<string | null> {
  return await readFile(`${path}.failed`, 'utf8').catch(ifMissing(null));
}

/** Pairs that are kept in memory, in bytes; the RDM that is looked at is, whatever its size. */
const keptBytes = 256e6;

/** Reads RDMs, and keeps the last ones: a panel asks many small questions about the same one. */
export class RdmReader {
  private readonly pairs = new Map<string, Promise<Float32Array>>();
  private bytes = 0;

  /** Null where it has not been computed. */
  open(path: string): Promise<StoredRdm | null> {
    return openRdm(path);
  }

  async read(rdm: StoredRdm): Promise<Float32Array> {
    const size = 4 * pairsOf(rdm.rows);
    let pairs = this.pairs.get(rdm.path);
    this.pairs.delete(rdm.path);
    if (!pairs) {
      pairs = rdm.read();
      this.bytes += size;
      pairs.catch(() => this.forget(rdm.path, size));
      for (const [path, old] of this.pairs) {
        if (this.bytes <= keptBytes) break;
        this.forget(path, 4 * (await old).length);
      }
    }
    this.pairs.set(rdm.path, pairs);
    return await pairs;
  }

  private forget(path: string, size: number): void {
    if (this.pairs.delete(path)) this.bytes -= size;
  }
}
