import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { RebuildRefused } from '../errors.ts';
import type { SchemaNames } from './rebuildable.ts';

/** The live schemas ($1), each with the one that takes its place ($2). */
const SCHEMAS = `
  schemas AS (
    SELECT n.oid, next.oid AS next FROM unnest($1::text[], $2::text[]) AS named (live, next)
    JOIN pg_namespace n ON n.nspname = named.live LEFT JOIN pg_namespace next ON next.nspname = named.next
  )`;

/** Relations and functions of the live schemas. */
const LIVE = `
  live AS (SELECT c.oid, c.reltype, c.relkind FROM pg_class c JOIN schemas ON schemas.oid = c.relnamespace),
  functions AS (
    SELECT p.oid, EXISTS (SELECT FROM pg_proc q WHERE q.pronamespace = schemas.next AND q.proname = p.proname) AS replaced
    FROM pg_proc p JOIN schemas ON schemas.oid = p.pronamespace
  )`;

/**
 * What others have hung on the tables and functions: views and foreign keys from anywhere, functions that ask a table or
 * name its type, triggers, policies. The parts of the tables themselves (their indexes, defaults, constraints) are not among
 * it, nor are the functions that the next schemas have too.
 */
const HUNG_ON = `
  WITH ${SCHEMAS}, ${LIVE},
  hung AS (
    SELECT d.classid, d.objid, coalesce(rule.ev_class, con.conrelid, def.adrelid, rel.oid) AS relation
    FROM pg_depend d
    LEFT JOIN pg_rewrite rule ON d.classid = 'pg_rewrite'::regclass AND rule.oid = d.objid
    LEFT JOIN pg_constraint con ON d.classid = 'pg_constraint'::regclass AND con.oid = d.objid
    LEFT JOIN pg_attrdef def ON d.classid = 'pg_attrdef'::regclass AND def.oid = d.objid
    LEFT JOIN pg_class rel ON d.classid = 'pg_class'::regclass AND rel.oid = d.objid
    WHERE d.deptype IN ('n', 'a') AND d.classid NOT IN ('pg_type'::regclass, 'pg_trigger'::regclass)
      AND ((d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM live))
        OR (d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT reltype FROM live WHERE reltype <> 0))
        OR (d.refclassid = 'pg_proc'::regclass AND d.refobjid IN (SELECT oid FROM functions)))
    UNION ALL
    SELECT 'pg_trigger'::regclass, t.oid, NULL FROM pg_trigger t WHERE t.tgrelid IN (SELECT oid FROM live) AND NOT t.tgisinternal
  )
  SELECT DISTINCT CASE WHEN hung.classid = 'pg_rewrite'::regclass THEN pg_describe_object('pg_class'::regclass, relation, 0)
    ELSE pg_describe_object(hung.classid, hung.objid, 0) END AS name
  FROM hung LEFT JOIN live ON live.oid = hung.relation
  WHERE (live.oid IS NULL OR live.relkind IN ('v', 'm'))
    AND NOT EXISTS (
      SELECT FROM functions f WHERE hung.classid = 'pg_proc'::regclass AND f.oid = hung.objid AND f.replaced)`;

/** Tables, views and functions that stand in the schemas, and that the migrations have not made. */
const PUT_INTO = `
  WITH ${SCHEMAS}, ${LIVE}
  SELECT pg_describe_object('pg_class'::regclass, c.oid, 0) AS name
  FROM pg_class c JOIN schemas ON schemas.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_class n WHERE n.relnamespace = schemas.next AND n.relname = c.relname)
  UNION ALL
  SELECT pg_describe_object('pg_proc'::regclass, oid, 0) FROM functions WHERE NOT replaced`;

/** What a switch would drop with the live schemas, by PostgreSQL's names for it; in order. */
export async function dependents(
  db: Queryable,
  schemas: readonly Pick<SchemaNames, 'live' | 'next'>[],
): Promise<string[]> {
  const names = [schemas.map(({ live }) => live), schemas.map(({ next }) => next)];
  const hung = await db.query<{ name: string }>(HUNG_ON, names);
  const put = await db.query<{ name: string }>(PUT_INTO, names);
  return [...new Set([...hung.rows, ...put.rows].map(({ name }) => name))].sort();
}

/** @throws RebuildRefused naming what would be lost */
export async function refuseToDrop(db: Queryable, schemas: readonly SchemaNames[]): Promise<void> {
  const names = await dependents(db, schemas);
  if (names.length === 0) return;
  throw new RebuildRefused(
    'rebuild_dependents',
    `these were not made by this system, and would be dropped with the tables that they stand on:\n${names
      .map((name) => `  ${name}`)
      .join(
        '\n',
      )}\nKeep their definitions (pg_dump --schema-only), run the same with --drop-dependents, and make them again`,
  );
}
