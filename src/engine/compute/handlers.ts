import { UnitscopeError } from '../../protocol/errors';
import type { Handlers } from '../../protocol/method';
import { averageLinkage } from '../numerics/linkage';
import { openRdm, type StoredRdm } from '../store/rdmFile';
import { bootstrap, compareAll } from './compare';
import type { ComputeContract } from './contract';
import { fitGabors } from './gabor/task';
import { layOut } from './layout/layout';
import { computeMahalanobis } from './mahalanobis';
import { computeRdm } from './rdm';
import { lanceTables } from './lanceModule';
import { fetchLance, lanceCatalogue } from './lanceTable';
import { publishLance } from './lancePublish';
import { Searches } from './search';
import { buildIndex } from './searchApproximate';
import { searchLocal } from './searchLocal';
import { withMatrix } from './searchMatrix';
import { packEmbeddings, transformEmbeddings } from './searchPack';
import { measureQuality } from './searchQuality';

const searches = new Searches();
/** Bytes that a matrix may take in memory while its index is built. */
const buildBudget = 1e9;

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
  'compute.gabor': (task, { signal, report }) => fitGabors(task, signal, report),
  'compute.linkage': async ({ file }) => {
    const { rdm, pairs } = await read(file);
    return averageLinkage(pairs, rdm.rows);
  },

  'search.pack': (task, { signal, report }) => packEmbeddings(task, signal, report),
  'search.transform': (task, { signal, report }) => transformEmbeddings(task, signal, report),
  'search.rank': (task, { signal }) => searches.rank(task, signal),
  'search.places': ({ task, of }, { signal }) => searches.places(task, of, signal),
  'search.quality': (task, { signal, report }) =>
    withMatrix(task.file, task.budget, signal, (matrix) => measureQuality(matrix, task, signal, report)),
  'search.local': (task, { signal, report }) => searchLocal(task, signal, report),
  'search.build': async ({ file, metric, index, threads }, { signal, report }) => {
    await withMatrix(file, buildBudget, signal, (matrix) => buildIndex(matrix, metric, index, threads, signal, report));
    return null;
  },
  'lance.publish': (task, { signal, report }) => publishLance(task, signal, report),
  'lance.tables': lanceTables,
  'lance.catalogue': ({ table, known }, { signal }) => lanceCatalogue(table, signal, known),
  'lance.fetch': async ({ table, version, file }, { signal, report }) => {
    await fetchLance(table, version, file, signal, report);
    return null;
  },
};

async function read(file: string): Promise<{ rdm: StoredRdm; pairs: Float32Array }> {
  const rdm = await openRdm(file);
  if (!rdm) throw new UnitscopeError('rdm.missing', 'The RDM has been deleted; compute it again.');
  return { rdm, pairs: await rdm.read() };
}
