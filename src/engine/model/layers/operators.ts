/** Groups of operators that the description of layers distinguishes. Names without a domain: Microsoft's variants mean the same. */

/** Applied to each element alone, with a bend. */
export const activations = new Set([
  'Relu', 'LeakyRelu', 'PRelu', 'Clip', 'Sigmoid', 'HardSigmoid', 'Tanh', 'Elu', 'Selu', 'Celu', 'Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu',
  'HardSwish', 'Swish', 'Mish', 'Softplus', 'Softsign', 'ThresholdedRelu', 'Shrink',
]);

/** The same numbers in another arrangement, or some of them. */
export const copies = new Set([
  'Identity', 'Dropout', 'Reshape', 'Flatten', 'Transpose', 'Squeeze', 'Unsqueeze', 'Cast', 'CastLike', 'Slice', 'Split', 'Gather', 'Pad', 'Crop',
  'Expand', 'Tile', 'DepthToSpace', 'SpaceToDepth', 'QuantizeLinear', 'DequantizeLinear',
]);

export const convolutions = new Set(['Conv', 'ConvTranspose', 'FusedConv', 'DeformConv', 'QLinearConv', 'ConvInteger', 'NhwcConv', 'NhwcFusedConv']);

export const poolings = new Set([
  'MaxPool', 'AveragePool', 'LpPool', 'GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool', 'MaxRoiPool', 'RoiAlign', 'QLinearAveragePool',
  'QLinearGlobalAveragePool', 'NhwcMaxPool',
]);

export const normalizations = new Set([
  'BatchNormalization', 'LayerNormalization', 'InstanceNormalization', 'GroupNormalization', 'RMSNormalization', 'LRN', 'LpNormalization',
  'MeanVarianceNormalization', 'SimplifiedLayerNormalization', 'SkipLayerNormalization', 'GroupNorm', 'SkipGroupNorm',
]);

export const products = new Set(['MatMul', 'FusedMatMul', 'TransposeMatMul', 'Einsum', 'QLinearMatMul', 'MatMulInteger', 'MatMulIntegerToFloat', 'DynamicQuantizeMatMul']);

export const denses = new Set(['Gemm', 'FusedGemm', 'QGemm', ...products]);

export const attentions = new Set(['Attention', 'MultiHeadAttention', 'GroupQueryAttention', 'QAttention']);

/** Put together from two or more activations. */
export const merges = new Set(['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Concat', 'Sum', 'Mean', 'Max', 'Min', 'Where', 'QLinearAdd', 'QLinearMul', 'QLinearConcat', 'BiasSplitGelu']);

export const reductions = new Set([
  'ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceProd',
]);

/** Steps of an activation or normalisation that an exporter wrote out in arithmetic. */
export const arithmetic = new Set([
  'Add', 'Sub', 'Mul', 'Div', 'Pow', 'Neg', 'Abs', 'Sqrt', 'Exp', 'Log', 'Erf', 'Reciprocal', 'Min', 'Max', 'Cast', 'Identity', 'Expand',
  'Where', 'Less', 'Greater', 'LessOrEqual', 'GreaterOrEqual', ...activations, ...reductions,
]);
