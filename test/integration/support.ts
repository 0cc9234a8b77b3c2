import * as assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Services } from '../../src/host/services';
import type { ModelSession } from '../../src/host/modelSession';

export const extensionId = 'unitscope.unitscope';

export async function services(): Promise<Services> {
  const extension = vscode.extensions.getExtension<Services>(extensionId);
  assert.ok(extension, 'the extension is not installed');
  return await extension.activate();
}

/** A file of the repository. */
export function repository(...path: string[]): string {
  return join(vscode.extensions.getExtension(extensionId)!.extensionPath, ...path);
}

/** A temporary folder with copies of files or folders of the repository. */
export async function temporaryCopy(...sources: string[]): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'unitscope-integration-'));
  for (const source of sources) await cp(repository(source), join(folder, source.split('/').at(-1)!), { recursive: true });
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Resolves when the condition holds; fails with its name after a time. */
export async function until(what: string, condition: () => boolean, seconds = 40): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Opens a model in its editor and waits until it has been read, or found to be unreadable. */
export async function openModel(path: string | vscode.Uri): Promise<ModelSession> {
  const uri = typeof path === 'string' ? vscode.Uri.file(path) : path;
  await vscode.commands.executeCommand('vscode.openWith', uri, 'unitscope.onnx');
  const { sessions } = await services();
  await until(`${uri.path} has a session`, () => sessions.find(uri.toString()) !== undefined);
  const session = sessions.find(uri.toString())!;
  await until(`${uri.path} has been read`, () => ['ready', 'error'].includes(session.state.model.state));
  return session;
}
