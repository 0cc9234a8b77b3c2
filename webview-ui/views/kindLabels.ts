import type { LayerKind } from '../../src/protocol/model';

export const kindLabels: Record<LayerKind, string> = {
  convolution: 'Convolution',
  activation: 'Activation',
  pooling: 'Pooling',
  normalization: 'Normalization',
  dense: 'Dense',
  merge: 'Merge',
  attention: 'Attention',
  reshape: 'Reshape',
  other: 'Other',
};
