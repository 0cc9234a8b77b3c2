import type { RdmArrangement, RdmOrder } from '../../../protocol/rdm';
import type { WorkerPool } from '../../runtime/pool';
import type { RdmQuestion } from './question';

/**
 * Rows in the order asked for; equal ones stay in the order of the dataset. Classes come in the order of the dataset, values
 * of a column by number where all are numbers, else by name. `cluster`: average linkage of the layer's RDM.
 * @throws rdm.missing for `cluster`
 */
export async function arrange(
  question: RdmQuestion,
  layer: string,
  order: RdmOrder,
  compute: WorkerPool,
  signal: AbortSignal,
): Promise<RdmArrangement> {
  const all = Int32Array.from({ length: question.count }, (_, row) => row);
  const { stimuli } = question.study.parts.dataset;
  switch (order.by) {
    case 'dataset':
      return { rows: all, groups: [], tree: null };
    case 'name': {
      const { names } = await question.set([]);
      return { rows: all.sort((a, b) => byName(names[a]!, names[b]!) || a - b), groups: [], tree: null };
    }
    case 'cluster': {
      const { left, right, height, order: rows } = await compute.call('compute.linkage', { file: (await question.stored(layer)).path }, { signal });
      const place = new Int32Array(rows.length);
      rows.forEach((row, at) => (place[row] = at));
      const placed = (clusters: Int32Array): Int32Array => clusters.map((cluster) => (cluster < rows.length ? place[cluster]! : cluster));
      return { rows, groups: [], tree: { left: placed(left), right: placed(right), height } };
    }
    case 'label': {
      const labels = Array.from(question.indices, (index) => stimuli[index]!.label);
      const { classes } = question.study.population;
      const place = new Map(classes.map((name, at) => [name, at]));
      return grouped(all, labels, (a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0));
    }
    case 'column': {
      const values = question.column(order.column);
      const numeric = values.every((value) => value === null || (value.trim() !== '' && Number.isFinite(Number(value))));
      return grouped(all, values, numeric ? (a, b) => Number(a) - Number(b) : byName);
    }
  }
}

/** Rows without a value come last. */
function grouped(rows: Int32Array, values: (string | null)[], compare: (a: string, b: string) => number): RdmArrangement {
  rows.sort((a, b) => {
    const [x, y] = [values[a] ?? null, values[b] ?? null];
    if (x === null || y === null) return Number(x === null) - Number(y === null) || a - b;
    return compare(x, y) || a - b;
  });
  const groups: RdmArrangement['groups'] = [];
  rows.forEach((row, at) => {
    const last = groups.at(-1);
    const name = values[row] ?? null;
    if (last?.name === name) last.to = at + 1;
    else groups.push({ name, from: at, to: at + 1 });
  });
  return { rows, groups: groups.some(({ name }) => name !== null) ? groups : [], tree: null };
}

const collator = new Intl.Collator('en', { numeric: true });
const byName = (a: string, b: string): number => collator.compare(a, b);
