import type { CheckpointWarning } from '../../../protocol/checkpoint';
import { shown } from '../problem';

/** Names that make plain data, and nothing else, when Python calls them. */
const harmless = new Set([
  ...['dict', 'list', 'tuple', 'set', 'frozenset', 'int', 'long', 'float', 'complex', 'bool', 'str', 'unicode', 'bytes', 'bytearray', 'slice', 'range', 'xrange', 'object'].flatMap(
    (name) => [`builtins.${name}`, `__builtin__.${name}`],
  ),
  ...['OrderedDict', 'defaultdict', 'Counter', 'deque'].map((name) => `collections.${name}`),
  ...['date', 'datetime', 'time', 'timedelta', 'timezone'].map((name) => `datetime.${name}`),
  ...['Path', 'PosixPath', 'WindowsPath', 'PurePath', 'PurePosixPath', 'PureWindowsPath'].map((name) => `pathlib.${name}`),
  ...['copyreg._reconstructor', 'copy_reg._reconstructor', '_codecs.encode', 'argparse.Namespace', 'types.SimpleNamespace', 'decimal.Decimal', 'fractions.Fraction', 'uuid.UUID'],
  ...['ndarray', 'dtype'].map((name) => `numpy.${name}`),
  ...['numpy.core', 'numpy._core'].flatMap((core) => [`${core}.multiarray._reconstruct`, `${core}.multiarray.scalar`, `${core}.numeric._frombuffer`]),
  ...['Size', 'device', 'Tensor', 'Generator'].map((name) => `torch.${name}`),
  ...['torch.nn.parameter.Parameter', 'torch.nn.parameter.Buffer', 'torch._tensor.Tensor', 'torch.storage.UntypedStorage', 'torch.storage.TypedStorage', 'torch.serialization._get_layout'],
  ...['Tensor', 'PackedSequence'].map((name) => `torch._C.${name}`),
  'torch._tensor._rebuild_from_type_v2',
]);

const patterns: readonly RegExp[] = [
  /^torch(\.cuda)?\.[A-Za-z0-9]+Storage$/,
  /^torch\._utils\._rebuild_(tensor|tensor_v2|tensor_v3|parameter|parameter_with_state|qtensor|sparse_tensor|sparse_csr_tensor|meta_tensor_no_storage|device_tensor_from_numpy|xla_tensor|mlc_tensor)$/,
  /^torch\.(float|double|half|bfloat|int|uint|long|short|bool|complex|cfloat|cdouble|qint|quint|bits)[a-z0-9_]*$/,
  /^torch\.(per_tensor|per_channel|strided|sparse_coo|contiguous_format|preserve_format|channels_last)[a-z_]*$/,
  /^torch\.nn\.modules\.[a-z0-9_]+\.[A-Z][A-Za-z0-9]*$/,
  /^torch\.jit\._pickle\.(build_(int|tensor|double|bool)list|build_tensor_from_id|restore_type_tag)$/,
  // Compiled by TorchScript: no Python.
  /^__torch__\.[\w.$]+$/,
];

export function isHarmless(name: string): boolean {
  return harmless.has(name) || patterns.some((pattern) => pattern.test(name));
}

/** The warning for a file that wants more of Python than plain data; none where it does not. */
export function codeWarnings(globals: ReadonlyMap<string, number>): CheckpointWarning[] {
  const unknown = [...globals.keys()].filter((name) => !isHarmless(name));
  if (unknown.length === 0) return [];
  const first = unknown.slice(0, 3).map((name) => shown(name, 80));
  const more = unknown.length > 3 ? ` and ${unknown.length - 3} more` : '';
  return [
    {
      kind: 'code',
      text: `Loading this file in Python would use ${first.join(', ')}${more}, which could run code. Unitscope has not run it.`,
      globals: unknown.slice(0, 200).map((name) => shown(name, 200)),
    },
  ];
}
