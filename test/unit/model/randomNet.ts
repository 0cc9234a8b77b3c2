import { OnnxBuilder, type Attributes } from '../../fixtures/onnxBuilder';
import { seeded } from '../../fixtures/random';

interface Value {
  name: string;
  channels: number;
  height: number;
  width: number;
}

/**
 * A random network of convolutions, poolings, paddings, crops, shuffles, resizings, residual sums and concatenations
 * over an image [N, 1, height, width]. All weights are positive, so that making a pixel brighter shows wherever it is seen.
 */
export class RandomNet {
  readonly model = new OnnxBuilder({ opset: 17 });
  readonly values: string[] = [];
  private readonly random: () => number;
  private count = 0;

  constructor(
    seed: number,
    readonly height: number,
    readonly width: number,
    layers: number,
  ) {
    this.random = seeded(seed);
    this.model.input('image', 'float32', ['batch', 1, height, width]);
    let value = this.convolution({ name: 'image', channels: 1, height, width }, true);
    for (let i = 0; i < layers; i++) value = this.layer(value);
    for (const name of this.values) this.model.output(name, 'float32', null);
  }

  private layer(from: Value): Value {
    const steps = [
      () => this.convolution(from),
      () => this.convolution(from),
      () => this.pooling(from),
      () => this.residual(from),
      () => this.branches(from),
      () => this.pad(from),
      () => this.crop(from),
      () => this.deconvolution(from),
      () => this.resize(from),
      () => this.spaceToDepth(from),
      () => this.pixelShuffle(from),
      () => this.channelShuffle(from),
      () => this.sidewaysNhwc(from),
    ];
    const step = steps[this.below(steps.length)]!;
    const result = step();
    const isUsable = result.height >= 2 && result.width >= 2 && result.height <= 40 && result.width <= 40 && result.channels <= 16;
    return isUsable ? result : from;
  }

  private convolution(from: Value, same = false): Value {
    const kernel = same ? [3, 3] : [1 + this.below(3), 1 + this.below(4)];
    const dilations = same ? [1, 1] : [1 + this.below(2), 1];
    const strides = same ? [1, 1] : [1 + this.below(3), 1 + this.below(2)];
    const channels = 1 + this.below(3);
    const extent = kernel.map((k, axis) => dilations[axis]! * (k - 1) + 1);
    const auto = !same && this.below(3) === 0 ? ['SAME_UPPER', 'SAME_LOWER', 'VALID'][this.below(3)]! : null;
    const pads = same ? [1, 1, 1, 1] : [0, 1, 2, 3].map((i) => this.below(Math.min(2, extent[i % 2]!)));
    const sizes = [from.height, from.width].map((size, axis) => {
      if (auto === 'VALID') return Math.floor((size - extent[axis]!) / strides[axis]!) + 1;
      if (auto !== null) return Math.ceil(size / strides[axis]!);
      return Math.floor((size + pads[axis]! + pads[axis + 2]! - extent[axis]!) / strides[axis]!) + 1;
    });
    if (sizes.some((size) => size < 1)) return from;
    // ONNX Runtime refuses both together.
    if (auto?.startsWith('SAME') && dilations[0] !== 1) return from;
    const weight = this.weight([channels, from.channels, kernel[0]!, kernel[1]!]);
    const padding = auto === null ? { pads } : { auto_pad: auto };
    return this.add('Conv', [from.name, weight], { strides, dilations, ...padding }, channels, sizes[0]!, sizes[1]!);
  }

