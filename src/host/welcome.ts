import * as vscode from 'vscode';

/** Opens the walkthrough the first time that the extension runs, unless walkthroughs are not wanted. */
export async function welcome({ globalState }: vscode.ExtensionContext): Promise<void> {
  const wanted = vscode.workspace.getConfiguration('workbench.welcomePage.walkthroughs').get<boolean>('openOnInstall');
  if (!wanted || globalState.get('welcomed')) return;
  await globalState.update('welcomed', true);
  await vscode.commands.executeCommand('unitscope.getStarted');
}
