import type { TreeRow } from './layerTree';

export type TreeMove = { to: number } | { open: string; expanded: boolean } | null;

/** A row of any tree: groups can be opened. */
type AnyRow = { kind: 'group'; key: string; level: number; expanded: boolean } | { kind: 'layer' | 'tensor'; key: string; level: number };

/** What a key does in a tree of rows, after WAI-ARIA's treegrid pattern with the focus on rows. */
export function treeMove(rows: readonly AnyRow[], at: number, key: string, page: number): TreeMove {
  const last = rows.length - 1;
  const row = rows[at];
  if (!row) return rows.length > 0 ? { to: 0 } : null;
  switch (key) {
    case 'ArrowDown':
      return { to: Math.min(last, at + 1) };
    case 'ArrowUp':
      return { to: Math.max(0, at - 1) };
    case 'PageDown':
      return { to: Math.min(last, at + page) };
    case 'PageUp':
      return { to: Math.max(0, at - page) };
    case 'Home':
      return { to: 0 };
    case 'End':
      return { to: last };
    case 'ArrowRight':
      if (row.kind !== 'group') return null;
      return row.expanded ? { to: Math.min(last, at + 1) } : { open: row.key, expanded: true };
    case 'ArrowLeft': {
      if (row.kind === 'group' && row.expanded) return { open: row.key, expanded: false };
      for (let above = at - 1; above >= 0; above--) if (rows[above]!.level < row.level) return { to: above };
      return null;
    }
    default:
      return null;
  }
}

/** The next row, from the one after `at` round to itself, whose text starts with what was typed. */
export function typeAhead(rows: readonly TreeRow[], at: number, typed: string): number | null {
  const prefix = typed.toLowerCase();
  // A second letter goes on with the word begun: the row at hand may still be the one.
  const first = typed.length > 1 ? 0 : 1;
  for (let step = first; step < rows.length + first; step++) {
    const index = (at + step) % rows.length;
    const row = rows[index]!;
    const text = row.kind === 'layer' ? row.layer.label : row.label;
    if (text.toLowerCase().startsWith(prefix)) return index;
  }
  return null;
}
