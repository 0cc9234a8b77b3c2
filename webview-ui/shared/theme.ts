import { signal, type ReadonlySignal } from '@preact/signals';

const version = signal(0);

/** Grows when the colour theme changes: for what is drawn by script and cannot follow CSS. */
export const themeVersion: ReadonlySignal<number> = version;

const observer = new MutationObserver(() => version.value++);
observer.observe(document.documentElement, { attributes: true, attributeFilter: ['style', 'class'] });
observer.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-kind'] });

/** A colour of the theme as the canvas takes it. */
export function themeColour(name: `--${string}`): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}