  private pooling(from: Value): Value {
    const op = ['MaxPool', 'AveragePool'][this.below(2)]!;
    const kernel = [2 + this.below(2), 2 + this.below(2)];
    const strides = [1 + this.below(2), 2];
    const ceil = this.below(2);
    const sizes = [from.height, from.width].map((size, axis) => {
      const steps = (size - kernel[axis]!) / strides[axis]!;
      return (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
    });
    if (sizes.some((size) => size < 1)) return from;
    return this.add(op, [from.name], { kernel_shape: kernel, strides, ceil_mode: ceil }, from.channels, sizes[0]!, sizes[1]!);
  }

  private residual(from: Value): Value {
    const inner = this.convolution(from, true);
    const relu = this.add('Relu', [inner.name], {}, inner.channels, inner.height, inner.width);
    const weight = this.weight([from.channels, relu.channels, 1, 1]);
    const back = this.add('Conv', [relu.name, weight], {}, from.channels, from.height, from.width);
    return this.add('Add', [from.name, back.name], {}, from.channels, from.height, from.width);
  }

  private branches(from: Value): Value {
    const parts = [from, this.convolution(from, true)];
    const wide = this.weight([2, from.channels, 5, 1]);
    parts.push(this.add('Conv', [from.name, wide], { pads: [2, 0, 2, 0] }, 2, from.height, from.width));
    const channels = parts.reduce((sum, part) => sum + part.channels, 0);
    return this.add('Concat', parts.map((part) => part.name), { axis: 1 }, channels, from.height, from.width);
  }

  private pad(from: Value): Value {
    const mode = ['constant', 'reflect', 'edge'][this.below(3)]!;
    const pads = [0, 0, this.below(2), this.below(3), 0, 0, this.below(2), this.below(2)];
    if (mode === 'reflect' && (from.height < 4 || from.width < 4)) return from;
    const input = this.ints(pads);
    return this.add('Pad', [from.name, input], { mode }, from.channels, from.height + pads[2]! + pads[6]!, from.width + pads[3]! + pads[7]!);
  }

  private crop(from: Value): Value {
    const [top, left, step] = [this.below(2), this.below(3), 1 + this.below(2)];
    const height = Math.ceil((from.height - top) / step);
    const width = from.width - left - 1;
    const inputs = [from.name, this.ints([top, left]), this.ints([2 ** 31, -1]), this.ints([2, 3]), this.ints([step, 1])];
    return this.add('Slice', inputs, {}, from.channels, height, width);
  }

  private deconvolution(from: Value): Value {
    const [kernel, stride] = [2 + this.below(3), 1 + this.below(3)];
    const pad = this.below(2);
    const extra = stride > 1 ? this.below(2) : 0;
    const size = (length: number) => stride * (length - 1) + kernel + extra - 2 * pad;
    const weight = this.weight([from.channels, 2, kernel, kernel]);
    const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad], output_padding: [extra, extra] };
    return this.add('ConvTranspose', [from.name, weight], attributes, 2, size(from.height), size(from.width));
  }

  private resize(from: Value): Value {
    const scale = [2, 1.5, 0.5, 3][this.below(4)]!;
    const mode = ['nearest', 'linear', 'cubic'][this.below(3)]!;
    const transformations = ['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel'];
    const coordinates = transformations[this.below(transformations.length)]!;
    const nearest = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'][this.below(4)]!;
    const scales = this.name('scales');
    this.model.initializer(scales, 'float32', [4], [1, 1, scale, scale]);
    const attributes = { mode, coordinate_transformation_mode: coordinates, nearest_mode: nearest };
    return this.add('Resize', [from.name, '', scales], attributes, from.channels, Math.floor(from.height * scale), Math.floor(from.width * scale));
  }

  private spaceToDepth(from: Value): Value {
    if (from.height % 2 || from.width % 2 || from.channels > 4) return from;
    return this.add('SpaceToDepth', [from.name], { blocksize: 2 }, from.channels * 4, from.height / 2, from.width / 2);
  }

  /** DepthToSpace, or the same spelt as Reshape, Transpose, Reshape. */
  private pixelShuffle(from: Value): Value {
    const channels = 1 + this.below(2);
    const wide = this.add('Conv', [from.name, this.weight([channels * 4, from.channels, 1, 1])], {}, channels * 4, from.height, from.width);
    const [height, width] = [from.height * 2, from.width * 2];
    if (this.below(2)) return this.add('DepthToSpace', [wide.name], { blocksize: 2, mode: this.below(2) ? 'DCR' : 'CRD' }, channels, height, width);
    const apart = this.reshape(wide.name, [0, channels, 2, 2, from.height, from.width]);
    const turned = this.name('turned');
    this.model.node('Transpose', [apart], [turned], { perm: [0, 1, 4, 2, 5, 3] });
    const together = this.reshape(turned, [-1, channels, height, width]);
    this.values.push(together);
    return { name: together, channels, height, width };
  }

  private channelShuffle(from: Value): Value {
    if (from.channels % 2) return from;
    const apart = this.reshape(from.name, [0, 2, from.channels / 2, from.height, from.width]);
    const turned = this.name('turned');
    this.model.node('Transpose', [apart], [turned], { perm: [0, 2, 1, 3, 4] });
    const together = this.reshape(turned, [-1, from.channels, from.height, from.width]);
    this.values.push(together);
    return { ...from, name: together };
  }

  /** A linear layer over the channels of [N, H, W, C], and the layout back again. */
  private sidewaysNhwc(from: Value): Value {
    const last = this.name('nhwc');
    this.model.node('Transpose', [from.name], [last], { perm: [0, 2, 3, 1] });
    this.values.push(last);
    const product = this.name('dense');
    this.model.node('MatMul', [last, this.weight([from.channels, 3])], [product]);
    this.values.push(product);
    return this.add('Transpose', [product], { perm: [0, 3, 1, 2] }, 3, from.height, from.width);
  }

  private add(op: string, inputs: string[], attributes: Attributes, channels: number, height: number, width: number): Value {
    const name = this.name(op);
    this.model.node(op, inputs, [name], attributes);
    this.values.push(name);
    return { name, channels, height, width };
  }

  private reshape(from: string, shape: number[]): string {
    const name = this.name('reshaped');
    this.model.node('Reshape', [from, this.ints(shape)], [name]);
    return name;
  }

  private weight(dims: number[]): string {
    const name = this.name('weight');
    const count = dims.reduce((product, dim) => product * dim, 1);
    this.model.initializer(name, 'float32', dims, Float32Array.from({ length: count }, () => 0.5 + this.random()));
    return name;
  }

  private ints(values: number[]): string {
    const name = this.name('ints');
    this.model.initializer(name, 'int64', [values.length], values);
    return name;
  }

  private name(prefix: string): string {
    return `${prefix}_${this.count++}`;
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }
}
