import type { SchemaElement } from 'hyparquet';
import { parsePosition, START } from '../../../shared/event-log/position.ts';
import type { Row } from './row.ts';

interface ParquetColumn {
  readonly element: SchemaElement;
  readonly value: (row: Row) => unknown;
  /** Bounds in the footer, by which readers pass over row groups. Of no use for what is as good as random. */
  readonly hasBounds: boolean;
}

const REQUIRED = { repetition_type: 'REQUIRED' } as const;

const text = (name: keyof Row & string, hasBounds = false): ParquetColumn => ({
  element: {
    name,
    type: 'BYTE_ARRAY',
    converted_type: 'UTF8',
    logical_type: { type: 'STRING' },
    ...REQUIRED,
  },
  value: (row) => row[name],
  hasBounds,
});

const int64 = (name: string, value: (row: Row) => bigint): ParquetColumn => ({
  element: { name, type: 'INT64', ...REQUIRED },
  value,
  hasBounds: true,
});

const timestamp = (name: 'time' | 'logged_at'): ParquetColumn => ({
  element: {
    name,
    type: 'INT64',
    converted_type: 'TIMESTAMP_MILLIS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    ...REQUIRED,
  },
  value: (row) => BigInt(Date.parse(row[name])),
  hasBounds: true,
});

const json = (name: 'data'): ParquetColumn => ({
  element: { name, type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' }, ...REQUIRED },
  value: (row) => row[name],
  hasBounds: false,
});

const positionOf = (row: Row) => parsePosition(row.position) ?? START;

/**
 * The table's columns. Those of the other formats, and the two numbers of the position by which rows sort: a table has
 * no order of its own.
 */
export const PARQUET_COLUMNS: readonly ParquetColumn[] = [
  text('position'),
  int64('commit_position', (row) => positionOf(row).commit),
  int64('prepare_position', (row) => positionOf(row).prepare),
  int64('revision', (row) => BigInt(row.revision)),
  text('stream'),
  text('event_id'),
  text('type', true),
  timestamp('time'),
  timestamp('logged_at'),
  text('user_id', true),
  text('correlation_id'),
  text('causation_id'),
  text('command_id'),
  text('actor_role', true),
  text('actor_id', true),
  int64('schema_version', (row) => BigInt(row.schema_version)),
  json('data'),
];

export const PARQUET_SCHEMA: readonly SchemaElement[] = [
  { name: 'event', num_children: PARQUET_COLUMNS.length },
  ...PARQUET_COLUMNS.map(({ element }) => element),
];
