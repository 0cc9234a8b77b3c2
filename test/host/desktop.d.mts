import type { ServerOptions } from './server.mjs';

export interface DesktopProfile {
  args: string[];
  remove: () => void;
}

export function useDesktop(): boolean;
export function desktopExecutable(): Promise<string>;
export function installInDesktop(vsix: string, profile: DesktopProfile): Promise<void>;
export function desktopProfile(options?: Pick<ServerOptions, 'extension' | 'trust' | 'theme' | 'settings'>): DesktopProfile;
