import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { preprocessingNames, stat } from '../host/localFiles';
import type { Services } from '../host/services';
import { preprocessSchema, type PreprocessConfig } from '../protocol/preprocess';

interface Item extends vscode.QuickPickItem {
  config?: (size: number) => PreprocessConfig;
}
type Preset = Item & Required<Pick<Item, 'config'>>;

const imagenet = { image_mean: [0.485, 0.456, 0.406], image_std: [0.229, 0.224, 0.225] };
const half = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const clip = { image_mean: [0.48145466, 0.4578275, 0.40821073], image_std: [0.26862954, 0.26130258, 0.27577711] };

/** The conventions that published models follow; `size` is the side of the model's input. */
const presets: Preset[] = [
  {
    label: 'ImageNet (torchvision, timm)',
    detail: 'shortest edge to 256/224 of the input, centre crop, ImageNet mean and deviation',
    config: (size) => cropped(size, Math.round((size * 256) / 224), 2, imagenet),
  },
  { label: 'CLIP', detail: 'shortest edge, centre crop, bicubic, CLIP mean and deviation', config: (size) => cropped(size, size, 3, clip) },
  { label: 'ViT, Inception (−1 to 1)', detail: 'resized to the input, mean 0.5, deviation 0.5', config: (size) => stretched(size, half) },
  { label: '0 to 1', detail: 'resized to the input, divided by 255', config: (size) => stretched(size, null) },
  {
    label: 'Caffe (BGR, mean subtracted)',
    detail: 'resized to the input, 0 to 255 minus 104, 117, 123, blue first',
    config: (size) =>
      preprocessSchema.parse({
        size: { height: size, width: size },
        do_rescale: false,
        image_mean: [104, 117, 123],
        image_std: [1, 1, 1],
        channel_order: 'BGR',
      }),
  },
];

function cropped(size: number, edge: number, resample: number, values: object): PreprocessConfig {
  return preprocessSchema.parse({ size: { shortest_edge: edge }, do_center_crop: true, crop_size: { height: size, width: size }, resample, ...values });
}

function stretched(size: number, values: object | null): PreprocessConfig {
  return preprocessSchema.parse({ size: { height: size, width: size }, do_normalize: values !== null, ...values });
}

/** Lets the user choose how images become inputs: a convention, a file, the values themselves, or as found. */
export async function choosePreprocessing({ engine }: Services, session: ModelSession): Promise<void> {
  const current = session.state.preprocess;
  const image = session.summary?.image;
  const size = (image && 'input' in image ? image.input.height : null) ?? 224;
  const found: Item = { label: '$(search) As Found', detail: 'from preprocessor_config.json beside the model, its metadata, or a guess' };
  const file: Item = { label: '$(folder-opened) From a preprocessor_config.json…', detail: 'Hugging Face field names' };
  const edit: Item = { label: '$(edit) Edit the Values…', detail: 'as JSON in an editor; saved beside the model as preprocessor_config.json' };
  const conventions: Item = { label: 'conventions', kind: vscode.QuickPickItemKind.Separator };
  const picked = await vscode.window.showQuickPick(
    [found, file, edit, conventions, ...presets],
    {
      title: `How images become inputs of ${session.name}`,
      placeHolder: current.state === 'ready' ? current.value.note : 'Choose a convention',
      matchOnDetail: true,
    },
  );
  if (!picked) return;
  if (picked.config) await session.choosePreprocess(picked.config(size));
  else if (picked === found) await session.choosePreprocess(undefined);
  else if (picked === edit) await editBeside(session);
  else {
    const [chosen] = (await vscode.window.showOpenDialog({ title: 'Choose a preprocessor_config.json', filters: { JSON: ['json'] } })) ?? [];
    if (!chosen) return;
    const text = Buffer.from(await vscode.workspace.fs.readFile(chosen)).toString('utf8');
    await session.choosePreprocess(await engine.call('preprocess.parse', { text, origin: chosen.fsPath }));
  }
}

/** Opens the configuration beside the model, made from the current one where there is none; the session sees it saved. */
async function editBeside(session: ModelSession): Promise<void> {
  const beside = preprocessingNames(session.name).map((name) => vscode.Uri.joinPath(session.uri, '..', name));
  let uri = await firstThatExists(beside);
  if (!uri) {
    uri = beside.at(-1)!;
    const { preprocess } = session.state;
    const config = preprocess.state === 'ready' ? preprocess.value.config : preprocessSchema.parse({});
    await vscode.workspace.fs.writeFile(uri, Buffer.from(`${JSON.stringify(config, null, 2)}\n`));
  }
  await session.choosePreprocess(undefined);
  await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside });
}

async function firstThatExists(uris: vscode.Uri[]): Promise<vscode.Uri | undefined> {
  for (const uri of uris) if (await stat(uri)) return uri;
  return undefined;
}
