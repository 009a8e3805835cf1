import { parsePosition, START } from '../../../shared/event-log/position.ts';
import type { ParquetColumn } from '../../output/parquet.ts';
import type { Row } from './row.ts';

type Column = ParquetColumn<Row>;

const REQUIRED = { repetition_type: 'REQUIRED' } as const;

const text = (name: keyof Row & string, hasBounds = false): Column => ({
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

const int64 = (name: string, value: (row: Row) => bigint): Column => ({
  element: { name, type: 'INT64', ...REQUIRED },
  value,
  hasBounds: true,
});

const timestamp = (name: 'time' | 'logged_at'): Column => ({
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

const json = (name: 'data'): Column => ({
  element: { name, type: 'BYTE_ARRAY', converted_type: 'JSON', logical_type: { type: 'JSON' }, ...REQUIRED },
  value: (row) => row[name],
  hasBounds: false,
});

const positionOf = (row: Row) => parsePosition(row.position) ?? START;

/** An event of staff, or of a webhook, is about no user. */
const userId = text('user_id', true);

/**
 * The table's columns. Those of the other formats, and the two numbers of the position by which rows sort: a table has
 * no order of its own.
 */
export const PARQUET_COLUMNS: readonly Column[] = [
  text('position'),
  int64('commit_position', (row) => positionOf(row).commit),
  int64('prepare_position', (row) => positionOf(row).prepare),
  int64('revision', (row) => BigInt(row.revision)),
  text('stream'),
  text('event_id'),
  text('type', true),
  timestamp('time'),
  timestamp('logged_at'),
  { ...userId, element: { ...userId.element, repetition_type: 'OPTIONAL' } },
  text('correlation_id'),
  text('causation_id'),
  text('command_id'),
  text('actor_role', true),
  text('actor_id', true),
  int64('schema_version', (row) => BigInt(row.schema_version)),
  json('data'),
];
