import { join } from 'node:path';
import { UnitscopeError } from '../protocol/errors';
import { scanReporter, tellOutcome, withStudy, writableFolder, type CommonOptions } from './study';

interface PatchesOptions extends CommonOptions {
  layer?: string[];
  top: number;
  out: string;
}

/** `unitscope patches`: scans, localises, and writes DIR/patches.json. */
export async function patches(model: string, options: PatchesOptions): Promise<void> {
  await withStudy(model, options, async (running) => {
    const { engine, study, signal, progress } = running;
    const out = await writableFolder(options.out);
    const outcome = await engine.handlers['study.scan'](
      { study, layers: options.layer },
      { signal, report: scanReporter(progress) },
    );
    await tellOutcome(running, outcome);

    const file = join(out, 'patches.json');
    const { units, failed } = await engine.handlers['patches.export'](
      { study, layers: outcome.layers, top: options.top, file },
      { signal, report: ({ done, total }) => progress.update('Localising', done, total) },
    );
    progress.end();
    const failures = [...outcome.failedLayers, ...failed];
    const written = outcome.layers.length - failed.length;
    const fatal = options.layer || written === 0 ? failures.pop() : undefined; // who names a layer wants that one
    for (const { message } of failures) progress.warn(message);
    progress.say(`${units} units of ${written} ${written === 1 ? 'layer' : 'layers'} over ${outcome.done} images: ${file}`);
    if (fatal) throw new UnitscopeError('layer.failed', fatal.message);
  });
}
