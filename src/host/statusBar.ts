import * as vscode from 'vscode';
import type { DeviceInUse } from '../protocol/scan';
import type { ModelSession } from './modelSession';
import type { Sessions } from './sessions';

const names: Record<string, string> = { auto: 'Auto', cpu: 'CPU', webgpu: 'WebGPU', cuda: 'CUDA', dml: 'DirectML', coreml: 'CoreML' };

/** The status bar's item: the device of the active model, the progress of its scan, and what is wrong with the engine. */
export function showStatus(sessions: Sessions): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('unitscope.status', vscode.StatusBarAlignment.Left, 10);
  item.name = 'Unitscope';
  const update = (): void => {
    const session = sessions.active;
    if (!session) {
      item.hide();
      return;
    }
    Object.assign(item, describe(session));
    item.show();
  };
  update();
  return vscode.Disposable.from(item, sessions.onDidChangeActive(update));
}

type Appearance = Pick<vscode.StatusBarItem, 'text' | 'tooltip' | 'command' | 'backgroundColor'>;

function describe(session: ModelSession): Appearance {
  const { engine, scan, device, trusted } = session.state;
  const plain = { backgroundColor: undefined };
  if (engine.state === 'stopped')
    return {
      text: '$(error) Unitscope: engine stopped',
      tooltip: `${engine.message}\n\nClick to restart it.`,
      command: 'unitscope.restartEngine',
      backgroundColor: new vscode.ThemeColor('statusBarItem.errorBackground'),
    };
  if (!trusted)
    return {
      ...plain,
      text: '$(workspace-untrusted) Unitscope: view only',
      tooltip: 'In Restricted Mode models can be looked at, not run. Click to manage workspace trust.',
      command: 'workbench.trust.manage',
    };
  const name = deviceName(device.inUse, device.choice);
  if (scan.state === 'running') {
    const { done, total, imagesPerSecond, phase } = scan.progress;
    const percent = total > 0 ? Math.floor((100 * done) / total) : 0;
    const rate = imagesPerSecond === null ? '' : ` · ${imagesPerSecond.toPrecision(3)} images/s`;
    return {
      ...plain,
      text: `$(sync~spin) ${name} · ${phase === 'preparing' ? 'preparing' : `${percent} %`}`,
      tooltip: `${phase === 'computing' ? `Unitscope computes RDMs of ${session.name}: ${done} of ${total} layers` : `Unitscope records ${session.name}: ${done} of ${total} images`}${rate}.\n\nClick to cancel.`,
      command: 'unitscope.cancelScan',
    };
  }
  return {
    ...plain,
    text: `$(${device.inUse?.fallback ? 'info' : 'chip'}) Unitscope: ${name}`,
    tooltip: `${device.inUse?.fallback ?? `${session.name} runs on: ${name}.`}\n\nClick to choose a device.`,
    command: 'unitscope.chooseDevice',
  };
}

function deviceName(inUse: DeviceInUse | null, choice: string): string {
  if (!inUse) return names[choice] ?? choice;
  const name = names[inUse.name] ?? inUse.name;
  return inUse.workers > 1 ? `${name} × ${inUse.workers}` : name;
}
