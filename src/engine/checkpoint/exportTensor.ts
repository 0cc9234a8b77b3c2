import { writeNpyBytes } from '../io/npy';
import { decode } from './elements';
import { breathe, unread } from './statistics';
import { blockLength, type CheckpointTensor } from './tensor';

/**
 * Writes one tensor as `.npy` with its own element type, exactly; what NumPy has no name for (bfloat16, 8-bit floats) and
 * quantized tensors become float32. Memory: a block. Throws `cancelled`, `output.failed`, and `reference.unreadable`.
 */
export async function exportTensor(tensor: CheckpointTensor, file: string, signal: AbortSignal): Promise<{ dtype: string }> {
  const { element, count, shape } = tensor;
  if (!element) throw unread(tensor);
  const { npy } = element;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    const length = blockLength(element!);
    for (let first = 0; first < count; first += length) {
      await breathe(signal);
      const bytes = tensor.read(first, Math.min(length, count - first));
      if (npy !== null) yield bytes;
      else yield new Uint8Array(decode(bytes, element!).buffer);
    }
  }
  const descr = npy ?? '<f4';
  await writeNpyBytes(file, shape, descr, npy === null ? 4 : element.bytes, pieces());
  return { dtype: npy === null ? 'float32' : element.name };
}
