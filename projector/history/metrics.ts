import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { type Definition, parseDefinition } from './definition.ts';

const folder = (name: string) => path.join(import.meta.dirname, name);

const definitionsIn = (name: string): Definition[] =>
  readdirSync(folder(name))
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) =>
      parseDefinition(path.basename(file, '.sql'), readFileSync(path.join(folder(name), file), 'utf8')),
    );

/** The tables as of a time: what the metrics are counted from. */
export const asOf: readonly Definition[] = definitionsIn('as-of');

/** Every metric, so that each comes after those that it asks. */
export const metrics: readonly Definition[] = inOrder(definitionsIn('metrics'));

const all = [...asOf, ...metrics];

function inOrder(definitions: readonly Definition[]): Definition[] {
  const ordered = new Set<Definition>();
  const add = (definition: Definition) => {
    for (const other of definitions) if (other !== definition && asks(definition, other)) add(other);
    ordered.add(definition);
  };
  for (const definition of definitions) add(definition);
  return [...ordered];
}

function asks(definition: Definition, other: Definition): boolean {
  return new RegExp(`\\b${other.name}\\(`).test(definition.sql);
}

/** In what a definition says of its parameters: a month is given as any day of it. */
const POSTGRES_TYPES = { timestamptz: 'timestamptz', date: 'date', month: 'date' } as const;

/** The query with its parameters as `reference` names them: a month as its first day. */
function withParameters(
  { sql, parameters }: Definition,
  reference: (name: string, index: number, type: string) => string,
): string {
  return parameters.reduce((text, { name, type }, index) => {
    const value = reference(name, index, POSTGRES_TYPES[type]);
    const month = `CAST(date_trunc('month', CAST(${value} AS timestamp)) AS date)`;
    return text.replaceAll(new RegExp(`:${name}\\b`, 'g'), () => (type === 'month' ? month : value));
  }, sql);
}

/** What sorts its rows is an answer; the others are what answers are made from. */
const SORTED = /\nORDER BY .*$/;

/** Where workers cost more than they give: they would hand nearly as many rows to one process as they read. */
const ONE_PROCESS: ReadonlySet<string> = new Set(['mrr_movements']);

function settingsOf({ name, sql }: Definition): string {
  if (!SORTED.test(sql)) return '';
  return `SET jit = off ${ONE_PROCESS.has(name) ? 'SET max_parallel_workers_per_gather = 0 ' : ''}`;
}

/**
 * The body is bound to the tables when the function is made, and not looked up by name when it is asked: it goes with a
 * schema that is renamed, and asks for no search path. Being one plain SELECT it is planned as part of whatever asks it. But an
 * answer is planned by itself, and not compiled: that took 2 of the 5.7 s of `mrr_movements` over 4 million rows.
 */
function postgresFunction(schema: string, definition: Definition): string {
  const parameters = definition.parameters.map(({ name, type }) => `${name} ${POSTGRES_TYPES[type]}`);
  const columns = definition.columns.map(({ name, type }) => `${name} ${type}`);
  const returns = definition.rowsOf
    ? `SETOF ${schema}.${definition.rowsOf}`
    : `TABLE (${columns.join(', ')})`;
  const body = withParameters(definition, (_, index) => `$${index + 1}`);
  return `CREATE OR REPLACE FUNCTION ${schema}.${definition.name}(${parameters.join(', ')}) RETURNS ${returns}
LANGUAGE sql STABLE PARALLEL SAFE ${settingsOf(definition)}BEGIN ATOMIC
${body};
END;
COMMENT ON FUNCTION ${schema}.${definition.name} IS '${definition.title.replaceAll("'", "''")}: see docs/metrics.md';`;
}

const dropFunctions = (schema: string) => `
DO $$ DECLARE f regprocedure; BEGIN
  FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = '${schema}'::regnamespace
    AND proname IN (${all.map(({ name }) => `'${name}'`).join(', ')}) ORDER BY oid DESC
  LOOP EXECUTE 'DROP FUNCTION ' || f; END LOOP;
END $$`;

/** PostgreSQL's word for a function that can't be replaced, since its parameters' names or its columns are others. */
const OTHER_SHAPE = '42P13';

/**
 * Makes the functions of the metrics, or replaces them, in the schema that holds the history tables. To be called in a
 * transaction that has the lock of the migrations. Who may use the schema may call them.
 * @throws DatabaseError one has other columns than before, and something of the analysts' own depends on it
 */
export async function installMetrics(client: Queryable, schema: string): Promise<void> {
  const statements = all.map((definition) => postgresFunction(schema, definition)).join('\n');
  const { rows } = await client.query<{ path: string }>("SELECT current_setting('search_path') AS path");
  const setPath = (value: string) => client.query("SELECT set_config('search_path', $1, true)", [value]);
  await setPath(schema);
  await client.query('SAVEPOINT metrics');
  try {
    await client.query(statements);
  } catch (error) {
    if ((error as { code?: string }).code !== OTHER_SHAPE) throw error;
    await client.query('ROLLBACK TO SAVEPOINT metrics');
    await client.query(dropFunctions(schema));
    await client.query(statements);
  }
  await setPath(rows[0]?.path ?? '');
}

/**
 * The same metrics for DuckDB, as table macros over tables or views of the history tables' names and columns (an end that
 * is not known is 'infinity' there too).
 */
export function duckdbMacros(): string {
  return all
    .map((definition) => {
      const names = definition.parameters.map(({ name }) => name).join(', ');
      const body = withParameters(definition, (name, _, type) => `CAST(${name} AS ${type})`);
      return `CREATE OR REPLACE MACRO ${definition.name}(${names}) AS TABLE\n${body};\n`;
    })
    .join('\n');
}
