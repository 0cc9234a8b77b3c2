import type { ChartOptions } from 'chart.js';
import { themeColour } from '../shared/theme';

/** Colours and type of a chart in VS Code's theme. */
export interface ChartTheme {
  text: string;
  grid: string;
  font: { family: string; size: number };
}

export function chartTheme(): ChartTheme {
  const text = themeColour('--vscode-descriptionForeground');
  const grid = themeColour('--vscode-charts-lines') || text;
  return { text, grid, font: { family: getComputedStyle(document.body).fontFamily, size: 11 } };
}

/** What all lines over depth have in common: a point is picked by its place along the axis. */
export function lineOptions(pick: (at: number) => void): Pick<ChartOptions<'line'>, 'maintainAspectRatio' | 'animation' | 'interaction' | 'onClick'> {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  return {
    maintainAspectRatio: false,
    animation: still ? false : { duration: 200 },
    interaction: { mode: 'index', intersect: false },
    onClick: (_, [item]) => item && pick(item.index),
  };
}

/** A line, or the one that is looked at. */
export function lineStyle(colour: string, bold: boolean): { borderColor: string; backgroundColor: string; borderWidth: number; pointRadius: number; pointHoverRadius: number; order: number } {
  return { borderColor: colour, backgroundColor: colour, borderWidth: bold ? 2.5 : 1, pointRadius: bold ? 3 : 0, pointHoverRadius: bold ? 5 : 3, order: bold ? 0 : 1 };
}

export function tooltipStyle({ font }: ChartTheme) {
  const strong = themeColour('--vscode-foreground');
  return {
    animation: false,
    backgroundColor: themeColour('--vscode-editorHoverWidget-background') || themeColour('--vscode-editorWidget-background'),
    borderColor: themeColour('--vscode-editorHoverWidget-border') || themeColour('--vscode-editorWidget-border'),
    borderWidth: 1,
    titleColor: strong,
    bodyColor: strong,
    titleFont: { ...font, weight: 'normal' },
    bodyFont: font,
    boxWidth: 8,
    boxHeight: 8,
  } as const;
}
