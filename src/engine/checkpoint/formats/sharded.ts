import { dirname, join } from 'node:path';
import type { Contents } from '../checkpoint';
import type { Files } from '../files';
import { shown, unreadable } from '../problem';
import type { CheckpointTensor } from '../tensor';
import { jsonItem } from '../tree';
import { parseJson } from './safetensors';

const mostIndex = 100e6;
const mostShards = 10_000;

/**
 * The tensors that an `*.index.json` lists, out of the files beside it. Tensors whose file is missing or lacks them are said in a
 * warning. Throws `reference.unreadable` for an index that is none, and one that names files elsewhere.
 */
export function readSharded(path: string, files: Files, openPart: (path: string) => Contents): Contents {
  const file = files.source(path);
  if (file.size > mostIndex) throw unreadable(file.name, 'it is too long for an index', 'choose the index.json of a sharded checkpoint');
  const index = parseJson(file.name, Buffer.from(file.read(0, file.size)).toString('utf8'));
  const map = index.get('weight_map');
  if (typeof map !== 'object' || map === null) throw unreadable(file.name, 'it has no weight_map', 'choose the index.json of a sharded checkpoint');
  const entries = Object.entries(map as Record<string, unknown>);
  const shards = new Set(entries.map(([, shard]) => shard));
  if (shards.size > mostShards) throw unreadable(file.name, `it names ${shards.size} files`);
  const warnings: Contents['warnings'] = [];
  const tensors = new Map<string, CheckpointTensor>();
  const formats = new Set<string>();
  const parts: string[] = [];
  for (const shard of shards) {
    if (typeof shard !== 'string' || !/^[^/\\:\0]+$/.test(shard) || shard === '..' || shard === '.')
      throw unreadable(file.name, `it names ${shown(String(shard))}, which is not in its folder`, 'for safety only files beside it are read');
    const part = openPart(join(dirname(path), shard));
    parts.push(shard);
    formats.add(part.format);
    warnings.push(...part.warnings);
    for (const tensor of part.tensors) tensors.set(tensor.name, tensor);
  }
  const missing = entries.filter(([name]) => !tensors.has(name));
  if (missing.length > 0)
    warnings.push({ kind: 'unread', text: `The index lists ${missing.length} tensors that its files do not have, such as ${shown(missing[0]![0])}.` });
  return { format: `${[...formats].join(', ')} in ${parts.length} files`, tensors: [...tensors.values()], tree: jsonItem(index.get('metadata') ?? {}), warnings, parts };
}
