import type { Pool } from '../../protocol/rdm';
import type { EmbeddingBlock, EmbeddingSource } from '../compute/embeddings';
import { Activations } from '../store/activations';
import { meanKey } from '../store/segment';
import type { OpenStudy } from '../study/openStudy';

/** Adds up where embeddings lie; blocks of the same file and offset are one. */
export class SourceBuilder {
  private readonly files = new Map<string, number>();
  private readonly blocks = new Map<string, EmbeddingBlock>();

  add(path: string, offset: number, columns: number, column: number, row: number): void {
    let file = this.files.get(path);
    if (file === undefined) this.files.set(path, (file = this.files.size));
    const key = `${file}:${offset}`;
    const block = this.blocks.get(key);
    if (block) block.picks.push(column, row);
    else this.blocks.set(key, { file, offset, columns, picks: [column, row] });
  }

  build(rows: number, features: number): EmbeddingSource {
    return { rows, features, files: [...this.files.keys()], blocks: [...this.blocks.values()] };
  }
}

/** A file that has some embeddings already, row after row. */
export interface KnownRows {
  path: string;
  features: number;
  /** In bytes. */
  offsetOf: (identity: string) => number | undefined;
}

/**
 * Where the embeddings of stimuli in a layer lie on disk. Null where some have not been recorded.
 * @param layer name, or `baseline:…` @param known is looked into first
 */
export async function embeddingSource(
  study: OpenStudy,
  layer: string,
  pool: Pool,
  stimuli: Int32Array,
  activations?: Activations,
  known?: KnownRows,
): Promise<EmbeddingSource | null> {
  const builder = new SourceBuilder();
  const { identities } = study.parts;
  const recording = await study.recording();
  let features = known?.features ?? 0;
  const isKnown = (row: number, identity: string): boolean => {
    const offset = known?.offsetOf(identity);
    if (offset !== undefined) builder.add(known!.path, offset, 1, 0, row);
    return offset !== undefined;
  };
  if (pool === 'flatten' || layer.startsWith('baseline:')) {
    const kept = activations ?? (await Activations.open(recording.folder));
    for (const [row, index] of stimuli.entries()) {
      if (isKnown(row, identities[index]!)) continue;
      const place = kept.place(layer, identities[index]!);
      if (!place) return null;
      builder.add(place.file, place.offset, 1, 0, row);
      ({ features } = place);
    }
    return builder.build(stimuli.length, features);
  }
  const { key } = study.tap(layer);
  const wanted = pool === 'mean' ? meanKey(key) : key;
  for (const [row, index] of stimuli.entries()) {
    if (isKnown(row, identities[index]!)) continue;
    const found = recording.column(wanted, identities[index]!);
    const block = found?.segment.block(wanted);
    if (!found || !block) return null;
    builder.add(found.segment.path, block.offset, found.segment.header.images.length, found.column, row);
    features = block.units;
  }
  return builder.build(stimuli.length, features);
}
