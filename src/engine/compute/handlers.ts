import { UnitscopeError } from '../../protocol/errors';
import type { Handlers } from '../../protocol/method';
import { averageLinkage } from '../numerics/linkage';
import { openRdm, type StoredRdm } from '../store/rdmFile';
import { bootstrap, compareAll } from './compare';
import type { ComputeContract } from './contract';
import { layOut } from './layout/layout';
import { computeMahalanobis } from './mahalanobis';
import { computeRdm } from './rdm';

/** What a worker process answers about numbers. */
export const computeHandlers: Handlers<ComputeContract> = {
  'compute.rdm': (task, { signal, report }) => computeRdm(task, signal, report),
  'compute.mahalanobis': (task, { signal }) => computeMahalanobis(task, signal),
  'compute.compare': (task, { signal, report }) => compareAll(task, signal, report),
  'compute.bootstrap': (task, { signal, report }) => bootstrap(task, signal, report),
  'compute.layout': async ({ file, method, seed }, { signal, report }) => {
    const { rdm, pairs } = await read(file);
    return await layOut(method, pairs, rdm.rows, { seed, signal, onProgress: (done, total) => report({ done, total }) });
  },
  'compute.linkage': async ({ file }) => {
    const { rdm, pairs } = await read(file);
    return averageLinkage(pairs, rdm.rows);
  },
};

async function read(file: string): Promise<{ rdm: StoredRdm; pairs: Float32Array }> {
  const rdm = await openRdm(file);
  if (!rdm) throw new UnitscopeError('rdm.missing', 'The RDM has been deleted; compute it again.');
  return { rdm, pairs: await rdm.read() };
}
