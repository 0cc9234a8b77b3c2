import * as vscode from 'vscode';
import { deviceChoices, type DeviceChoice } from '../protocol/scan';

/** Typed access to the settings under `unitscope.`; package.json describes them and holds the defaults. */
export const settings = {
  /** Device for models that have none chosen in this workspace. */
  device(): DeviceChoice {
    const value = read<string>('device');
    return deviceChoices.find((choice) => choice === value) ?? 'auto';
  },
  /** Folder for results; undefined: the user's cache folder, shared with the command line. */
  cacheFolder(): string | undefined {
    const folder = read<string>('cacheFolder');
    return folder === '' ? undefined : folder;
  },
  /** Upper bound of worker processes; undefined: by cores and memory. */
  maxWorkers(): number | undefined {
    const workers = read<number>('maxWorkers');
    return workers === 0 ? undefined : workers;
  },
  /** Bytes that computing RDMs may take. */
  memoryBudget(): number | undefined {
    const megabytes = read<number>('memoryBudget');
    return megabytes === undefined ? undefined : megabytes * 1e6;
  },
};

function read<T>(name: string): T | undefined {
  return vscode.workspace.getConfiguration('unitscope').get<T>(name);
}
