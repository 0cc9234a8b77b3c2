import * as vscode from 'vscode';
import type { ModelSession } from '../host/modelSession';
import { imageEndings, imagePath, isImage } from '../host/retrievalFiles';
import type { Services } from '../host/services';
import type { Layer } from '../protocol/model';
import type { QueryImageInput } from '../protocol/retrieval';

/** More names than this are not listed. */
const mostNames = 20_000;

type ImageItem = vscode.QuickPickItem & { ask?: () => Promise<QueryImageInput | 'clipboard' | undefined> };

/** An image to search for. Undefined: dismissed. @param clipboard whether one may be pasted */
export async function askForImage(
  { engine }: Services,
  session: ModelSession,
  title: string,
  clipboard: boolean,
): Promise<QueryImageInput | 'clipboard' | undefined> {
  const { dataset } = session.state;
  const count = dataset.state === 'ready' ? dataset.value.count : 0;
  const open = openImages();
  const items: ImageItem[] = [
    { label: '$(folder-opened) Image File…', description: imageEndings.join(', '), ask: () => askForFile(title) },
    ...open.map((uri) => ({
      label: `$(file-media) ${uri.path.slice(uri.path.lastIndexOf('/') + 1)}`,
      description: 'open in an editor',
      ask: () => Promise.resolve({ path: imagePath(uri) }),
    })),
    ...(clipboard ? [{ label: '$(clippy) Image on the Clipboard', ask: () => Promise.resolve('clipboard' as const) }] : []),
    ...(count > 0
      ? [{ label: '$(symbol-event) Random Stimulus', description: `one of ${count.toLocaleString('en')}`, ask: () => Promise.resolve({ index: Math.floor(Math.random() * count) }) }]
      : []),
    ...(count > 0 && count <= mostNames
      ? [{
          label: '$(list-flat) Stimulus by Name…',
          ask: async () => {
            const indices = Array.from({ length: count }, (_, index) => index);
            const stimuli = await engine.call('dataset.stimuli', { source: session.study().dataset, indices });
            const picked = await vscode.window.showQuickPick(
              stimuli.map(({ index, path, label }) => ({ label: path, description: label ?? undefined, index })),
              { title, placeHolder: 'File or class', matchOnDescription: true },
            );
            return picked && { index: picked.index };
          },
        }]
      : []),
  ];
  const picked = await vscode.window.showQuickPick(items, { title, placeHolder: 'Which image?' });
  return await picked?.ask?.();
}

/** Images that are open in editors, the active one first. */
function openImages(): vscode.Uri[] {
  const { activeTabGroup, all } = vscode.window.tabGroups;
  const tabs = [activeTabGroup.activeTab, ...all.map(({ activeTab }) => activeTab)];
  const uris = tabs.flatMap((tab) => {
    const input = tab?.input;
    return input instanceof vscode.TabInputCustom || input instanceof vscode.TabInputText ? [input.uri] : [];
  });
  return [...new Map(uris.filter((uri) => isImage(uri) && uri.scheme === 'file').map((uri) => [uri.toString(), uri])).values()];
}

async function askForFile(title: string): Promise<QueryImageInput | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: 'Search for This Image',
      filters: { Images: imageEndings },
      defaultUri: vscode.workspace.workspaceFolders?.[0]?.uri,
    })) ?? [];
  return file && { path: imagePath(file) };
}

/** A unit's number. Undefined: dismissed. */
export async function askForUnit({ label, units }: Layer): Promise<number | undefined> {
  const last = units === null ? undefined : units - 1;
  const answer = await vscode.window.showInputBox({
    title: `Images for a Unit of ${label}`,
    prompt: last === undefined ? 'Number of the unit, from 0' : `Number of the unit, 0 to ${last}`,
    validateInput: (text) =>
      /^\d+$/.test(text.trim()) && Number(text) <= (last ?? Infinity) ? undefined : `A whole number from 0${last === undefined ? '' : ` to ${last}`}`,
  });
  return answer === undefined ? undefined : Number(answer);
}
