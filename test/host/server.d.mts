import type { ThemeName } from './settings.mjs';

export interface ServerOptions {
  /** `link` puts the checkout among the installed extensions, `vsix` installs the package named by `vsix`. */
  extension?: 'none' | 'link' | 'vsix';
  vsix?: string;
  /** 0 takes a free one. */
  port?: number;
  /** False opens folders in Restricted Mode. */
  trust?: boolean;
  theme?: ThemeName;
  /** User settings on top of those of settings.mjs. */
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
}

export interface Server {
  port: number;
  /** The address that opens a folder, with the server's secret. */
  url(folder?: string): string;
  /** Resolves when the server process has ended. */
  exited: Promise<unknown>;
  logs(): { name: string; text: string }[];
  /** Ends the server and everything that it started, and removes its folders. */
  stop(): Promise<void>;
}

export function startServer(options?: ServerOptions): Promise<Server>;
