import { createHash } from 'node:crypto';
import * as vscode from 'vscode';
import { UnitscopeError } from '../protocol/errors';
import { stat } from './localFiles';

/** Types that a page can show, by a file's ending. */
const types = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['gif', 'image/gif'],
  ['bmp', 'image/bmp'],
]);

export const imageEndings = [...types.keys()];

/** More than this is not sent to a page. */
const mostBytes = 64e6;

function ending(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('.') + 1).toLowerCase();
}

export function isImage(uri: vscode.Uri): boolean {
  return types.has(ending(uri));
}

/** An image file's path as the engine takes it. @throws where it is none, or not a local one */
export function imagePath(uri: vscode.Uri): string {
  if (!isImage(uri)) throw new UnitscopeError('usage', `${uri.path} is not an image that can be searched for: ${imageEndings.join(', ')}.`);
  if (uri.scheme !== 'file')
    throw new UnitscopeError('usage', `Images to search for have to be local files, and ${uri.toString(true)} is not one.`);
  return uri.fsPath;
}

/** An image file for a page. */
export async function readImage(path: string): Promise<{ mime: string; data: Uint8Array }> {
  const uri = vscode.Uri.file(path);
  const mime = types.get(ending(uri));
  if (mime === undefined) throw new UnitscopeError('image.unreadable', `${path} is not an image that can be shown.`);
  const found = await stat(uri);
  if (!found) throw new UnitscopeError('image.unreadable', `${path} is not there any more.`);
  if (found.size > mostBytes) throw new UnitscopeError('image.unreadable', `${path} is too large to be shown: more than 64 MB.`);
  // A copy: what VS Code gives is a Buffer, which does not reach a page as bytes.
  return { mime, data: new Uint8Array(await vscode.workspace.fs.readFile(uri)) };
}

/** Writes an image that was pasted into the extension's storage; the same image gets the same file. */
export async function keepPasted(storage: vscode.Uri, mime: string, data: Uint8Array): Promise<string> {
  const [end] = [...types].find(([, type]) => type === mime) ?? [];
  if (end === undefined) throw new UnitscopeError('usage', `What was pasted is ${mime || 'of no known type'}, not an image that can be searched for.`);
  if (data.byteLength > mostBytes) throw new UnitscopeError('usage', 'The image that was pasted is larger than 64 MB.');
  const folder = vscode.Uri.joinPath(storage, 'pasted');
  const file = vscode.Uri.joinPath(folder, `pasted-${createHash('sha256').update(data).digest('hex').slice(0, 12)}.${end}`);
  await vscode.workspace.fs.createDirectory(folder);
  await vscode.workspace.fs.writeFile(file, data);
  return file.fsPath;
}
