import { HISTORY } from '../../../projector/history/upkeep/schemas.ts';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { ParquetColumn } from '../../output/parquet.ts';

/** A table of the history, as it is exported. */
export interface HistoryTable {
  readonly name: string;
  /** What its rows are sorted by, after the time at which they stopped being known: the same rows have one order. */
  readonly order: string;
  /** Whether its rows stop being known; else all of them are known now. */
  readonly isTimed: boolean;
}

export const TABLES: readonly HistoryTable[] = [
  { name: 'subscription_states', order: 'user_id, subscription_id, valid_from, known_from', isTimed: true },
  { name: 'license_states', order: 'user_id, license_id, valid_from, known_from', isTimed: true },
  { name: 'customers', order: 'user_id, valid_from, known_from', isTimed: true },
  {
    name: 'catalogue_terms',
    order: 'product COLLATE "C", plan_type COLLATE "C", terms_digest',
    isTimed: false,
  },
  { name: 'days', order: 'day', isTimed: false },
  { name: 'machines_by_day', order: 'day, product COLLATE "C"', isTimed: false },
];

/** A row as it comes out of the database. */
export type Row = Readonly<Record<string, unknown>>;

export interface HistoryColumn extends ParquetColumn<Row> {
  readonly name: string;
  readonly type: keyof typeof KINDS;
  /** What it is selected by. */
  readonly sql: string;
}

const plain = (name: string) => `"${name}"`;

/** Numbers come as text: a bigint is not one of JavaScript's. */
const toBigint = (value: unknown) => BigInt(value as string | number);

/** How a column of each type is read, and what Parquet has for it. */
const KINDS = {
  text: {
    sql: plain,
    element: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    value: (value: unknown) => value,
  },
  uuid: {
    sql: plain,
    element: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
    value: (value: unknown) => value,
  },
  boolean: { sql: plain, element: { type: 'BOOLEAN' }, value: (value: unknown) => value },
  integer: { sql: plain, element: { type: 'INT32' }, value: (value: unknown) => value },
  bigint: { sql: plain, element: { type: 'INT64' }, value: toBigint },
  date: {
    sql: (name: string) => `("${name}" - DATE '1970-01-01') AS "${name}"`,
    element: { type: 'INT32', converted_type: 'DATE', logical_type: { type: 'DATE' } },
    value: (value: unknown) => value,
  },
  jsonb: {
    sql: plain,
    element: { type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' } },
    value: (value: unknown) => value,
  },
  // Null for infinity, which Parquet has no instant for.
  'timestamp with time zone': {
    sql: (name: string) =>
      `CASE WHEN isfinite("${name}") THEN (extract(epoch FROM "${name}") * 1000)::bigint END AS "${name}"`,
    element: {
      type: 'INT64',
      converted_type: 'TIMESTAMP_MILLIS',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
    value: toBigint,
  },
} as const;

/** Columns that are as good as random, or of which a reader compares all. */
const WITHOUT_BOUNDS: readonly string[] = ['terms', 'client_id', 'external_id'];

const isKind = (type: string): type is keyof typeof KINDS => Object.hasOwn(KINDS, type);

/** Instants that may have no end. */
export const isEnd = ({ name }: { readonly name: string }): boolean =>
  name === 'valid_to' || name === 'known_to';

function columnOf({
  name,
  type,
  required,
}: {
  name: string;
  type: string;
  required: boolean;
}): HistoryColumn {
  if (!isKind(type)) throw new TypeError(`column ${name}: there is no Parquet type for ${type} here`);
  const { sql, element, value } = KINDS[type];
  const repetition_type = required && !isEnd({ name }) ? 'REQUIRED' : 'OPTIONAL';
  return {
    ...{ name, type, sql: sql(name), element: { name, ...element, repetition_type } },
    value: (row) => (row[name] === null ? null : value(row[name])),
    hasBounds: !WITHOUT_BOUNDS.includes(name),
  };
}

/** A table's columns, as the database has them. */
export async function columnsOf(db: Queryable, { name }: HistoryTable): Promise<HistoryColumn[]> {
  const { rows } = await db.query(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [`${HISTORY.history}.${name}`],
  );
  return rows.map(columnOf);
}
