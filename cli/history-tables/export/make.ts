import { HISTORY } from '../../../projector/history/upkeep/schemas.ts';
import { historyVersion } from '../../../projector/schemas/migrate.ts';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { type PartTarget, PartWriter, type Place } from '../../export-folder/part-writer.ts';
import type { Progress } from '../../output/progress.ts';
import { columnsOf, type HistoryTable, type Row, TABLES } from './tables.ts';

/** Rows that are fetched at once. */
const FETCH = 5_000;

/** The partition of what is known now. */
export const OPEN = 'open';

const MONTH = `to_char(known_to AT TIME ZONE 'UTC', 'YYYY-MM')`;
const partitionOf = (table: HistoryTable, month: string): string => `${table.name}/month=${month}`;

/** The table and the month of a part's partition. */
export const monthOf = (partition: string): string => partition.slice(partition.indexOf('month=') + 6);

/** How many rows of a table stopped being known in each month. */
export async function countsOf(db: Queryable, table: HistoryTable): Promise<Map<string, number>> {
  if (!table.isTimed) return new Map();
  const { rows } = await db.query<{ month: string; count: string }>(
    `SELECT ${MONTH} AS month, count(*) FROM ${HISTORY.history}.${table.name} WHERE isfinite(known_to) GROUP BY 1 ORDER BY 1`,
  );
  return new Map(rows.map(({ month, count }) => [partitionOf(table, month), Number(count)]));
}

export interface Making {
  readonly db: Queryable;
  /** Which of its partitions: `customers/month=2026-06`, `customers/month=open`. */
  readonly partitions: ReadonlySet<string>;
  readonly rowsPerFile: number;
  readonly target: PartTarget;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Makes parts of the tables, always the same bytes of the same rows. @throws the signal's reason */
export async function makeTables(making: Making): Promise<void> {
  const version = await historyVersion();
  let count = 0;
  const progress = (rows: number) => {
    count += rows;
    making.progress.update({ count, fraction: undefined });
  };
  for (const table of TABLES) {
    const own = [...making.partitions].filter((partition) => partition.startsWith(`${table.name}/`));
    await makeTable({ ...making, table, version, progress, partitions: new Set(own) });
  }
}

interface TableMaking extends Omit<Making, 'progress'> {
  readonly table: HistoryTable;
  readonly version: number;
  readonly progress: (rows: number) => void;
}

async function makeTable(making: TableMaking): Promise<void> {
  const { db, table, version, partitions, rowsPerFile, target, signal, progress } = making;
  const columns = await columnsOf(db, table);
  const writer = new PartWriter<Row>({ name: table.name, columns, rowsPerFile, target });
  const schema = [table.name, version] as const;
  const months = [...partitions].map(monthOf);
  const selected = columns.map(({ sql }) => sql);
  if (table.isTimed) selected.push(`CASE WHEN isfinite(known_to) THEN ${MONTH} ELSE '${OPEN}' END AS month`);
  const where = table.isTimed
    ? `WHERE (isfinite(known_to) AND ${MONTH} = ANY ($1)) OR (known_to = 'infinity' AND '${OPEN}' = ANY ($1))`
    : `WHERE '${OPEN}' = ANY ($1)`;
  const order = table.isTimed ? `known_to, ${table.order}` : table.order;
  await db.query(
    `DECLARE exported NO SCROLL CURSOR FOR SELECT ${selected.join(', ')} FROM ${HISTORY.history}.${table.name} ${where} ORDER BY ${order}`,
    [months],
  );
  for (;;) {
    const { rows } = await db.query<Row>(`FETCH ${FETCH} FROM exported`);
    signal.throwIfAborted();
    for (const row of rows) await writer.add(row, placeOf(table, row, schema));
    progress(rows.length);
    if (rows.length < FETCH) break;
  }
  await db.query('CLOSE exported');
  // Readers of a table find a file, though it has no row.
  const open = partitionOf(table, OPEN);
  if (partitions.has(open)) await writer.begin(open);
  await writer.end();
}

function placeOf(table: HistoryTable, row: Row, schema: Place['schema']): Place {
  if (!table.isTimed) return { partition: partitionOf(table, OPEN), schema };
  const [commit, prepare] = [row.cause_commit, row.cause_prepare].map((text) => BigInt(text as string));
  return {
    ...{ partition: partitionOf(table, String(row.month)), schema },
    position: { commit: commit as bigint, prepare: prepare as bigint },
  };
}
