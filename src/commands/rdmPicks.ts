import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import type { Services } from '../host/services';
import { countValues } from '../protocol/dataset';
import { UnitscopeError } from '../protocol/errors';
import type { RdmRecipe, StimulusSelection } from '../protocol/rdm';
import { formatLayerShape } from '../protocol/shapeText';

/** Layers, several at a time; those preselected or all primary ones are ticked. Undefined: dismissed. */
export async function askForLayers(
  session: ModelSession,
  preselected?: readonly string[],
  placeHolder = 'One RDM a layer',
): Promise<string[] | undefined> {
  const layers = session.summary?.layers ?? [];
  if (layers.length === 0) throw new UnitscopeError('usage', `${session.name} has no layers to choose from.`);
  const ticked = new Set(preselected && preselected.length > 0 ? preselected : layers.filter(({ primary }) => primary).map(({ name }) => name));
  const items = layers.map((layer) => ({
    label: `${layer.group.length > 0 ? `${layer.group.join('.')}.` : ''}${layer.label}`,
    description: formatLayerShape(layer),
    picked: ticked.has(layer.name),
    name: layer.name,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: `Layers of ${session.name}`,
    placeHolder,
    canPickMany: true,
    matchOnDescription: true,
  });
  return picked?.map(({ name }) => name);
}

/** Which stimuli: all, some classes, some values of a manifest column, a sample. Undefined: dismissed. */
export async function askForStimuli(
  { engine }: Services,
  session: ModelSession,
  current: StimulusSelection,
): Promise<StimulusSelection | undefined> {
  const { dataset } = session.state;
  if (dataset.state !== 'ready') return undefined;
  const { labels, columns, count } = dataset.value;
  type Item = vscode.QuickPickItem & { ask: () => Promise<StimulusSelection | undefined> };
  const items: Item[] = [
    { label: `$(checklist) All ${count.toLocaleString('en')} Stimuli`, ask: () => Promise.resolve({ labels: [] }) },
    ...(labels.length > 1
      ? [{ label: '$(tag) By Class…', description: `${labels.length} classes`, ask: async () => {
          const classes = await askForValues('Classes', labels.map(({ name, count: n }) => ({ name, count: n })), current.labels);
          return classes && { ...current, labels: classes.length === labels.length ? [] : classes };
        } }]
      : []),
    ...columns.map((column) => ({
      label: `$(table) By Column “${column}”…`,
      ask: async () => {
        const all = await engine.call('dataset.column', { source: session.study().dataset, column });
        const counts = countValues(all);
        const before = current.where?.column === column ? current.where.values : [];
        const values = await askForValues(column, counts, before);
        return values && { ...current, where: values.length === counts.length ? undefined : { column, values } };
      },
    })),
    { label: '$(symbol-number) Random Sample…', description: 'without replacement, with a seed', ask: async () => {
      const sample = await askForSample(current.sample);
      return sample && { ...current, sample };
    } },
  ];
  const picked = await vscode.window.showQuickPick(items, { title: 'Stimuli of the RDMs', placeHolder: describeSelection(current) });
  return await picked?.ask();
}

function describeSelection({ labels, where, sample }: StimulusSelection): string {
  const parts = [
    labels.length > 0 && `${labels.length} classes`,
    where && `${where.values.length} values of ${where.column}`,
    sample && `a sample of ${sample.count}, seed ${sample.seed}`,
  ].filter(Boolean);
  return parts.length > 0 ? `Now: ${parts.join(', ')}` : 'Now: all';
}

async function askForValues(title: string, values: { name: string; count: number }[], ticked: readonly string[]): Promise<string[] | undefined> {
  const items = values.map(({ name, count }) => ({
    label: name,
    description: `${count} ${count === 1 ? 'image' : 'images'}`,
    picked: ticked.length === 0 || ticked.includes(name),
  }));
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Which ones?', canPickMany: true });
  if (!picked || picked.length === 0) return undefined;
  return picked.map(({ label }) => label);
}

async function askForSample(before: StimulusSelection['sample']): Promise<StimulusSelection['sample']> {
  const answer = await vscode.window.showInputBox({
    title: 'Random Sample',
    prompt: 'How many stimuli, and after a comma the seed',
    value: before ? `${before.count}, ${before.seed}` : '100, 0',
    validateInput: (text) => (/^\s*\d+\s*(,\s*-?\d+\s*)?$/.test(text) && parseInt(text) >= 3 ? undefined : 'A number of at least 3, and a seed if you like: 100, 0'),
  });
  if (answer === undefined) return undefined;
  const [count, seed = 0] = answer.split(',').map(Number);
  return { count: count!, seed };
}

/** What a measure needs besides activations. Undefined: dismissed. */
export async function askForMeasure(session: ModelSession, measure: 'mahalanobis' | 'crossnobis'): Promise<Pick<RdmRecipe, 'precision' | 'folds'> | undefined> {
  if (measure === 'mahalanobis') {
    const precision = await askForMatrix('The Precision Matrix of the Features');
    return precision === undefined ? undefined : { precision };
  }
  const { dataset } = session.state;
  const columns = dataset.state === 'ready' ? dataset.value.columns : [];
  if (columns.length === 0)
    throw new UnitscopeError('usage', 'Crossnobis needs images from a manifest with a column that says which fold an image belongs to; choose such images.');
  const folds = await vscode.window.showQuickPick(columns, { title: 'Crossnobis: Folds', placeHolder: 'Which column says which fold (run, repetition) an image belongs to?' });
  if (folds === undefined) return undefined;
  const plain = 'Without a precision matrix';
  const choice = await vscode.window.showQuickPick([plain, 'Precision matrix (.npy)…'], { title: 'Crossnobis: Noise' });
  if (choice === undefined) return undefined;
  if (choice === plain) return { folds, precision: undefined };
  const precision = await askForMatrix('The Precision Matrix of the Features');
  return precision === undefined ? undefined : { folds, precision };
}

async function askForMatrix(title: string): Promise<string | undefined> {
  const [file] = (await vscode.window.showOpenDialog({ title, openLabel: 'Use This Matrix', filters: { NumPy: ['npy'] } })) ?? [];
  return file?.fsPath;
}
