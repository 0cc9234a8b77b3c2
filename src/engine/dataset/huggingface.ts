import * as z from 'zod';
import { preprocessSchema, type PreprocessConfig } from '../../protocol/preprocess';

/** What an image processor does where its file says nothing, and what it does that no field says. */
interface Family {
  resample: number;
  mean: number[];
  std: number[];
  /** Meaning of a size that is one number: both sides, or the shortest edge. */
  square: boolean;
  size: number;
  crop?: number;
  /** The shortest edge that an image is resized to for a `shortest_edge` asked for. */
  enlarge?: (edge: number, cropPercent: number | undefined) => number;
}

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const inception = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };
const clip = { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
const [bilinear, bicubic] = [2, 3];
const byPercent =
  (standard: number) =>
  (edge: number, percent = standard) =>
    Math.trunc(edge / percent);

/** Class names without "ImageProcessor", "Fast" or "FeatureExtractor", in lower case (transformers 4 and 5). */
const families: Record<string, Family> = {
  beit: { ...inception, resample: bicubic, square: true, size: 224 },
  bit: { ...clip, resample: bicubic, square: false, size: 224, crop: 224 },
  blip: { ...clip, resample: bicubic, square: true, size: 384 },
  chineseclip: { ...clip, resample: bicubic, square: false, size: 224, crop: 224 },
  clip: { ...clip, resample: bicubic, square: false, size: 224, crop: 224 },
  convnext: { ...inception, resample: bicubic, square: false, size: 384, enlarge: byPercent(224 / 256) },
  deit: { ...inception, resample: bicubic, square: true, size: 256, crop: 224 },
  efficientnet: { ...inception, resample: bicubic, square: true, size: 346 },
  levit: {
    ...imagenet,
    resample: bicubic,
    square: false,
    size: 224,
    crop: 224,
    enlarge: (edge) => Math.trunc((256 / 224) * edge),
  },
  mobilenetv1: { ...inception, resample: bilinear, square: false, size: 256, crop: 224 },
  mobilenetv2: { ...inception, resample: bilinear, square: false, size: 256, crop: 224 },
  mobilevit: { ...inception, resample: bicubic, square: false, size: 224, crop: 256 },
  poolformer: { ...imagenet, resample: bicubic, square: false, size: 224, crop: 224, enlarge: byPercent(0.9) },
  pvt: { ...imagenet, resample: bicubic, square: true, size: 224 },
  segformer: { ...imagenet, resample: bilinear, square: true, size: 512 },
  siglip: { ...inception, resample: bicubic, square: true, size: 224 },
  vit: { ...inception, resample: bilinear, square: true, size: 224 },
};

const side = z.number().int().min(1).max(16384);
const sides = z.object({ height: side, width: side });
/** `longest_edge`, also beside `shortest_edge`, is for models that take any size; it cannot be followed. */
const sizeField = z
  .union(
    [
      side,
      z.tuple([side, side]).transform(([height, width]) => ({ height, width })),
      sides,
      z
        .object({ shortest_edge: side, longest_edge: z.null().optional() })
        .transform(({ shortest_edge }) => ({ shortest_edge })),
    ],
    { error: 'it must be a number, [height, width], {height, width} or {shortest_edge}, each 1 to 16384' },
  )
  .nullish();

/** The fields of real files that matter, before families are applied. Null means absent. */
const fileSchema = z.object({
  image_processor_type: z.string().nullish(),
  feature_extractor_type: z.string().nullish(),
  do_resize: z.boolean().nullish(),
  size: sizeField,
  resample: z.number().int().min(0).max(5).nullish(),
  do_center_crop: z.boolean().nullish(),
  crop_size: sizeField,
  crop_pct: z.number().positive().max(1).nullish(),
  do_rescale: z.boolean().nullish(),
  rescale_factor: z.number().positive().nullish(),
  rescale_offset: z.boolean().nullish(),
  do_normalize: z.boolean().nullish(),
  include_top: z.boolean().nullish(),
  image_mean: preprocessSchema.shape.image_mean.unwrap().nullish(),
  image_std: preprocessSchema.shape.image_std.unwrap().nullish(),
  do_flip_channel_order: z.boolean().nullish(),
  channel_order: preprocessSchema.shape.channel_order.unwrap().nullish(),
});
type File = z.infer<typeof fileSchema>;
type Area = z.infer<typeof sides>;

const familyOf = (file: File): string =>
  (file.image_processor_type ?? file.feature_extractor_type ?? '')
    .replace(/(ImageProcessor|FeatureExtractor)(Fast|Pil)?$/, '')
    .toLowerCase();

/**
 * Reads the content of a `preprocessor_config.json` as Hugging Face's image processors would: their defaults, and
 * what some of them do beyond the common fields (ConvNeXt, LeViT and PoolFormer enlarge before they crop,
 * EfficientNet offsets and normalises twice, MobileViT swaps channels). Throws a ZodError naming the field.
 */
export function readPreprocessorConfig(json: unknown): PreprocessConfig {
  const file = fileSchema.parse(nested(json));
  const name = familyOf(file);
  const family = Object.hasOwn(families, name) ? families[name] : undefined;
  const crops = file.do_center_crop ?? family?.crop !== undefined;
  const plain = {
    do_resize: file.do_resize ?? true,
    size: sizeOf(file, family, crops),
    resample: file.resample ?? family?.resample,
    do_center_crop: crops,
    crop_size: crops ? areaOf(file.crop_size ?? family?.crop) : undefined,
    do_rescale: file.do_rescale ?? true,
    rescale_factor: file.rescale_factor ?? undefined,
    do_normalize: file.do_normalize ?? name !== 'mobilevit',
    image_mean: file.image_mean ?? family?.mean,
    image_std: file.image_std ?? family?.std,
    channel_order: file.channel_order ?? ((file.do_flip_channel_order ?? name === 'mobilevit') ? 'BGR' : 'RGB'),
  };
  const config = preprocessSchema.parse(plain);
  if (name === 'efficientnet') return efficientNet(config, file);
  const edge = edgeOf(config);
  if (!edge || !family?.enlarge) return config;
  if (name !== 'convnext')
    return { ...config, size: { shortest_edge: family.enlarge(edge, file.crop_pct ?? undefined) } };
  // ConvNeXt stretches to a square from 384 on; below, it crops without saying so.
  const square = { height: edge, width: edge };
  if (edge >= 384) return { ...config, size: square };
  const size = { shortest_edge: family.enlarge(edge, file.crop_pct ?? undefined) };
  return { ...config, size, do_center_crop: true, crop_size: square };
}

const edgeOf = ({ do_resize, size }: PreprocessConfig): number | null =>
  do_resize && typeof size === 'object' && 'shortest_edge' in size ? size.shortest_edge : null;

/** Newer exports keep the image processor's part of a processor under its own key. */
function nested(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || 'size' in json) return json;
  return 'image_processor' in json ? json.image_processor : json;
}

