import { resolve } from 'node:path';
import { UnitscopeError } from '../protocol/errors';
import { needsEmbeddings, type Pool, type RdmComparison, type RdmMeasure, type RdmRequest, type Reference } from '../protocol/rdm';
import { scanReporter, tellOutcome, withStudy, writableFolder, type CommonOptions } from './study';

interface RdmOptions extends CommonOptions {
  layer?: string[];
  pool: Pool;
  measure: RdmMeasure;
  precision?: string;
  folds?: string;
  reference?: string[];
  compare: RdmComparison;
  out: string;
}

/** `unitscope rdm`: computes the RDMs of layers, compares them, and writes DIR/<layer>.npy and DIR/rdm.json. */
export async function rdm(model: string, options: RdmOptions): Promise<void> {
  await withStudy(model, options, async (running) => {
    const { engine, study, signal, progress } = running;
    const folder = await writableFolder(options.out);
    const references: Reference[] = (options.reference ?? []).map((path) => ({ kind: 'file', path: resolve(path) }));
    if (references.length > 0 && needsEmbeddings(options.compare))
      throw new UnitscopeError('usage', `--compare ${options.compare} compares embeddings, which an RDM from a file has not; compare by rho-a or another comparison of RDMs.`);
    if (options.measure === 'mahalanobis' && options.precision === undefined)
      throw new UnitscopeError('usage', '--measure mahalanobis needs the precision matrix of the features: --precision FILE.npy');
    if (options.precision !== undefined && options.measure !== 'mahalanobis' && options.measure !== 'crossnobis')
      throw new UnitscopeError('usage', `--precision is for mahalanobis and crossnobis; ${options.measure} has none.`);
    if (options.folds !== undefined && options.measure !== 'crossnobis')
      throw new UnitscopeError('usage', `--folds is for crossnobis; ${options.measure} has none.`);
    const quiet = { signal, report: () => undefined };
    const { count } = await engine.handlers['dataset.open'](study.dataset, quiet);
    for (const path of options.reference ?? [])
      for (const { name, stimuli, names } of await engine.handlers['rdm.entries']({ path: resolve(path) }, quiet))
        if (!names && stimuli !== count && options.measure !== 'crossnobis')
          throw new UnitscopeError(
            'reference.unreadable',
            `${path} holds an RDM of ${stimuli} stimuli ("${name}"), but ${count} images are chosen; give its stimuli names, or choose the images it was made of.`,
          );
    const { layers } = await engine.handlers['model.open']({ path: study.model }, { signal, report: () => undefined });
    const request: RdmRequest = {
      layers: options.layer ? [...new Set(options.layer)] : layers.filter(({ primary }) => primary).map(({ name }) => name),
      pool: options.pool,
      measure: options.measure,
      precision: options.precision && resolve(options.precision),
      folds: options.folds,
      stimuli: { labels: [] },
    };
    const outcome = await engine.handlers['rdm.compute']({ study, request }, { signal, report: scanReporter(progress) });
    await tellOutcome(running, outcome);
    const failures = [...outcome.failedLayers];
    const written = request.layers.length - failures.length;
    if (written === 0 || options.layer) {
      const fatal = failures.pop(); // who names a layer wants that one
      if (fatal) throw new UnitscopeError('layer.failed', fatal.message);
    }
    for (const { message } of failures) progress.warn(message);
    const { files, problems } = await engine.handlers['rdm.export'](
      { study, request, comparison: options.compare, references, folder, formats: ['npy'] },
      { signal, report: ({ done, total }) => progress.update('Comparing', done, total) },
    );
    progress.end();
    progress.say(`RDMs of ${written} ${written === 1 ? 'layer' : 'layers'} over ${outcome.done} images: ${files[0]}`);
    const reference = problems.find((problem) => !failures.some(({ message }) => message === problem));
    if (reference !== undefined) throw new UnitscopeError('reference.unreadable', reference);
  });
}
