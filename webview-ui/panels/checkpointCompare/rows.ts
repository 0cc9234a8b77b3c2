import type { TensorState } from '../../../src/protocol/checkpoint';
import type { ShownStep } from '../../../src/protocol/checkpointViews';

export interface ChangeRow {
  /** Place in the step. */
  at: number;
  name: string;
  state: TensorState;
  shape: number[];
  /** NaN: not defined. */
  relative: number;
  cosine: number;
  maxAbs: number;
  problem?: string;
  /** What it is called in each file, where that differs. */
  renamed?: [string | null, string | null];
}

export type ChangeOrder = 'depth' | 'name' | 'state' | 'relative' | 'cosine' | 'maxAbs';

export const stateLabels: Record<TensorState, string> = { same: 'frozen', changed: 'moved', new: 'new', gone: 'gone', reshaped: 'reshaped', unread: 'not read' };
const rank: Record<TensorState, number> = { changed: 0, reshaped: 1, new: 2, gone: 3, unread: 4, same: 5 };

export function changeRows(step: ShownStep): ChangeRow[] {
  const problems = new Map(step.problems);
  const renamed = new Map(step.renamed);
  return step.names.map((name, at) => ({
    at,
    name,
    state: step.states[at]!,
    shape: step.shapes[at]!,
    relative: step.relative[at]!,
    cosine: step.cosine[at]!,
    maxAbs: step.maxAbs[at]!,
    problem: problems.get(at),
    renamed: renamed.get(at),
  }));
}

const byName = new Intl.Collator('en', { numeric: true });

/** What is not defined stands at the end. */
export function sortRows(rows: readonly ChangeRow[], order: ChangeOrder): ChangeRow[] {
  const number = (value: number, most: boolean): number => (Number.isNaN(value) ? Infinity : most ? -value : value);
  const compare: Record<ChangeOrder, (a: ChangeRow, b: ChangeRow) => number> = {
    depth: (a, b) => a.at - b.at,
    name: (a, b) => byName.compare(a.name, b.name),
    state: (a, b) => rank[a.state] - rank[b.state],
    relative: (a, b) => order2(number(a.relative, true), number(b.relative, true)),
    cosine: (a, b) => order2(number(a.cosine, false), number(b.cosine, false)),
    maxAbs: (a, b) => order2(number(a.maxAbs, true), number(b.maxAbs, true)),
  };
  return [...rows].sort((a, b) => compare[order](a, b) || a.at - b.at);
}

function order2(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** "1.2 %", "0.0031 %", "×12" beyond ten times, "from 0" where there was nothing before. */
export function formatRelative(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value === Infinity) return 'from 0';
  if (value === 0) return '0';
  const percent = value * 100;
  if (percent >= 1000) return `× ${value.toPrecision(3)}`;
  return `${percent < 0.001 ? percent.toExponential(1) : Number(percent.toPrecision(3))}\u202f%`;
}

export function counts(rows: readonly ChangeRow[]): [TensorState, number][] {
  const of = new Map<TensorState, number>();
  for (const { state } of rows) of.set(state, (of.get(state) ?? 0) + 1);
  return (['changed', 'same', 'new', 'gone', 'reshaped', 'unread'] as const).flatMap((state): [TensorState, number][] => (of.has(state) ? [[state, of.get(state)!]] : []));
}
