import { UnitscopeError } from '../../../protocol/errors';
import type { LeftOut, RetrievalFilter, RetrievalResult } from '../../../protocol/retrieval';
import type { LanceCatalogue } from '../../compute/searchContract';
import type { Candidates } from '../../compute/searchRank';
import type { OpenStudy } from '../../study/openStudy';

/** What the rows that are searched are. */
export interface Catalogue {
  rows: number;
  label(row: number): string | null;
  path(row: number): string;
  /** Of the dataset; null: it has no such image. */
  index(row: number): number | null;
  /** One a row. @throws usage */
  column(name: string): (string | null)[];
  /** The row of a stimulus. */
  rowOf(index: number): number | undefined;
}

const catalogues = new WeakMap<Int32Array, Catalogue>();

/** Kept with the array of stimuli: a search asks for the same again and again. */
export function datasetCatalogue(study: OpenStudy, stimuli: Int32Array): Catalogue {
  let catalogue = catalogues.get(stimuli);
  if (!catalogue) catalogues.set(stimuli, (catalogue = catalogueOf(study, stimuli)));
  return catalogue;
}

function catalogueOf(study: OpenStudy, stimuli: Int32Array): Catalogue {
  const { dataset } = study.parts;
  let rows: Map<number, number> | undefined;
  return {
    rows: stimuli.length,
    label: (row) => dataset.stimuli[stimuli[row]!]!.label,
    path: (row) => dataset.stimuli[stimuli[row]!]!.path,
    index: (row) => stimuli[row]!,
    column: (name) => {
      const values = dataset.column(name);
      return Array.from(stimuli, (index) => values[index] ?? null);
    },
    rowOf: (index) => (rows ??= new Map(Array.from(stimuli, (at, row) => [at, row]))).get(index),
  };
}

const tables = new WeakMap<LanceCatalogue, WeakMap<OpenStudy, Catalogue>>();

/** A table's images are those of the dataset where path and content are the same. Kept with the study and the table. */
export function tableCatalogue(study: OpenStudy, table: LanceCatalogue, name: string): Catalogue {
  let known = tables.get(table);
  if (!known) tables.set(table, (known = new WeakMap()));
  let catalogue = known.get(study);
  if (!catalogue) known.set(study, (catalogue = catalogueOfTable(study, table, name)));
  return catalogue;
}

function catalogueOfTable(study: OpenStudy, table: LanceCatalogue, name: string): Catalogue {
  const { dataset, identities } = study.parts;
  const rowOfPath = new Map(table.paths.map((path, row) => [path, row]));
  const rowOf = (index: number): number | undefined => {
    const row = rowOfPath.get(dataset.stimuli[index]!.path);
    return row !== undefined && table.identities[row] === identities[index] ? row : undefined;
  };
  let indices: Map<number, number> | undefined;
  const indexOf = (): Map<number, number> => new Map(dataset.stimuli.flatMap(({ index }) => (rowOf(index) === undefined ? [] : [[rowOf(index)!, index] as const])));
  return {
    rows: table.rows,
    label: (row) => table.labels[row] ?? null,
    path: (row) => table.paths[row]!,
    index: (row) => (indices ??= indexOf()).get(row) ?? null,
    column: (wanted) => {
      const column = table.columns.find((each) => each.name === wanted);
      if (column) return column.values;
      throw new UnitscopeError('usage', `The table ${name} has no column "${wanted}"; it has ${table.columns.map((each) => `"${each.name}"`).join(', ') || 'no other'}.`);
    },
    rowOf,
  };
}

/** Which rows may be found. */
export interface Chosen {
  candidates: Candidates;
  left: Pick<LeftOut, 'query' | 'filter'>;
  /** Rows that pass. */
  passing: number;
}

/**
 * @param own rows of the query's images, which are left out
 * @param first row of the query's first image; undefined where it has none
 * @throws usage for a column that there is not, and where the query's own domain is not known
 */
export function chooseRows(catalogue: Catalogue, { labels, where, otherClasses, domain }: RetrievalFilter, own: readonly number[], first: number | undefined): Chosen {
  const { rows } = catalogue;
  const mask = new Uint8Array(rows).fill(1);
  for (const row of own) mask[row] = 0;
  const query = new Set(own).size;
  const keep = (isKept: (row: number) => boolean): void => {
    for (let row = 0; row < rows; row++) if (mask[row] === 1 && !isKept(row)) mask[row] = 0;
  };
  if (labels.length > 0) {
    const wanted = new Set(labels);
    keep((row) => wanted.has(catalogue.label(row) ?? ''));
  }
  for (const { column, values } of where) {
    const of = catalogue.column(column);
    const wanted = new Set(values);
    keep((row) => wanted.has(of[row] ?? ''));
  }
  if (domain) {
    const of = catalogue.column(domain.column);
    const { value } = domain;
    if (value !== null) keep((row) => of[row] === value);
    else {
      const mine = first === undefined ? null : (of[first] ?? null);
      if (mine === null)
        throw new UnitscopeError('usage', `The query has no value in the column ${domain.column}, so other values than its own are not known; choose the one to search in.`);
      keep((row) => of[row] !== null && of[row] !== mine);
    }
  }
  let groups: Int32Array | undefined;
  if (otherClasses) {
    const numbers = new Map<string, number>();
    const mine = first === undefined ? null : catalogue.label(first);
    keep((row) => catalogue.label(row) !== null && catalogue.label(row) !== mine);
    groups = Int32Array.from(mask, (kept, row) => {
      if (kept === 0) return -1;
      const label = catalogue.label(row)!;
      let at = numbers.get(label);
      if (at === undefined) numbers.set(label, (at = numbers.size));
      return at;
    });
  }
  const passing = mask.reduce((sum, kept) => sum + kept, 0);
  return { candidates: groups ? { groups } : { mask }, left: { query, filter: rows - query - passing }, passing };
}

export function resultAt(catalogue: Catalogue, row: number, distance: number): RetrievalResult {
  return { index: catalogue.index(row), path: catalogue.path(row), label: catalogue.label(row), distance };
}
