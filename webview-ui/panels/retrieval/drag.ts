import type { Row } from './ranking';
import type { RetrievalView } from './view';
import { baseName } from '../../shared/format';

/** A result's file on the machine that the extension runs on; null: the images are not open. */
function fileOf(view: RetrievalView, { path }: Row): string | null {
  const dataset = view.session.state.peek()?.dataset;
  return dataset?.state === 'ready' ? `${dataset.value.root}/${path}` : null;
}

/** Fetches what another program is given: by the time that a drag starts it has to be there. */
export function readyToDrag(view: RetrievalView, row: Row): void {
  const file = fileOf(view, row);
  if (file !== null) view.files.get(file);
}

/** Let go over the explorer or an editor, a result is its file; over a folder of the desktop or another program, a copy of it. */
export function drag(view: RetrievalView, event: DragEvent, row: Row): void {
  const root = view.root.peek();
  const file = fileOf(view, row);
  if (root === null || file === null || !event.dataTransfer) return;
  const address = `${root.replace(/\/$/, '')}/${row.path.split('/').map(encodeURIComponent).join('/')}`;
  const { url, mime } = view.files.get(file).peek();
  const { dataTransfer } = event;
  dataTransfer.effectAllowed = 'copyLink';
  dataTransfer.setData('text/uri-list', address);
  dataTransfer.setData('resourceurls', JSON.stringify([address])); // what VS Code's own lists put into a drag
  dataTransfer.setData('text/plain', file);
  if (url !== null) dataTransfer.setData('DownloadURL', `${mime}:${baseName(row.path)}:${url}`);
}
