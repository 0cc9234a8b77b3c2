import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import type { Services } from '../host/services';
import { UnitscopeError } from '../protocol/errors';
import type { Layer } from '../protocol/model';
import { baselines, type Baseline, type Reference } from '../protocol/rdm';
import { formatLayerShape } from '../protocol/shapeText';

const baselineTexts: Record<Baseline, { label: string; description: string }> = {
  pixels: { label: '$(primitive-square) Pixels', description: 'the images as the network sees them' },
  luminance: { label: '$(color-mode) Luminance', description: 'the same in grey' },
  colour: { label: '$(symbol-color) Colour Histogram', description: 'L*a*b*, 6 × 6 × 6 bins' },
};

/** What to compare layers with. Undefined: dismissed. */
export async function askForReference(services: Services, session: ModelSession): Promise<Reference | undefined> {
  const { dataset } = session.state;
  const { labels, columns } = dataset.state === 'ready' ? dataset.value : { labels: [], columns: [] };
  type Item = vscode.QuickPickItem & { ask: () => Promise<Reference | undefined> | Reference };
  const separator = (label: string): Item => ({ label, kind: vscode.QuickPickItemKind.Separator, ask: () => undefined as never });
  const items: Item[] = [
    { label: '$(file) RDM From a File…', description: '.npy, .csv, .json, .mat', ask: () => askForFile(services) },
    { label: '$(circuit-board) Another Model…', description: 'a layer of it over the same images', ask: () => askForModel(services, session) },
    { label: '$(history) A Checkpoint of This Model…', description: '.pt, .safetensors, …: a layer under its weights', ask: () => askForCheckpoint(session) },
    separator('categories'),
    ...(labels.length > 1
      ? [{ label: '$(tag) Classes', description: `${labels.length} classes: 0 within, 1 between`, ask: (): Reference => ({ kind: 'categories', column: null }) }]
      : []),
    ...columns.map((column) => ({
      label: `$(table) ${column}`,
      description: 'manifest column: 0 where it is the same, else 1',
      ask: (): Reference => ({ kind: 'categories', column }),
    })),
    separator('baselines'),
    ...baselines.map((baseline) => ({ ...baselineTexts[baseline], ask: (): Reference => ({ kind: 'baseline', baseline }) })),
  ];
  const picked = await vscode.window.showQuickPick(items, { title: 'Compare With Reference RDM', placeHolder: 'What are the layers compared with?' });
  return await picked?.ask();
}

async function askForFile({ engine }: Services): Promise<Reference | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: 'Choose a File With RDMs',
      openLabel: 'Compare With It',
      filters: { 'RDMs (NumPy, CSV, JSON, MATLAB)': ['npy', 'csv', 'tsv', 'json', 'mat'] },
      defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri,
    })) ?? [];
  if (!file) return undefined;
  if (file.scheme !== 'file') throw new UnitscopeError('reference.unreadable', `RDMs have to be local files, and ${file.toString(true)} is not one; choose a file of this machine.`);
  const path = file.fsPath;
  const entries = await engine.call('rdm.entries', { path });
  if (entries.length === 1) return { kind: 'file', path };
  const all = { label: `$(checklist) All ${entries.length} RDMs`, description: 'with the noise ceiling over them', entry: undefined };
  const items = [all, ...entries.map(({ name, stimuli }) => ({ label: name, description: `${stimuli} stimuli`, entry: name }))];
  const picked = await vscode.window.showQuickPick(items, { title: `RDMs in ${file.path.slice(file.path.lastIndexOf('/') + 1)}` });
  if (!picked) return undefined;
  return picked.entry === undefined ? { kind: 'file', path } : { kind: 'file', path, entry: picked.entry };
}

async function askForCheckpoint(session: ModelSession): Promise<Reference | undefined> {
  const { model } = session.study();
  const [file] = (await vscode.window.showOpenDialog({ title: `Choose a Checkpoint of ${session.name}`, openLabel: 'Compare With It', filters: { Checkpoint: ['safetensors', 'pt', 'pth', 'bin', 'ckpt', 'npz', 'h5', 'hdf5', 'keras', 'json'] } })) ?? [];
  if (!file) return undefined;
  const layer = await askForLayer(session.summary?.layers ?? [], session.state.selectedLayer);
  return layer === undefined ? undefined : { kind: 'model', model, layer, checkpoint: file.fsPath };
}

async function askForModel({ engine }: Services, session: ModelSession): Promise<Reference | undefined> {
  const [file] = (await vscode.window.showOpenDialog({ title: 'Choose Another Model', openLabel: 'Compare With It', filters: { ONNX: ['onnx'] } })) ?? [];
  if (!file) return undefined;
  const model = file.fsPath;
  const { layers } = await engine.call('model.open', { path: model });
  const layer = await askForLayer(layers, session.state.selectedLayer);
  return layer === undefined ? undefined : { kind: 'model', model, layer };
}

async function askForLayer(layers: readonly Layer[], selected: string | null): Promise<string | undefined> {
  const items = layers
    .filter(({ primary }) => primary)
    .map((layer) => ({
      label: `${layer.group.length > 0 ? `${layer.group.join('.')}.` : ''}${layer.label}`,
      description: formatLayerShape(layer),
      name: layer.name,
    }));
  items.sort((a, b) => Number(b.name === selected) - Number(a.name === selected));
  const picked = await vscode.window.showQuickPick(items, { title: 'Which Layer?', placeHolder: 'Its RDM is the reference', matchOnDescription: true });
  return picked?.name;
}
