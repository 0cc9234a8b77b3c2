import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { UnitscopeError } from '../../protocol/errors';
import { RangedFile } from '../io/rangedFile';
import type { OnnxModel, TensorRef } from '../model/graph';
import { readModel } from '../model/onnx';
import { fields } from '../model/protobuf';
import { writing } from '../store/cacheFolder';
import { readSafetensors, type CheckpointTensor } from './safetensors';

/**
 * A model with the weights of a checkpoint in place of its own, as a file in the cache; made once for each version of both.
 * Weights are found by name: the graph has to carry the names of the state_dict, which `torch.onnx.export` keeps with
 * `training=TrainingMode.PRESERVE` (it does not fold BatchNorm then).
 * @returns the path of the model
 * @throws reference.unreadable, usage where a weight is not in the checkpoint or has another shape, cache.failed
 */
export async function reweigh(modelPath: string, checkpoint: string, cache: string): Promise<string> {
  if (!checkpoint.toLowerCase().endsWith('.safetensors'))
    throw new UnitscopeError('usage', `${checkpoint} is no .safetensors file; save the state_dict as one, or export the model with these weights as ONNX.`);
  const tensors = new Map(readSafetensors(checkpoint).map((tensor) => [tensor.name, tensor]));
  const model = readModel(modelPath);
  const weights = [...model.graph.initializers.values()].filter(isWeight);
  const replaced = weights.map((weight) => ({ weight, tensor: match(weight, tensors, modelPath, checkpoint) }));

  const versions = await Promise.all([modelPath, checkpoint].map(async (path) => [path, (await stat(path)).size, (await stat(path)).mtimeMs]));
  const name = createHash('sha256').update(JSON.stringify(versions)).digest('hex').slice(0, 32);
  const path = join(cache, 'reweighed', name, basename(modelPath));
  if (await stat(path).then(() => true, () => false)) return path;
  await writing(cache, async () => {
    await mkdir(join(path, '..'), { recursive: true });
    const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      await pipeline(Readable.from(pieces(model, replaced)), createWriteStream(aside));
      await rename(aside, path);
    } catch (error) {
      await rm(aside, { force: true });
      throw error;
    }
  });
  return path;
}

/** Numbers that training changes; constants of the graph (axes, shapes, scalars) are none. */
function isWeight({ dtype, dims }: TensorRef): boolean {
  return dtype === 'float32' && dims.length > 0;
}

function match(weight: TensorRef, tensors: ReadonlyMap<string, CheckpointTensor>, model: string, checkpoint: string): CheckpointTensor {
  const tensor = tensors.get(weight.name) ?? tensors.get(`module.${weight.name}`);
  if (!tensor)
    throw new UnitscopeError(
      'usage',
      `${checkpoint} has no tensor ${weight.name}, which ${model} needs; export the model with training=TrainingMode.PRESERVE, so that it keeps the names of the state_dict.`,
    );
  if (tensor.shape.join() === weight.dims.join()) return tensor;
  throw new UnitscopeError(
    'usage',
    `The tensor ${weight.name} is ${tensor.shape.join(' x ')} in ${checkpoint} and ${weight.dims.join(' x ')} in ${model}; choose a checkpoint of this model.`,
  );
}

/** The file's own bytes, but for the initializers that are replaced: those stand at the end of the graph. */
function* pieces(model: OnnxModel, replaced: { weight: TensorRef; tensor: CheckpointTensor }[]): Generator<Uint8Array> {
  const file = RangedFile.open(model.path);
  try {
    const gone = new Set(replaced.map(({ weight }) => weight.range.start));
    const { start, end } = model.graph.payload;
    const kept = [...fields(file, start, end)].filter(({ range }) => !gone.has(range.start)).map(({ range }) => range);
    const sizes = replaced.map(({ weight }) => initializerHeader(weight).length + weight.elementCount * 4);
    const length = kept.reduce((sum, range) => sum + range.end - range.start, 0) + sizes.reduce((sum, size) => sum + size, 0);
    for (const { no, range } of fields(file, 0, model.size)) if (no !== graphField) yield file.read(range.start, range.end - range.start).slice();
    yield new BinaryWriter().tag(graphField, WireType.LengthDelimited).uint32(length).finish();
    for (const range of kept) yield file.read(range.start, range.end - range.start).slice();
    for (const { weight, tensor } of replaced) {
      yield initializerHeader(weight);
      const values = tensor.values();
      yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    }
  } finally {
    file.close();
  }
}

const graphField = 7;

/** A TensorProto up to its raw data: dims, float32, name. */
function initializerHeader({ name, dims, elementCount }: TensorRef): Uint8Array {
  const tensor = new BinaryWriter();
  for (const dim of dims) tensor.tag(1, WireType.Varint).int64(dim);
  tensor.tag(2, WireType.Varint).int32(1);
  tensor.tag(8, WireType.LengthDelimited).string(name);
  tensor.tag(9, WireType.LengthDelimited).uint32(elementCount * 4);
  const head = tensor.finish();
  return Buffer.concat([new BinaryWriter().tag(5, WireType.LengthDelimited).uint32(head.length + elementCount * 4).finish(), head]);
}
