import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { JoinPlan } from '../../protocol/checkpoint';
import { UnitscopeError } from '../../protocol/errors';
import { hashFile } from '../io/hashFile';
import { RangedFile } from '../io/rangedFile';
import type { OnnxModel } from '../model/graph';
import { readModel } from '../model/onnx';
import { fields } from '../model/protobuf';
import { writing } from '../store/cacheFolder';
import { ifMissing } from '../store/ifMissing';
import { planJoin, type Join } from './join/plan';
import { withCheckpoint } from './open';

/** Bump it when joining gives other numbers: models in the cache are made again. */
const version = 3;
/** What a protobuf file may have. */
const mostBytes = 2 ** 31 - 1;
/** A copy that was used this long ago is marked as used again, before the cache may be trimmed of it. */
const markAfter = 1_800_000;

/**
 * A model with the weights of a checkpoint in place of its own, as a file in the cache; made once for each content of both.
 * `original` is the checkpoint that the model was exported from: it says what eps folded BatchNorms had (1e-5 otherwise).
 * @returns the path of the model
 * @throws reference.unreadable, usage where the checkpoint lacks weights of the model, cache.failed
 */
export async function reweigh(modelPath: string, checkpoint: string, cache: string, original?: string): Promise<string> {
  return await joined(modelPath, checkpoint, original, async (model, found, files) => {
    refuseIncomplete(found.plan, modelPath, checkpoint);
    const contents = await Promise.all([modelPath, ...files].map((file) => hashFile(file)));
    const key = createHash('sha256').update(JSON.stringify([version, contents])).digest('hex').slice(0, 32);
    const path = join(cache, 'reweighed', key, joinedName(modelPath, checkpoint));
    const known = await stat(path).catch(ifMissing(null));
    if (known) {
      const now = new Date();
      if (now.getTime() - known.mtimeMs > markAfter) await utimes(path, now, now);
      return path;
    }
    await writing(cache, async () => {
      await mkdir(dirname(path), { recursive: true });
      const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        await pipeline(Readable.from(pieces(model, found)), createWriteStream(aside));
        await rename(aside, path);
      } catch (error) {
        await rm(aside, { force: true });
        throw error;
      }
    });
    return path;
  });
}

/** Names that say nothing: the folder tells one run or epoch from another. */
const plainName = /^((pytorch_|flax_|tf_)?model|checkpoint|ckpt|weights|state(_dict)?|best|last|final|latest)([._-]\d+(-of-\d+)?)?\./i;

/** "scopenet with midway.pt.onnx": what the editor of the model is titled. */
function joinedName(model: string, checkpoint: string): string {
  const name = basename(checkpoint);
  const whose = plainName.test(name) ? `${basename(dirname(checkpoint))} ${name}` : name;
  return `${basename(model, extname(model)).slice(0, 80)} with ${whose.slice(-80)}.onnx`;
}

/** Which weights of a model a checkpoint gives; runs and writes nothing. Throws as `reweigh` does. */
export async function joinPlan(modelPath: string, checkpoint: string, original?: string): Promise<JoinPlan> {
  return await joined(modelPath, checkpoint, original, (_, { plan }) => Promise.resolve(plan));
}

async function joined<T>(modelPath: string, checkpoint: string, original: string | undefined, use: (model: OnnxModel, join: Join, files: string[]) => Promise<T>): Promise<T> {
  const model = readModel(modelPath);
  return await withCheckpoint(checkpoint, async (weights) => {
    if (original === undefined) return await use(model, planJoin(model, weights), weights.files.paths);
    return await withCheckpoint(original, (of) => use(model, planJoin(model, weights, of), [...weights.files.paths, ...of.files.paths]));
  });
}

function refuseIncomplete({ matched, unmatched }: JoinPlan, model: string, checkpoint: string): void {
  const [first] = unmatched;
  if (first) {
    const more = unmatched.length > 1 ? ` (and ${unmatched.length - 1} more)` : '';
    throw new UnitscopeError('usage', `${checkpoint} has no values for the weight ${first.initializer}${more} of ${model}: ${first.why}; choose a checkpoint of this model.`);
  }
  if (!matched.some(({ how }) => how !== 'unchanged')) throw new UnitscopeError('usage', `${model} has no weights that ${checkpoint} could replace; choose another model.`);
}

/** The file's own bytes, but for the weights that are replaced: those stand at the end of the graph. */
function* pieces(model: OnnxModel, { weights }: Join): Generator<Uint8Array> {
  const file = RangedFile.open(model.path);
  try {
    const gone = new Set(weights.flatMap(({ weight: { ref, identity } }) => [ref.range.start, ...(identity ? [identity.range.start] : [])]));
    for (const ref of model.graph.initializers.values()) {
      if (ref.data.kind === 'external' && !gone.has(ref.range.start))
        throw new UnitscopeError('usage', `${model.path} keeps ${ref.name} in another file; export it with all data in one file.`);
    }
    const { start, end } = model.graph.payload;
    const kept = [...fields(file, start, end)].filter(({ range }) => !gone.has(range.start)).map(({ range }) => range);
    const headers = weights.map(({ weight: { name, ref } }) => initializerHeader(name, ref.dims, ref.elementCount));
    const length = kept.reduce((sum, range) => sum + range.end - range.start, 0) + weights.reduce((sum, { weight }, i) => sum + headers[i]!.length + weight.ref.elementCount * 4, 0);
    if (length + model.size - (end - start) > mostBytes) throw new UnitscopeError('usage', `${model.path} has more than 2 GiB of weights, which no single ONNX file can have.`);
    for (const { no, range } of fields(file, 0, model.size)) if (no !== graphField) yield* copy(file, range.start, range.end);
    yield new BinaryWriter().tag(graphField, WireType.LengthDelimited).uint32(length).finish();
    for (const range of kept) yield* copy(file, range.start, range.end);
    for (const [i, { values }] of weights.entries()) {
      yield headers[i]!;
      const numbers = values();
      yield new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    }
  } finally {
    file.close();
  }
}

function* copy(file: RangedFile, start: number, end: number): Generator<Uint8Array> {
  const step = 16 * 2 ** 20;
  for (let at = start; at < end; at += step) yield file.read(at, Math.min(step, end - at)).slice();
}

const graphField = 7;

/** A TensorProto up to its raw data: dims, float32, name. */
function initializerHeader(name: string, dims: readonly number[], elementCount: number): Uint8Array {
  const tensor = new BinaryWriter();
  for (const dim of dims) tensor.tag(1, WireType.Varint).int64(dim);
  tensor.tag(2, WireType.Varint).int32(1);
  tensor.tag(8, WireType.LengthDelimited).string(name);
  tensor.tag(9, WireType.LengthDelimited).uint32(elementCount * 4);
  const head = tensor.finish();
  return Buffer.concat([new BinaryWriter().tag(5, WireType.LengthDelimited).uint32(head.length + elementCount * 4).finish(), head]);
}
