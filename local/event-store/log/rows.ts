import type { StoredEvent } from './stored-event.ts';

/** The columns that {@link toStoredEvent} reads, in its order. */
export const COLUMNS = 'position, stream, revision, id, type, is_json, created, data, metadata';

export type Row = [number, string, number, string, string, boolean, number, Buffer, Buffer];

/** By type of column. The driver reads results as text only; positions are numbers here, exact to 2^53. */
const parsers: Readonly<Record<number, (value: string) => unknown>> = {
  16: (value) => value === 't',
  17: (value) => Buffer.from(value.slice(2), 'hex'),
  20: Number,
  25: (value) => value,
  2950: (value) => value,
};

/** A column type that none of the log's statements yields. */
function unexpected(oid: number): never {
  throw new TypeError(`no parser for PostgreSQL type ${oid}`);
}

/** A prepared statement whose rows are arrays, without the driver's parsing of each value twice. */
export const statement = (name: string, text: string, values: unknown[]) => ({
  name,
  text,
  values,
  rowMode: 'array' as const,
  types: { getTypeParser: (oid: number) => parsers[oid] ?? unexpected(oid) },
});

export const toStoredEvent = (row: Row): StoredEvent => ({
  position: row[0],
  stream: row[1],
  revision: row[2],
  id: row[3],
  type: row[4],
  isJson: row[5],
  created: row[6],
  data: row[7],
  metadata: row[8],
});
