import { dirname } from 'node:path';
import type { ByteSource } from '../../io/rangedFile';
import type { OnnxModel, TensorRef } from '../../model/graph';
import { isSparse, modelTensors } from '../../model/modelTensors';
import { readModel } from '../../model/onnx';
import { byteLength } from '../../model/tensorRef';
import type { Contents } from '../checkpoint';
import { findElement } from '../elements';
import type { Files } from '../files';
import { isShape, listedTensor, stridedTensor, type CheckpointTensor } from '../tensor';
import { container, jsonItem } from '../tree';
import { packedTensor, typedTensor } from './onnxElements';
import { sparseTensor } from './onnxSparse';

/**
 * The weights of an ONNX model as tensors of a checkpoint, named as `modelTensors` says: raw, in typed fields, in files beside
 * it, or sparse. Reads the graph only; files beside it are opened when they are read. Throws `model.unreadable` as `readModel` does.
 */
export function readOnnx(path: string, files: Files): Contents {
  const own = { file: files.source(path), folder: dirname(path) };
  const model = readModel(path);
  const dense = (name: string, ref: TensorRef): CheckpointTensor => denseTensor(name, ref, model, files);
  const tensors = modelTensors(model).map(({ name, ref }) => (isSparse(ref) ? sparseTensor(name, ref, own, dense) : dense(name, ref)));
  return { format: 'ONNX', tensors, tree: model.metadata.size === 0 ? container('dict', 0, () => []) : jsonItem(model.metadata), warnings: [] };
}

function denseTensor(name: string, ref: TensorRef, model: OnnxModel, files: Files): CheckpointTensor {
  const { dims: shape, elementCount, data } = ref;
  const dtype = ref.dtype || 'undefined';
  const bytes = byteLength(dtype, elementCount);
  if (!isShape(shape)) return listedTensor(name, shape, dtype, 0, 'it has more axes than are read');
  if (dtype === 'string') return listedTensor(name, shape, dtype, 0, 'it holds texts');
  if (bytes === null) return listedTensor(name, shape, dtype, 0, `elements of type ${dtype} are not read`);
  if (data.kind === 'typed') return typedTensor({ name, shape, dtype, bytes }, data.range, () => files.source(model.path));
  if (data.length < bytes) return listedTensor(name, shape, dtype, bytes, `the file has ${data.length} of its ${bytes} bytes`);
  const source = (): ByteSource => files.source(data.kind === 'external' ? data.file : model.path);
  const type = findElement(dtype);
  if (type) return stridedTensor({ name, shape }, { source, start: data.offset, type });
  return packedTensor({ name, shape, dtype, bytes }, (first, length) => source().read(data.offset + first, length));
}
