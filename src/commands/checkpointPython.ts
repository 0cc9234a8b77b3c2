import type { CheckpointSummary, TreeNode } from '../protocol/checkpoint';

const text = (value: string): string => JSON.stringify(value);

/** How Python reads one tensor of a checkpoint, without running anything that the file brings. */
export function tensorAsPython({ path, format, tree, warnings }: CheckpointSummary, tensor: string): string {
  if (/\.index\.json$/i.test(path)) return sharded(path, tensor, format.includes('safetensors'));
  if (format.startsWith('safetensors'))
    return `from safetensors import safe_open

with safe_open(${text(path)}, framework="pt") as file:
    tensor = file.get_tensor(${text(tensor)})
`;
  if (format.startsWith('NumPy')) return /\.npy$/i.test(path) ? `import numpy as np\n\ntensor = np.load(${text(path)}, mmap_mode="r")\n` : `import numpy as np\n\ntensor = np.load(${text(path)})[${text(tensor)}]\n`;
  if (format.startsWith('HDF5')) return `import h5py\n\nwith h5py.File(${text(path)}) as file:\n    tensor = file[${text(tensor)}][()]\n`;
  if (format.startsWith('Keras'))
    return `import zipfile

import h5py

with zipfile.ZipFile(${text(path)}) as archive, archive.open("model.weights.h5") as weights, h5py.File(weights) as file:
    tensor = file[${text(tensor)}][()]
`;
  if (format.startsWith('GGUF'))
    return `from gguf import GGUFReader

tensor = next(tensor for tensor in GGUFReader(${text(path)}).tensors if tensor.name == ${text(tensor)})
`;
  if (format.includes('TorchScript')) return `import torch\n\nmodule = torch.jit.load(${text(path)}, map_location="cpu")  # runs the code that the file brings\ntensor = module.state_dict()[${text(tensor)}]\n`;
  const keys = keysTo(tree, tensor) ?? [text(tensor)];
  const code = warnings.some(({ kind }) => kind === 'code');
  const note = code ? '# The file wants more than tensors: weights_only=True refuses it, and without it loading can run code.\n' : '';
  return `import torch

${note}content = torch.load(${text(path)}, map_location="cpu", weights_only=True)
tensor = content${keys.map((key) => `[${key}]`).join('')}
`;
}

function sharded(path: string, tensor: string, safe: boolean): string {
  const load = safe
    ? `with safe_open(index.parent / part, framework="pt") as file:\n    tensor = file.get_tensor(name)\n`
    : `tensor = torch.load(index.parent / part, map_location="cpu", weights_only=True)[name]\n`;
  return `import json
import pathlib

${safe ? 'from safetensors import safe_open' : 'import torch'}

index = pathlib.Path(${text(path)})
name = ${text(tensor)}
part = json.loads(index.read_text())["weight_map"][name]
${load}`;
}

/** What Python puts in brackets to get to a tensor, whose name is the sequence with dots; null where the tree does not list it. */
function keysTo({ kind, children }: TreeNode, name: string): string[] | null {
  for (const { key, ...child } of children ?? []) {
    const step = /^(list|tuple)$/.test(kind) ? key : text(key);
    if (key === name) return [step];
    const rest = name.startsWith(`${key}.`) ? keysTo({ key, ...child }, name.slice(key.length + 1)) : null;
    if (rest) return [step, ...rest];
  }
  return null;
}
