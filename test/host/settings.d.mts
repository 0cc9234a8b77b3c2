export type ThemeName = 'dark-modern' | 'light-modern' | 'dark-hc' | 'light-hc';
export const themes: Record<ThemeName, string>;
export function settingsFor(options?: { theme?: ThemeName | undefined; trust?: boolean }): Record<string, unknown>;