/** A single number means the shortest edge or both sides: as the class has it, else by whether a crop follows. */
function sizeOf(file: File, family: Family | undefined, crops: boolean): PreprocessConfig['size'] {
  const size = file.size ?? family?.size;
  if (typeof size !== 'number') return size;
  return (family?.square ?? !crops) ? { height: size, width: size } : { shortest_edge: size };
}

function areaOf(size: File['crop_size']): Area | undefined {
  if (size === undefined || size === null) return undefined;
  if (typeof size === 'number') return { height: size, width: size };
  return 'height' in size ? size : { height: size.shortest_edge, width: size.shortest_edge };
}

/** Folds EfficientNet's offset (sample * factor - 1) and its second division by std into mean and std. */
function efficientNet(config: PreprocessConfig, file: File): PreprocessConfig {
  const offset = file.rescale_offset && config.do_rescale ? 1 : 0;
  const again = file.include_top ?? true;
  if (!config.do_normalize && !offset && !again) return config;
  const each = (values: number | number[], change: (value: number) => number) =>
    typeof values === 'number' ? change(values) : values.map(change);
  const plainly = config.do_normalize;
  return {
    ...config,
    do_normalize: true,
    image_mean: each(plainly ? config.image_mean : 0, (mean) => mean + offset),
    image_std: each(plainly || again ? config.image_std : 1, (std) => (plainly && again ? std * std : std)),
  };
}
