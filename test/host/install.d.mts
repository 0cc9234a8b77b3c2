export const vscodeDir: string;
export function serverNode(): string | undefined;
export function ensureServer(): Promise<void>;
