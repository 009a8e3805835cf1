import type { Queryable } from '../../shared/adapters/postgres/pool.ts';

/** Tables of a schema, each with what is compared of its rows. */
export type ComparedTables = Readonly<Record<string, readonly string[] | 'all'>>;

/** Of parked events, not why or how often they failed. */
export const READ_MODEL_TABLES: ComparedTables = {
  users: 'all',
  subscriptions: 'all',
  licenses: 'all',
  license_keys: 'all',
  staff: 'all',
  activations_by_day: 'all',
  parked_events: ['event_id', 'user_id', 'revision', 'type'],
  skipped_events: ['event_id', 'user_id', 'revision', 'type'],
};

export interface TableDigest {
  readonly rows: string;
  /** Sum of the rows' hashes: the same for the same rows in whatever order. */
  readonly hash: string;
}

export interface TableComparison {
  readonly table: string;
  readonly live: TableDigest;
  readonly rebuilt: TableDigest;
  readonly equal: boolean;
}

/** The columns of each table that both schemas have: the live one may be of an older version. */
async function sharedColumns(db: Queryable, a: string, b: string): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ table_name: string; column_name: string }>(
    `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema IN ($1, $2)
     GROUP BY table_name, column_name HAVING count(*) = 2 ORDER BY table_name, column_name`,
    [a, b],
  );
  const columns = new Map<string, string[]>();
  for (const row of rows)
    columns.set(row.table_name, [...(columns.get(row.table_name) ?? []), row.column_name]);
  return columns;
}

async function digest(
  db: Queryable,
  schema: string,
  table: string,
  columns: readonly string[],
): Promise<TableDigest> {
  const { rows } = await db.query<TableDigest>(
    `SELECT count(*)::text AS rows, COALESCE(sum(hashtextextended(ROW(${columns.join(', ')})::text, 0)), 0)::text AS hash
     FROM ${schema}.${table}`,
  );
  return rows[0] as TableDigest;
}

/**
 * Compares row counts and hashes of the tables of two schemas.
 * @param live a connection that sees the live schema as of the moment whose events the other one holds
 */
export async function compareSchemas(
  live: Queryable,
  liveSchema: string,
  rebuilt: Queryable,
  rebuiltSchema: string,
  tables: ComparedTables,
): Promise<TableComparison[]> {
  const shared = await sharedColumns(live, liveSchema, rebuiltSchema);
  const results: TableComparison[] = [];
  for (const [table, wanted] of Object.entries(tables)) {
    const columns = wanted === 'all' ? (shared.get(table) ?? []) : wanted;
    const [a, b] = await Promise.all([
      digest(live, liveSchema, table, columns),
      digest(rebuilt, rebuiltSchema, table, columns),
    ]);
    results.push({ table, live: a, rebuilt: b, equal: a.rows === b.rows && a.hash === b.hash });
  }
  return results;
}
