export const flags: string[];
export function findChromium(): string | undefined;
export function ensureChromium(): Promise<string>;
export function swiftShaderDriver(): string | undefined;
