import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { readExactly, readFailure, unreadable, withFile } from '../../../io/wholeFile';
import type { NumberArray } from './entry';

const mostBytes = 2 ** 29;
const delimiters = ['\t', ';', ','];

/** A table of numbers, with what may turn out to be names of columns and rows. */
interface Table {
  /** The first row. */
  head: Cell[];
  /** First cell of every row. */
  side: Cell[];
  /** Every row as numbers; NaN where there is none. The first row may be one cell shorter than the others. */
  rows: Float64Array[];
}

interface Cell {
  text: string;
  /** Neither a number nor empty. */
  named: boolean;
}

/**
 * Reads an RDM from a text table, delimited by commas, semicolons or tabs (what the first line has): square, with names of
 * the stimuli in the first row, the first column, or both; or condensed, in one row or one column. Streams, so that memory
 * is that of the numbers. Throws `reference.unreadable` naming the file, and where it can the line.
 */
export async function readTable(path: string): Promise<NumberArray & { names: string[] | null }> {
  const file = basename(path);
  const delimiter = await sniff(path);
  const table = await readRows(path, delimiter);
  const { head, side, rows } = table;
  const width = Math.max(0, ...rows.slice(0, 2).map((row) => row.length));
  if (width === 0) throw unreadable(`${file} is empty; give an RDM as a square table.`);

  const hasHead = hasHeader(table, width);
  const body = hasHead ? rows.slice(1) : rows;
  const bodySide = hasHead ? side.slice(1) : side;
  const hasSide = width > 1 && (bodySide.some(({ named }) => named) || body.length + 1 === width);
  const first = hasSide ? 1 : 0;
  const shape = [body.length, width - first];
  const data = new Float64Array(shape[0]! * shape[1]!);
  body.forEach((row, r) => data.set(row.subarray(first), r * shape[1]!));

  const square = shape[0] === shape[1];
  const rowNames = hasSide && square ? texts(bodySide) : null;
  const columnNames = hasHead && square ? texts(head.slice(head.length - shape[1]!)) : null;
  const differs = rowNames && columnNames ? rowNames.findIndex((name, i) => name !== columnNames[i]) : -1;
  if (differs >= 0) {
    throw unreadable(
      `${file} names row ${differs + 1} "${rowNames![differs]}" and column ${differs + 1} "${columnNames![differs]}"; give rows and columns the same order.`,
    );
  }
  return { shape, data, names: rowNames ?? columnNames };
}

const texts = (cells: Cell[]): string[] => cells.map(({ text }) => text);

/** Whether the first row holds names: it has text, or is one row too many, or its corner is empty but no diagonal is. */
function hasHeader({ head, rows }: Table, width: number): boolean {
  if (head.length < width || head.slice(1).some(({ named }) => named) || (width === 1 && head[0]!.named)) return true;
  if (width >= 3 && rows.length === width + 1) return true;
  const cornerOnly = Number.isNaN(rows[0]![0]!) && !Number.isNaN(rows[1]?.[1] ?? NaN);
  return width >= 4 && rows.length === width && cornerOnly;
}

async function sniff(path: string): Promise<string> {
  const start = await withFile(path, mostBytes, (file, size) => readExactly(file, 0, Math.min(size, 2 ** 16), path));
  const line = /^.*/.exec(start.toString('utf8').replace(/"[^"]*"/g, ''))![0];
  return delimiters.find((delimiter) => line.includes(delimiter)) ?? ',';
}

async function readRows(path: string, delimiter: string): Promise<Table> {
  const file = basename(path);
  const table: Table = { head: [], side: [], rows: [] };
  const options = {
    bom: true,
    delimiter,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    info: true,
    // Looking for it would cost most of the time in a file that is one long line.
    record_delimiter: ['\r\n', '\n', '\r'],
  };
  // Closes the file when the loop below ends early, and hands it what goes wrong with the file.
  const records = pipeline(createReadStream(path), parse(options), () => undefined);
  try {
    for await (const { record, info } of records as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const place = `${file}, line ${info.lines}`;
      checkWidth(table, record.length, place);
      const cells = record.map((text) => ({ text, value: valueOf(text, delimiter) }));
      const first = table.rows.length === 0;
      const wrong = first ? -1 : cells.findIndex(({ value }, column) => value === null && column > 0);
      if (wrong >= 0) {
        const text = record[wrong]!.slice(0, 40);
        throw unreadable(`${place}: "${text}" in column ${wrong + 1} is no number; give a table of numbers.`);
      }
      if (first) table.head = cells.map(({ text, value }) => ({ text, named: value === null }));
      table.side.push({ text: cells[0]!.text, named: cells[0]!.value === null });
      table.rows.push(Float64Array.from(cells, ({ value }) => value ?? NaN));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw readFailure(path, error);
    const line = typeof error.lines === 'number' ? `, line ${error.lines}` : '';
    throw unreadable(`${file}${line}: ${error.message.replace(/\.$/, '')}; write the table again.`, error);
  }
  return table;
}

/** All rows have the same number of cells; only a first row with names may leave out the corner, as R writes it. */
function checkWidth({ rows }: Table, width: number, place: string): void {
  const others = rows.at(-1)?.length ?? width;
  if (width === others || (rows.length === 1 && width === others + 1)) return;
  throw unreadable(`${place}: this row has ${width} values, the one before ${others}; give all rows the same.`);
}

/** The number in a cell: NaN where it is empty or says so, null where it is text. Decimal commas need semicolons or tabs. */
function valueOf(cell: string, delimiter: string): number | null {
  if (cell === '' || /^(nan|na)$/i.test(cell)) return NaN;
  if (/^[+-]?inf(inity)?$/i.test(cell)) return cell.startsWith('-') ? -Infinity : Infinity;
  const value = Number(delimiter === ',' ? cell : cell.replace(',', '.'));
  return Number.isNaN(value) ? null : value;
}
