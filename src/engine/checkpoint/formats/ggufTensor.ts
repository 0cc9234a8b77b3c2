import type { ByteSource } from '../../io/rangedFile';
import { float16ToNumber } from '../../model/halfFloats';
import { elementType } from '../elements';
import { shown, unreadable } from '../problem';
import { elementCount, listedTensor, stridedTensor, type CheckpointTensor } from '../tensor';

/** What a file says about a tensor. */
export interface GgufInfo {
  name: string;
  /** C order: the format has the fastest axis first. */
  shape: number[];
  type: number;
  /** In the file's data. */
  offset: number;
}

/** Element types by their number: name, elements and bytes of a block (ggml's `type_traits`). */
const types: Readonly<Record<number, [name: string, elements: number, bytes: number] | undefined>> = {
  0: ['float32', 1, 4], 1: ['float16', 1, 2], 2: ['Q4_0', 32, 18], 3: ['Q4_1', 32, 20], 6: ['Q5_0', 32, 22], 7: ['Q5_1', 32, 24], 8: ['Q8_0', 32, 34], 9: ['Q8_1', 32, 36],
  10: ['Q2_K', 256, 84], 11: ['Q3_K', 256, 110], 12: ['Q4_K', 256, 144], 13: ['Q5_K', 256, 176], 14: ['Q6_K', 256, 210], 15: ['Q8_K', 256, 292], 16: ['IQ2_XXS', 256, 66],
  17: ['IQ2_XS', 256, 74], 18: ['IQ3_XXS', 256, 98], 19: ['IQ1_S', 256, 50], 20: ['IQ4_NL', 32, 18], 21: ['IQ3_S', 256, 110], 22: ['IQ2_S', 256, 82], 23: ['IQ4_XS', 256, 136],
  24: ['int8', 1, 1], 25: ['int16', 1, 2], 26: ['int32', 1, 4], 27: ['int64', 1, 8], 28: ['float64', 1, 8], 29: ['IQ1_M', 256, 56], 30: ['bfloat16', 1, 2], 34: ['TQ1_0', 256, 54],
  35: ['TQ2_0', 256, 66], 39: ['MXFP4', 32, 17],
};

/** Writes the 32 values of the block of `Q8_0` (float16 scale, 32 int8) or `Q4_0` (float16 scale, 16 pairs of nibbles) at `at`. */
type Unpack = (bytes: DataView, at: number, values: Float32Array, to: number) => void;

const unpackers: Readonly<Record<string, Unpack | undefined>> = {
  Q8_0: (bytes, at, values, to) => {
    const scale = float16ToNumber(bytes.getUint16(at, true));
    for (let i = 0; i < 32; i++) values[to + i] = scale * bytes.getInt8(at + 2 + i);
  },
  Q4_0: (bytes, at, values, to) => {
    const scale = float16ToNumber(bytes.getUint16(at, true));
    for (let i = 0; i < 16; i++) {
      const pair = bytes.getUint8(at + 2 + i);
      values[to + i] = scale * ((pair & 15) - 8);
      values[to + 16 + i] = scale * ((pair >> 4) - 8);
    }
  },
};

/** A tensor of a GGUF file; of quantized ones, Q8_0 and Q4_0 are read, as float32. `start`: of the file's data. */
export function ggufTensor(file: ByteSource, { name, shape, type: code, offset }: GgufInfo, start: number): CheckpointTensor {
  const known = types[code];
  if (!known) return listedTensor(name, shape, `type ${code}`, 0, `elements of GGUF's type ${code} are not known`);
  const [dtype, elements, blockBytes] = known;
  const count = elementCount(shape);
  const bytes = Math.ceil(count / elements) * blockBytes;
  const first = start + offset;
  if (first + bytes > file.size || (shape.at(-1) ?? 1) % elements !== 0)
    throw unreadable(file.name, `the tensor ${shown(name)} does not fit its place`, 'copy or download it again');
  if (elements === 1) return stridedTensor({ name, shape }, { source: () => file, start: first, type: elementType(dtype) });
  const unpack = unpackers[dtype];
  if (!unpack) return listedTensor(name, shape, dtype, bytes, `of quantized tensors only Q8_0 and Q4_0 are read, and it is ${dtype}; convert it to F16 to look at its values`);
  return {
    name,
    shape,
    dtype,
    count,
    bytes,
    view: null,
    element: elementType('float32'),
    problem: null,
    read(from, length) {
      const block = Math.floor(from / elements);
      const blocks = Math.ceil((from + length) / elements) - block;
      const packed = file.read(first + block * blockBytes, blocks * blockBytes);
      const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
      const values = new Float32Array(blocks * elements);
      for (let i = 0; i < blocks; i++) unpack(view, i * blockBytes, values, i * elements);
      const skipped = from - block * elements;
      return new Uint8Array(values.buffer, skipped * 4, length * 4);
    },
  };
}
