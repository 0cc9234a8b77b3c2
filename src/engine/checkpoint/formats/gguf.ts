import type { ByteSource } from '../../io/rangedFile';
import type { Contents } from '../checkpoint';
import { shown, unreadable } from '../problem';
import { elementCount, isShape, type CheckpointTensor } from '../tensor';
import { jsonItem } from '../tree';
import { ggufTensor, type GgufInfo } from './ggufTensor';

// The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3.

const mostEntries = 1_000_000;
/** Elements of a list that are kept to show; vocabularies have 100,000. */
const keptElements = 100;
const longestText = 2 ** 24;
const mostDepth = 4;

/** What a `.gguf` file says about its tensors, and its metadata. Reads the header only. Throws `reference.unreadable`. */
export function readGguf(file: ByteSource): Contents {
  const cursor = new Cursor(file);
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) throw unreadable(file.name, `it has the GGUF version ${version}, which is not read`, 'convert it to version 3');
  const tensors = cursor.count('tensors');
  const entries = cursor.count('entries');
  const metadata = new Map<string, unknown>();
  for (let i = 0; i < entries; i++) {
    const key = cursor.text();
    metadata.set(key, cursor.value(cursor.uint32(), 0));
  }
  const infos = Array.from({ length: tensors }, () => cursor.info());
  const given = metadata.get('general.alignment');
  const alignment = typeof given === 'number' && given > 0 && given <= 2 ** 20 ? given : 32;
  const start = Math.ceil(cursor.at / alignment) * alignment;
  const made: CheckpointTensor[] = infos.map((info) => ggufTensor(file, info, start));
  return { format: `GGUF ${version}`, tensors: made, tree: jsonItem(metadata), warnings: [] };
}

class Cursor {
  at = 4;
  constructor(private readonly file: ByteSource) {}

  private view(length: number): DataView {
    if (this.at + length > this.file.size) throw unreadable(this.file.name, 'its header ends early', 'copy or download it again');
    const bytes = this.file.read(this.at, length);
    this.at += length;
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint32(): number {
    return this.view(4).getUint32(0, true);
  }

  uint64(): number {
    return Number(this.view(8).getBigUint64(0, true));
  }

  count(of: string): number {
    const count = this.uint64();
    if (count > mostEntries) throw unreadable(this.file.name, `it claims ${count} ${of}`, 'copy or download it again');
    return count;
  }

  text(): string {
    const length = this.uint64();
    if (length > longestText) throw unreadable(this.file.name, `it claims a text of ${length} bytes`, 'copy or download it again');
    const { buffer, byteOffset } = this.view(length);
    return Buffer.from(buffer, byteOffset, length).toString('utf8');
  }

  value(type: number, depth: number): unknown {
    switch (type) {
      case 0: return this.view(1).getUint8(0);
      case 1: return this.view(1).getInt8(0);
      case 2: return this.view(2).getUint16(0, true);
      case 3: return this.view(2).getInt16(0, true);
      case 4: return this.uint32();
      case 5: return this.view(4).getInt32(0, true);
      case 6: return this.view(4).getFloat32(0, true);
      case 7: return this.view(1).getUint8(0) !== 0;
      case 8: return this.text();
      case 9: return this.list(depth);
      case 10: return this.view(8).getBigUint64(0, true);
      case 11: return this.view(8).getBigInt64(0, true);
      case 12: return this.view(8).getFloat64(0, true);
      default: throw unreadable(this.file.name, `it has a value of the unknown type ${type}`, 'copy or download it again');
    }
  }

  private list(depth: number): unknown {
    const type = this.uint32();
    const length = this.uint64();
    if (length > this.file.size - this.at || depth > mostDepth) throw unreadable(this.file.name, `it claims a list of ${length} values`, 'copy or download it again');
    const kept: unknown[] = [];
    const size = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8][type] ?? 0;
    for (let i = 0; i < length; i++) {
      if (i === keptElements && size > 0) {
        this.view(0);
        this.at += (length - i) * size;
        break;
      }
      if (type === 8 && i >= keptElements) this.skipText();
      else {
        const value = this.value(type, depth + 1);
        if (i < keptElements) kept.push(value);
      }
    }
    return length > keptElements ? { length, first: kept } : kept;
  }

  private skipText(): void {
    const length = this.uint64();
    if (length > this.file.size - this.at) throw unreadable(this.file.name, 'its header ends early', 'copy or download it again');
    this.at += length;
  }

  info(): GgufInfo {
    const name = this.text();
    const axes = this.uint32();
    if (axes > 8) throw unreadable(this.file.name, `its tensor ${shown(name)} has ${axes} axes`, 'copy or download it again');
    const shape = Array.from({ length: axes }, () => this.uint64()).reverse();
    if (!isShape(shape) || !Number.isSafeInteger(elementCount(shape))) throw unreadable(this.file.name, `its tensor ${shown(name)} has an impossible shape`, 'copy or download it again');
    return { name, shape, type: this.uint32(), offset: this.uint64() };
  }
}
