import { COLUMNS, type Row } from './row.ts';

/** RFC 4180, 2.1: lines end in CRLF. */
const LINE_END = '\r\n';
const NEEDS_QUOTES = /[",\r\n]/;

/** RFC 4180, 2.5 to 2.7: a field with a comma, quote or line break stands in quotes, its quotes doubled. */
export function csvField(value: string): string {
  // An empty text is quoted, so that readers that tell it from a missing value (PostgreSQL, DuckDB) get it right.
  if (value === '') return '""';
  return NEEDS_QUOTES.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

export const csvHeader = (): string => COLUMNS.join(',') + LINE_END;

/** One row; `data` as JSON text. */
export const csvLine = (row: Row): string =>
  COLUMNS.map((column) => {
    const value = row[column];
    if (typeof value === 'string') return csvField(value);
    return typeof value === 'number' ? String(value) : csvField(JSON.stringify(value));
  }).join(',') + LINE_END;
