import { UnitscopeError } from '../../../protocol/errors';
import type { RdmLayer, RdmRecipe, RdmSet } from '../../../protocol/rdm';
import { shapeProblem } from '../../embeddings/measurable';
import type { StoredRdm } from '../../store/rdmFile';
import type { OpenStudy } from '../../study/openStudy';
import { selectRows, type Rows } from './rows';
import { failureOf, rdmKey, rdmPath, type RdmReader } from './store';

/** A recipe over a study: what its rows are, and where its RDMs are. */
export class RdmQuestion {
  private constructor(
    readonly study: OpenStudy,
    readonly recipe: RdmRecipe,
    readonly rows: Rows,
    private readonly reader: RdmReader,
  ) {}

  /** @throws usage where fewer than three stimuli are chosen */
  static async ask(study: OpenStudy, recipe: RdmRecipe, reader: RdmReader): Promise<RdmQuestion> {
    return new RdmQuestion(study, recipe, await selectRows(study, recipe), reader);
  }

  /** The same rows and layers by another measure. */
  by(measure: RdmRecipe['measure']): RdmQuestion {
    return new RdmQuestion(this.study, { ...this.recipe, measure }, this.rows, this.reader);
  }

  /** Rows of the RDMs. */
  get count(): number {
    return this.rows.partition?.names.length ?? this.rows.stimuli.length;
  }

  /** Dataset index of the stimulus that stands for each row. */
  get indices(): Int32Array {
    const { partition, stimuli } = this.rows;
    if (!partition) return stimuli;
    return Int32Array.from(partition.names, (_, condition) => stimuli[partition.conditions.indexOf(condition)]!);
  }

  async path(layer: string): Promise<string> {
    return await rdmPath(this.study, await rdmKey(layer, this.recipe, this.rows));
  }

  /** Null where it has not been computed. */
  async find(layer: string): Promise<StoredRdm | null> {
    return await this.reader.open(await this.path(layer));
  }

  /** @throws rdm.missing */
  async stored(layer: string): Promise<StoredRdm> {
    const rdm = await this.find(layer);
    if (rdm) return rdm;
    const path = await this.path(layer);
    throw new UnitscopeError('rdm.missing', (await failureOf(path)) ?? `The RDM of layer ${layer} has not been computed yet.`);
  }

  /** All pairs, in pdist order. @throws rdm.missing */
  async pairs(layer: string): Promise<Float32Array> {
    return await this.reader.read(await this.stored(layer));
  }

  async set(layers: readonly string[]): Promise<RdmSet> {
    const { stimuli } = this.study.parts.dataset;
    const { indices } = this;
    return {
      indices,
      names: this.rows.partition?.names ?? Array.from(indices, (index) => stimuli[index]!.path),
      labels: Array.from(indices, (index) => stimuli[index]!.label),
      layers: await Promise.all(layers.map((layer) => this.state(layer))),
    };
  }

  private async state(layer: string): Promise<RdmLayer> {
    const problem = shapeProblem(this.study, layer);
    if (problem !== null) return { layer, state: 'failed', message: problem };
    const path = await this.path(layer);
    const rdm = await this.reader.open(path);
    if (rdm) return { layer, state: 'ready', features: rdm.features, quantiles: rdm.quantiles };
    const message = await failureOf(path);
    return message === null ? { layer, state: 'missing' } : { layer, state: 'failed', message };
  }

  /** Values of a manifest column, one a row. */
  column(name: string): (string | null)[] {
    const values = this.study.parts.dataset.column(name);
    return Array.from(this.indices, (index) => values[index] ?? null);
  }
}
