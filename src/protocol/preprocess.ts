import * as z from 'zod';

const side = z.number().int().min(1).max(16384);
const area = z.object({ height: side, width: side });
const channelValues = z.array(z.number()).min(1).max(4);

/** Pillow's filter codes, as in `preprocessor_config.json`. */
export const resampleNames = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;

/**
 * Field names and meaning of Hugging Face's `preprocessor_config.json`, plus `channel_order`.
 * `image_mean` and `image_std` are in the model's channel order. Other fields of such files are ignored.
 */
export const preprocessSchema = z.object({
  do_resize: z.boolean().default(true),
  size: z
    .union([side, area, z.object({ shortest_edge: side })])
    .optional()
    .describe('An integer means the shortest edge, as in older files.'),
  resample: z.number().int().min(0).max(5).default(2),
  do_center_crop: z.boolean().default(false),
  crop_size: z.union([side, area]).optional(),
  do_rescale: z.boolean().default(true),
  rescale_factor: z.number().positive().default(1 / 255),
  do_normalize: z.boolean().default(true),
  image_mean: z.union([z.number(), channelValues]).default([0.485, 0.456, 0.406]),
  image_std: z.union([z.number(), channelValues]).default([0.229, 0.224, 0.225]),
  channel_order: z.enum(['RGB', 'BGR']).default('RGB'),
});
export type PreprocessConfig = z.infer<typeof preprocessSchema>;

export interface ResolvedPreprocess {
  config: PreprocessConfig;
  /** Where it came from; a guess is always shown as one. */
  source: 'user' | 'file' | 'metadata' | 'guess';
  /** A sentence for the person: the file's path, the metadata keys, or what the guess rests on. */
  note: string;
  /** Input size after preprocessing, height and width, where it is the same for every image. */
  inputSize: [number, number] | null;
}
