import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { UnitscopeError } from '../../protocol/errors';
import type { ImageInput, Layer, ModelSummary, ReceptiveField } from '../../protocol/model';
import type { ResolvedPreprocess } from '../../protocol/preprocess';
import type { DeviceName, Study } from '../../protocol/scan';
import type { Dataset } from '../dataset/dataset';
import { openImage } from '../dataset/decode';
import { geometryOf, type Geometry } from '../dataset/geometry';
import type { ImageFile, Job } from '../runtime/job';
import type { ReadyDevice } from '../runtime/devices';
import { tapOf, type Tap } from '../runtime/tap';
import { Population } from '../store/population';
import { Recording } from '../store/recording';
import type { StudyServices } from './services';

/** Images of one run on the CPU; larger batches cost memory and gain nothing (facts-engine). */
const batch = 8;

export interface StudyParts {
  study: Study;
  summary: ModelSummary;
  modelIdentity: string;
  preprocess: ResolvedPreprocess;
  dataset: Dataset;
  /** Content identity of each stimulus, null where the file cannot be read. */
  identities: (string | null)[];
}

/**
 * A study with everything resolved: the model's layers at the input size that preprocessing gives, the dataset with the
 * identity of each image, and the recording that belongs to them. Analyses read from it; `scanStudy` fills it.
 */
export class OpenStudy {
  readonly input: ImageInput;
  readonly inputSize: [number, number];
  readonly population: Population;
  private readonly layersByName: Map<string, Layer>;
  private readonly geometries = new Map<number, Geometry>();
  private recordings = new Map<DeviceName, Promise<Recording>>();
  /** The device that ran last, or is known from before; null: never run. */
  device: DeviceName | null;
  /** Opened by the first thing that runs the model, kept for the next. */
  ready: Promise<ReadyDevice> | null = null;

  constructor(
    readonly parts: StudyParts,
    private readonly services: StudyServices,
    rememberedDevice: DeviceName | null,
  ) {
    const { summary, preprocess, study } = parts;
    if (!('input' in summary.image)) throw new UnitscopeError('model.unsupported', summary.image.problem);
    this.input = summary.image.input;
    if (!preprocess.inputSize)
      throw new UnitscopeError(
        'preprocess.invalid',
        `${summary.path} takes images of any size and preprocessing leaves them as they are; set a size or a crop, so that all images become inputs of one size.`,
      );
    this.inputSize = preprocess.inputSize;
    this.population = new Population(parts.dataset.stimuli, parts.identities);
    this.layersByName = new Map(summary.layers.map((layer) => [layer.name, layer]));
    this.device = study.device === 'auto' ? rememberedDevice : study.device;
  }

  get layers(): readonly Layer[] {
    return this.parts.summary.layers;
  }

  /** @throws model.unknownLayer */
  layer(name: string): Layer {
    const layer = this.layersByName.get(name);
    if (layer) return layer;
    throw new UnitscopeError(
      'model.unknownLayer',
      `${this.parts.summary.path} has no layer named ${name}. \`unitscope inspect\` lists its layers.`,
    );
  }

  tap(name: string): Tap {
    return tapOf(this.layer(name), this.parts.study.unitAxes[name]);
  }

  /** What a position of a layer sees. Null, the whole input: not known, or other axes than the layer's own are positions. */
  field(name: string): ReceptiveField | null {
    const layer = this.layer(name);
    return this.tap(name).unitAxis === layer.unitAxis ? layer.receptiveField : null;
  }

  /** Everything about how to run the model but the device. */
  get job(): Omit<Job, 'device'> {
    const { summary, preprocess } = this.parts;
    return { model: summary.path, input: this.input, preprocess: preprocess.config, inputSize: this.inputSize, batch };
  }

  /** The recording made on a device; default: the one in use. Results of one device are never shown for another's. */
  recording(device = this.device ?? 'cpu'): Promise<Recording> {
    let recording = this.recordings.get(device);
    if (!recording) {
      const { summary, modelIdentity, preprocess } = this.parts;
      const about = {
        model: summary.path,
        modelIdentity,
        preprocess: preprocess.config,
        inputSize: this.inputSize,
        device,
      };
      const key = JSON.stringify([modelIdentity, preprocess.config, this.inputSize, device]);
      const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
      recording = Recording.open(join(this.services.cache, 'recordings', name), about);
      recording.catch(() => this.recordings.delete(device));
      this.recordings.set(device, recording);
    }
    return recording;
  }

  /** The file of a stimulus. @throws image.unreadable where it had none when the dataset was read */
  imageFile(index: number): ImageFile {
    const { dataset, identities } = this.parts;
    const path = dataset.file(index);
    const identity = identities[index];
    if (!identity) throw new UnitscopeError('image.unreadable', `${path} cannot be read.`);
    return { index, path, identity };
  }

  /** How a stimulus was resized and cropped. Reads its file, the first time. */
  async geometry(index: number): Promise<Geometry> {
    let geometry = this.geometries.get(index);
    if (!geometry) {
      const { width, height } = await openImage(this.parts.dataset.file(index));
      geometry = geometryOf(this.parts.preprocess.config, { width, height });
      this.geometries.set(index, geometry);
    }
    return geometry;
  }

  /** Whether another look at the disk found the same model, preprocessing and images. */
  isSameAs(other: OpenStudy): boolean {
    const mine = this.parts;
    const theirs = other.parts;
    return (
      mine.modelIdentity === theirs.modelIdentity &&
      JSON.stringify(mine.preprocess) === JSON.stringify(theirs.preprocess) &&
      mine.identities.length === theirs.identities.length &&
      mine.identities.every((identity, i) => identity === theirs.identities[i]) &&
      mine.dataset.stimuli.every((stimulus, i) => {
        const same = theirs.dataset.stimuli[i];
        return stimulus.path === same?.path && stimulus.label === same.label;
      })
    );
  }

  /** Goes on with the workers of an earlier look at the same study, where the model is still the same. */
  takeOver(earlier: OpenStudy): void {
    if (this.parts.modelIdentity === earlier.parts.modelIdentity && JSON.stringify(this.job) === JSON.stringify(earlier.job)) {
      this.ready = earlier.ready;
      this.device = earlier.device;
      earlier.ready = null;
    }
    earlier.dispose();
  }

  /** Ends its workers. */
  dispose(): void {
    void this.ready?.then(
      ({ pool }) => pool.dispose(),
      () => undefined, // it never came to be
    );
    this.ready = null;
  }
}
