import type { ImageInput } from '../../protocol/model';

export type TensorData = Float32Array | Float64Array | Uint16Array | Uint8Array;

const single = new Float32Array(1);
const bits = new Uint32Array(single.buffer);

/**
 * The bits of a number as IEEE 754 half precision: rounded to the nearest, ties to even, also into subnormals;
 * 65520 and above become infinite; NaN stays NaN (quiet).
 */
export function halfBits(value: number): number {
  single[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const magnitude = bits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and above
  if (magnitude < 0x38800000) {
    // Below 2^-14: a whole number of the smallest step, 2^-24. The product is exact in double precision.
    const steps = Math.abs(single[0]) * 2 ** 24;
    const floor = Math.floor(steps);
    const rest = steps - floor;
    return sign | (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor);
  }
  // Drop 13 bits of mantissa, rounding; a carry moves into the exponent, up to infinity. Then rebias it, 127 to 15.
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/**
 * Input values as the typed array that ONNX Runtime wants for an element type: float16 as bits in a Uint16Array,
 * uint8 rounded and clamped to 0..255. float32 is returned as it is, not copied.
 */
export function toTensorData(values: Float32Array, dtype: ImageInput['dtype']): TensorData {
  switch (dtype) {
    case 'float32':
      return values;
    case 'float64':
      return Float64Array.from(values);
    case 'uint8':
      return new Uint8Array(Uint8ClampedArray.from(values).buffer);
    case 'float16': {
      const halves = new Uint16Array(values.length);
      for (let i = 0; i < halves.length; i++) halves[i] = halfBits(values[i]!);
      return halves;
    }
  }
}
