import type { SpawnWorker } from '../runtime/pool';

/** What studies share in one engine. */
export interface StudyServices {
  /** Folder for results. */
  cache: string;
  spawn: SpawnWorker;
  maxWorkers: number | undefined;
  log: (level: 'debug' | 'info' | 'warn', message: string) => void;
}
