import type { Dim, ImageInput } from '../../protocol/model';
import { intAttribute, intsAttribute, requiredInputs, type OnnxModel, type OnnxNode, type ValueInfo } from './graph';
import type { Shapes } from './shapes';

type Found = { input: ImageInput } | { problem: string };

const pixelTypes = ['float32', 'float16', 'uint8', 'float64'] as const;

/** How far from the input the operator that tells the layout is looked for. */
const STEPS = 24;

/** Finds the model's one image input, or says in a sentence why one image cannot drive it. */
export function findImageInput(model: OnnxModel, shapes: Shapes): Found {
  const inputs = requiredInputs(model.graph);
  const images = inputs.filter((input) => input.dims?.length === 4);
  const [image] = images;
  if (inputs.length === 0) return { problem: 'This model has no inputs, so no image can be shown to it.' };
  if (image === undefined) return { problem: noImage(inputs) };
  if (images.length > 1) {
    return { problem: `This model takes ${images.length} images at once: ${list(images)}. Unitscope shows it one: export the part that takes one image.` };
  }
  const others = inputs.filter((input) => input !== image);
  if (others.length > 0) {
    return { problem: `This model needs inputs besides one image: ${list(others)}. Unitscope feeds an image only: export the image part on its own.` };
  }
  return describe(image, firstUse(model, image.name, shapes));
}

function describe(image: ValueInfo, use: FirstUse | null): Found {
  const dims = image.dims ?? [];
  const dtype = pixelTypes.find((type) => type === image.dtype);
  if (dtype === undefined) {
    return { problem: `The input ${format(image)} holds ${image.dtype || 'untyped'} values; images are fed as ${pixelTypes.join(', ')}: export the model with one of these.` };
  }
  const layout = layoutOf(dims, use);
  if (layout === null) {
    return { problem: `The input ${format(image)} has no axis of 1 or 3 channels, so it is no grey or colour image.` };
  }
  const [channelAxis, heightAxis, widthAxis] = layout === 'NCHW' ? [1, 2, 3] : [3, 1, 2];
  const channels = dims[channelAxis] ?? null;
  const size = (axis: number): number | null => (typeof dims[axis] === 'number' ? dims[axis] : null);
  return {
    input: {
      name: image.name,
      dtype,
      layout,
      batch: size(0),
      channels: (typeof channels === 'number' ? channels : use?.channels) === 1 ? 1 : 3,
      height: size(heightAxis),
      width: size(widthAxis),
    },
  };
}

/** By where the 1 or 3 is; when that leaves both or neither, by what the model does with it and by which sides are longer. */
function layoutOf(dims: readonly Dim[], use: FirstUse | null): ImageInput['layout'] | null {
  const canBe = (axis: number) => isChannelCount(dims[axis]);
  const [first, last] = [canBe(1), canBe(3)];
  if (first !== last) return first ? 'NCHW' : 'NHWC';
  if (!first) {
    const open = (axis: number) => typeof dims[axis] !== 'number';
    if (use?.layout && isChannelCount(use.channels ?? undefined) && open(use.layout === 'NCHW' ? 1 : 3)) return use.layout;
    return null;
  }
  if (use?.layout) return use.layout;
  const [, height, width] = dims;
  return typeof height === 'number' && typeof width === 'number' && height >= 8 && width >= 8 ? 'NHWC' : 'NCHW';
}

function isChannelCount(dim: Dim | undefined): boolean {
  return dim === 1 || dim === 3;
}

interface FirstUse {
  layout: ImageInput['layout'] | null;
  channels: number | null;
}

/** What the first convolution or transposition after the input says about its layout. */
function firstUse(model: OnnxModel, input: string, shapes: Shapes): FirstUse | null {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of model.graph.nodes) {
    for (const name of node.inputs) {
      const list = readers.get(name);
      if (list) list.push(node);
      else readers.set(name, [node]);
    }
  }
  const queue: { name: string; layout: ImageInput['layout'] }[] = [{ name: input, layout: 'NCHW' }];
  for (let at = 0; at < Math.min(queue.length, STEPS); at++) {
    const { name, layout } = queue[at]!;
    for (const node of readers.get(name) ?? []) {
      if (node.op === 'Conv' && node.inputs[0] === name) {
        const perGroup = shapes.get(node.inputs[1] ?? '')?.dims?.[1];
        return { layout, channels: typeof perGroup === 'number' ? perGroup * (intAttribute(node, 'group') ?? 1) : null };
      }
      const output = node.outputs[0];
      if (output === undefined || !passesOn.has(node.op)) continue;
      const turns = node.op === 'Transpose' && intsAttribute(node, 'perm')?.join() === '0,3,1,2';
      queue.push({ name: output, layout: turns ? 'NHWC' : layout });
    }
  }
  return null;
}

const passesOn = new Set(['Transpose', 'Cast', 'Sub', 'Add', 'Mul', 'Div', 'Pad', 'Identity', 'QuantizeLinear', 'DequantizeLinear', 'BatchNormalization', 'Resize', 'Clip', 'Gather', 'Concat', 'Unsqueeze', 'ImageScaler']);

function noImage(inputs: readonly ValueInfo[]): string {
  const [only] = inputs;
  if (inputs.length === 1 && only) {
    const { dims } = only;
    if (dims === null) return `The input ${format(only)} does not declare a shape: export the model with the shape [batch, 3, height, width].`;
    if (dims.length === 3 && (isChannelCount(dims[0]) || isChannelCount(dims[2]))) {
      return `The input ${format(only)} is one image without a batch axis: export the model with the shape [1, ${dims.map((dim) => dim ?? '?').join(', ')}].`;
    }
  }
  return `This model takes no image: its ${inputs.length === 1 ? 'input is' : 'inputs are'} ${list(inputs)}, and an image is [batch, 3, height, width] or [batch, height, width, 3].`;
}

function list(inputs: readonly ValueInfo[]): string {
  return inputs.map(format).join(', ');
}

/** As in "pixel_values float32[batch, 3, 224, 224]". */
function format({ name, dtype, dims }: ValueInfo): string {
  return `${name} ${dtype || '?'}${dims === null ? '' : `[${dims.map((dim) => dim ?? '?').join(', ')}]`}`;
}
