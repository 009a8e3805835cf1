import { duckdbMacros } from '../../../projector/history/metrics.ts';
import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import { columnsOf, isEnd, TABLES } from './tables.ts';

export const DUCKDB_FILE = 'history.duckdb.sql';

const HEADER = `-- The history tables as views over the files of this folder, and the metrics of docs/metrics.md as macros. Start DuckDB in this
-- folder, or tell it where it is first: SET file_search_path = '…';  Then: .read ${DUCKDB_FILE}
`;

/** What DuckDB reads to answer from the folder as PostgreSQL does from the tables. */
export async function duckdbFile(db: Queryable): Promise<string> {
  const views: string[] = [];
  for (const table of TABLES) {
    const columns = (await columnsOf(db, table)).map((column) => {
      if (column.type === 'uuid') return `CAST(${column.name} AS UUID) AS ${column.name}`;
      if (!isEnd(column)) return column.name;
      return `coalesce(${column.name}, CAST('infinity' AS timestamptz)) AS ${column.name}`;
    });
    const files = `read_parquet('${table.name}/*/*.parquet', hive_partitioning = false)`;
    views.push(
      `CREATE OR REPLACE VIEW ${table.name} AS SELECT\n  ${columns.join(',\n  ')}\nFROM ${files};\n`,
    );
  }
  return `${HEADER}\n${views.join('\n')}\n${duckdbMacros()}`;
}
