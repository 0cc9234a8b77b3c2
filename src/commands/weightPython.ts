import type { CheckpointSummary } from '../protocol/checkpoint';
import { UnitscopeError } from '../protocol/errors';
import type { ModelGraph } from '../protocol/graph';

/**
 * A script that reads an initializer as NumPy has it, also from external data. Throws `usage` for a tensor that is no dense
 * initializer of the main graph: Python finds it only by going through the graph.
 */
export function weightAsPython({ path, tensors }: Pick<CheckpointSummary, 'path' | 'tensors'>, { values }: ModelGraph, tensor: string): string {
  const at = tensors.names.indexOf(tensor);
  if (at < 0) throw new UnitscopeError('usage', `${path} has no tensor ${tensor} any more; choose one of those it has.`);
  if (tensors.dtypes[tensors.dtype[at]!]!.startsWith('sparse '))
    throw new UnitscopeError('usage', `${tensor} is stored as a sparse tensor, which onnx has no reader for in Python; export it as .npy instead.`);
  // Only initializers of the main graph have their own name as the name of their tensor.
  if (!values.some((value) => value.kind === 'initializer' && value.tensor === tensor && value.name === tensor))
    throw new UnitscopeError('usage', `${tensor} is inside of a node or a function, where Python finds it only by going through the graph; export it as .npy instead.`);
  return `import onnx
from onnx.numpy_helper import to_array
from pathlib import Path

path = Path(${JSON.stringify(path)})
model = onnx.load(path, load_external_data=False)
tensor = next(tensor for tensor in model.graph.initializer if tensor.name == ${JSON.stringify(tensor)})
weights = to_array(tensor, str(path.parent))
print(weights.shape, weights.dtype)
`;
}
