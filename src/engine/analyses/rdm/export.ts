import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { UnitscopeError } from '../../../protocol/errors';
import type { RdmComparison, RdmExportFiles, RdmFormat, Reference } from '../../../protocol/rdm';
import { squareRows, writeNpy } from '../../io/npy';
import { compareLayers, type KeptIntervals } from './compare';
import type { RdmQuestion } from './question';
import type { ReferenceContext } from './references/resolve';

export interface RdmExport {
  comparison: RdmComparison;
  references: readonly Reference[];
  folder: string;
  formats: readonly RdmFormat[];
}

/** A layer's name as a file's: what could mean something to a file system becomes "_". */
export function fileNames(layers: readonly string[]): Map<string, string> {
  const taken = new Set<string>();
  const names = new Map<string, string>();
  for (const layer of layers) {
    const plain = layer.replace(/[^A-Za-z0-9._-]/g, '_');
    let name = plain;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${plain}_${n}`;
    taken.add(name.toLowerCase());
    names.set(layer, name);
  }
  return names;
}

/** Writes the RDMs and `rdm.json` (see product.md) into a folder, which is made where it is missing. @throws output.failed */
export async function exportRdms(
  question: RdmQuestion,
  layers: readonly string[],
  { comparison, references, folder, formats }: RdmExport,
  context: ReferenceContext & { intervals: KeptIntervals },
  report: (steps: { done: number; total: number }) => void,
): Promise<RdmExportFiles> {
  const set = await question.set(layers);
  const problems = set.layers.flatMap((layer) => (layer.state === 'failed' ? [layer.message] : []));
  const rsa = await compareLayers(question, layers, comparison, references, context, ({ done, total }) => report({ done, total }));
  for (const { name, problem, values } of rsa.references)
    if (problem !== null) problems.push(problem.includes(name) ? problem : `${name}: ${problem}`);
    else if (values.every(({ value }) => value === null)) problems.push(`${name} is the same for all pairs, so no layer can be compared with it.`);
  const names = fileNames(rsa.layers);
  const count = question.count;
  const files: string[] = [];
  await writingTo(folder, async () => {
    await mkdir(folder, { recursive: true });
    for (const layer of rsa.layers) {
      const pairs = await question.pairs(layer);
      const path = join(folder, names.get(layer)!);
      if (formats.includes('npy')) {
        await writeNpy(`${path}.npy`, [count, count], 'f8', squareRows(pairs, count));
        files.push(`${path}.npy`);
      }
      if (formats.includes('csv')) {
        await writeCsv(`${path}.csv`, set.names, pairs);
        files.push(`${path}.csv`);
      }
    }
    const matrix = rsa.layers.map((_, i) => Array.from(rsa.matrix.subarray(i * rsa.layers.length, (i + 1) * rsa.layers.length)));
    const usable = rsa.references.filter(({ problem }) => problem === null);
    const { summary, dataset, preprocess } = question.study.parts;
    const description = {
      model: summary.path,
      dataset: { root: dataset.summary.root, count: dataset.summary.count },
      preprocess: preprocess.config,
      ...(question.recipe.precision !== undefined && { precision: question.recipe.precision }),
      ...(question.recipe.folds !== undefined && { folds: question.recipe.folds }),
      measure: question.recipe.measure,
      pool: question.recipe.pool,
      images: set.names,
      labels: set.labels,
      layers: rsa.layers,
      files: rsa.layers.map((layer) => names.get(layer)!),
      rsa: { compare: comparison, matrix, map: pointsOf(rsa.map) },
      references: usable.map(({ name, values }) => ({ name, values })),
      ...(usable.length > 1 && {
        betweenReferences: usable.map((_, i) => Array.from(rsa.between.subarray(i * usable.length, (i + 1) * usable.length))),
      }),
      ...(rsa.ceiling && { noiseCeiling: rsa.ceiling }),
      ...(usable.length > 0 && { bootstrapSamples: rsa.resamples }),
    };
    const path = join(folder, 'rdm.json');
    await writeFile(`${path}.tmp`, `${JSON.stringify(description, null, 1)}\n`);
    await rename(`${path}.tmp`, path);
    files.unshift(path);
  });
  return { files, problems };
}

const pointsOf = (map: Float64Array): number[][] => Array.from({ length: map.length / 2 }, (_, i) => [map[2 * i]!, map[2 * i + 1]!]);

/** A square table with the names in the first row and column. */
async function writeCsv(path: string, names: readonly string[], pairs: Float32Array): Promise<void> {
  const quoted = names.map((name) => (/[",\n\r]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name));
  function* lines(): Generator<string> {
    yield `,${quoted.join(',')}\n`;
    let at = 0;
    for (const row of squareRows(pairs, names.length)) yield `${quoted[at++]!},${row.join(',')}\n`;
  }
  try {
    await pipeline(Readable.from(lines()), createWriteStream(`${path}.tmp`));
    await rename(`${path}.tmp`, path);
  } catch (error) {
    await rm(`${path}.tmp`, { force: true });
    throw error;
  }
}

async function writingTo(folder: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UnitscopeError('output.failed', `Nothing can be written to ${folder} (${code}); choose another folder.`, { cause: error });
  }
}
