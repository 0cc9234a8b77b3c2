import { OnnxBuilder } from '../../fixtures/onnxBuilder';

/**
 * Well-known architectures as graphs without weights, for their published receptive fields. Weights have a shape but lie
 * in a file that does not exist.
 */
class Net {
  readonly model = new OnnxBuilder();
  private count = 0;

  constructor(size: number) {
    this.model.input('image', 'float32', ['batch', 3, size, size]);
  }

  conv(from: string, name: string, channels: [from: number, to: number], kernel: number, stride: number, pad: number): string {
    const weight = `${name}.weight`;
    this.model.initializer(weight, 'float32', [channels[1], channels[0], kernel, kernel], undefined, { location: 'weights.bin' });
    return this.add('Conv', [from, weight], name, { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] });
  }

  relu(from: string): string {
    return this.add('Relu', [from], `relu${this.count++}`);
  }

  maxPool(from: string, name: string, kernel: number, stride: number, pad = 0): string {
    return this.add('MaxPool', [from], name, { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] });
  }

  sum(a: string, b: string, name: string): string {
    return this.add('Add', [a, b], name);
  }

  private add(op: string, inputs: string[], name: string, attributes = {}): string {
    this.model.node(op, inputs, [name], attributes);
    return name;
  }
}

/** Krizhevsky 2012 in torchvision's single-tower form. */
export function alexNet(): OnnxBuilder {
  const net = new Net(224);
  let x = net.relu(net.conv('image', 'conv1', [3, 64], 11, 4, 2));
  x = net.maxPool(x, 'pool1', 3, 2);
  x = net.relu(net.conv(x, 'conv2', [64, 192], 5, 1, 2));
  x = net.maxPool(x, 'pool2', 3, 2);
  x = net.relu(net.conv(x, 'conv3', [192, 384], 3, 1, 1));
  x = net.relu(net.conv(x, 'conv4', [384, 256], 3, 1, 1));
  x = net.relu(net.conv(x, 'conv5', [256, 256], 3, 1, 1));
  net.maxPool(x, 'pool5', 3, 2);
  return net.model.output('pool5');
}

/** Simonyan and Zisserman 2015, configuration D. */
export function vgg16(): OnnxBuilder {
  const net = new Net(224);
  let x = 'image';
  let channels = 3;
  [[64, 2], [128, 2], [256, 3], [512, 3], [512, 3]].forEach(([width, depth], stage) => {
    for (let i = 1; i <= depth!; i++) {
      x = net.relu(net.conv(x, `conv${stage + 1}_${i}`, [channels, width!], 3, 1, 1));
      channels = width!;
    }
    x = net.maxPool(x, `pool${stage + 1}`, 2, 2);
  });
  return net.model.output('pool5');
}

/** He et al. 2016 as in torchvision: the stride of a bottleneck is in its 3 x 3 convolution. */
export function resNet(depths: number[], block: 'basic' | 'bottleneck'): OnnxBuilder {
  const net = new Net(224);
  let x = net.maxPool(net.relu(net.conv('image', 'conv1', [3, 64], 7, 2, 3)), 'maxpool', 3, 2, 1);
  const expansion = block === 'basic' ? 1 : 4;
  let channels = 64;
  depths.forEach((depth, stage) => {
    const width = 64 * 2 ** stage;
    for (let i = 0; i < depth; i++) {
      const name = `layer${stage + 1}.${i}`;
      const stride = stage > 0 && i === 0 ? 2 : 1;
      const out = width * expansion;
      const shortcut = channels === out && stride === 1 ? x : net.conv(x, `${name}.downsample`, [channels, out], 1, stride, 0);
      let y: string;
      if (block === 'basic') {
        y = net.relu(net.conv(x, `${name}.conv1`, [channels, width], 3, stride, 1));
        y = net.conv(y, `${name}.conv2`, [width, out], 3, 1, 1);
      } else {
        y = net.relu(net.conv(x, `${name}.conv1`, [channels, width], 1, 1, 0));
        y = net.relu(net.conv(y, `${name}.conv2`, [width, width], 3, stride, 1));
        y = net.conv(y, `${name}.conv3`, [width, out], 1, 1, 0);
      }
      x = net.relu(net.sum(y, shortcut, i === depth - 1 ? `layer${stage + 1}` : `${name}.add`));
      channels = out;
    }
  });
  return net.model.output(x);
}
