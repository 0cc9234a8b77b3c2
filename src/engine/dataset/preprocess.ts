import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { ZodError } from 'zod';
import { UnitscopeError } from '../../protocol/errors';
import type { ImageInput, ModelSummary } from '../../protocol/model';
import { preprocessSchema, type PreprocessConfig, type ResolvedPreprocess } from '../../protocol/preprocess';
import { fixedInputSize } from './geometry';
import { guess } from './guess';
import { readPreprocessorConfig } from './huggingface';
import { fromImageMetadata } from './imageMetadata';

const metadataKey = 'preprocessor_config';
const fileName = 'preprocessor_config.json';

const invalid = (message: string, cause?: unknown) => new UnitscopeError('preprocess.invalid', message, { cause });

/** A configuration before it is held against the model. `origin` begins the sentence about what is wrong with it. */
interface Found extends Pick<ResolvedPreprocess, 'source' | 'note'> {
  config: PreprocessConfig;
  origin: string;
}

/**
 * How images become inputs of a model: what the user set; else `MODEL.preprocessor_config.json` or
 * `preprocessor_config.json` beside the model; else the model's metadata (`preprocessor_config` with that file's
 * content, or ONNX's image properties); else a guess. Sizes left open are filled in from the model's input. Throws
 * `preprocess.invalid`, also when the result has not the model's size, and `model.unsupported` for a model without
 * one image input.
 */
export async function resolvePreprocess(model: ModelSummary, user?: PreprocessConfig): Promise<ResolvedPreprocess> {
  if ('problem' in model.image) throw new UnitscopeError('model.unsupported', model.image.problem);
  const { input } = model.image;
  const found: Found = user
    ? {
        config: user,
        source: 'user',
        note: 'Set by you for this model.',
        origin: `The preprocessing set for ${model.path}`,
      }
    : ((await fromFiles(model.path)) ?? fromMetadata(model, input) ?? { ...guess(input), origin: 'The guess' });
  const config = completed(found.config, input);
  checkValues(config, input, found.origin);
  return { config, source: found.source, note: found.note, inputSize: inputSizeOf(config, input, found.origin) };
}

async function fromFiles(model: string): Promise<Found | null> {
  const folder = dirname(model);
  const files = [join(folder, `${basename(model, extname(model))}.${fileName}`), join(folder, fileName)];
  // Repositories on the Hugging Face Hub keep "onnx/model.onnx" below the folder that has the configuration.
  if (basename(folder) === 'onnx') files.push(join(dirname(folder), fileName));
  for (const file of files) {
    const text = await readText(file);
    if (text !== null)
      return { config: parsePreprocess(text, file), source: 'file', note: `From ${file}.`, origin: file };
  }
  return null;
}

async function readText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    if (code === 'ENOENT') return null;
    throw invalid(`${file} cannot be read (${code}); check its permissions.`, error);
  }
}

function fromMetadata(model: ModelSummary, input: ImageInput): Found | null {
  const text = model.metadata[metadataKey];
  if (text !== undefined) {
    const origin = `The metadata "${metadataKey}" of ${model.path}`;
    return {
      config: parsePreprocess(text, origin),
      source: 'metadata',
      note: `From the model's metadata "${metadataKey}".`,
      origin,
    };
  }
  const image = fromImageMetadata(model.metadata, input);
  if (!image) return null;
  const keys = image.keys.join(' and ');
  const note = `From the model's metadata ${keys}, resized to the input's size.`;
  return {
    config: preprocessSchema.parse(image.config),
    source: 'metadata',
    note,
    origin: `The metadata ${keys} of ${model.path}`,
  };
}

/**
 * Reads the text of a `preprocessor_config.json`. `origin` names it in errors: the file's path. Throws
 * `preprocess.invalid` naming the field.
 */
export function parsePreprocess(text: string, origin: string): PreprocessConfig {
  try {
    return readPreprocessorConfig(JSON.parse(text.replace(/^\uFEFF/, '')));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid(`${origin} is not valid JSON (${error.message}).`, error);
    if (!(error instanceof ZodError)) throw error;
    const issue = error.issues[0];
    const field = issue?.path.map(String).join('.') ?? '';
    const reason = issue?.message.replace(/^Invalid input: /, '') ?? 'it cannot be read';
    throw invalid(
      field ? `${origin} has an unusable "${field}": ${reason}.` : `${origin} is not usable: ${reason}.`,
      error,
    );
  }
}

/** Fills in sizes that the configuration leaves open: the model's own. */
function completed(config: PreprocessConfig, input: ImageInput): PreprocessConfig {
  const model = { height: input.height ?? 224, width: input.width ?? 224 };
  const size = config.do_resize && config.size === undefined ? model : config.size;
  const crop = config.do_center_crop && config.crop_size === undefined ? model : config.crop_size;
  return { ...config, size, crop_size: crop };
}

function checkValues(config: PreprocessConfig, { channels }: ImageInput, origin: string): void {
  if (!config.do_normalize) return;
  for (const field of ['image_mean', 'image_std'] as const) {
    const values = [config[field]].flat();
    if (values.length !== 1 && values.length !== channels) {
      const wanted = channels === 1 ? 'give one value, or set do_normalize to false' : `give one value or ${channels}`;
      throw invalid(
        `${origin} has ${values.length} values of ${field}, but the model takes ${channels === 1 ? 'one channel' : `${channels} channels`}; ${wanted}.`,
      );
    }
  }
  if ([config.image_std].flat().includes(0)) throw invalid(`${origin} has an image_std of 0; give values above 0.`);
}

function inputSizeOf(config: PreprocessConfig, input: ImageInput, origin: string): [number, number] | null {
  const size = fixedInputSize(config);
  const { height, width } = input;
  if (size) {
    if ((height ?? size[0]) === size[0] && (width ?? size[1]) === size[1]) return size;
    const wanted = `${height ?? 'any'} x ${width ?? 'any'}`;
    const field = config.do_center_crop ? 'crop_size' : 'size';
    throw invalid(
      `${origin} makes inputs of ${size[0]} x ${size[1]} pixels, but the model takes ${wanted}; set ${field} to that.`,
    );
  }
  if (height === null && width === null) return null;
  if (!config.do_resize && height !== null && width !== null) return [height, width]; // images that have the size already
  throw invalid(
    `${origin} makes inputs whose size depends on the image, but the model takes ${height ?? 'any'} x ${width ?? 'any'}; set do_center_crop and crop_size, or size with height and width.`,
  );
}
