import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { RebuildRefused } from '../errors.ts';

/** Relations of a schema. */
const IN_LIVE = `SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1`;

/**
 * What others have hung on the tables: views and foreign keys from anywhere, functions that name a table's type, triggers,
 * policies. The parts of the tables themselves (their indexes, defaults, constraints) are not among it.
 */
const HUNG_ON = `
  WITH live AS (${IN_LIVE}),
  hung AS (
    SELECT d.classid, d.objid, coalesce(rule.ev_class, con.conrelid, def.adrelid, rel.oid) AS relation
    FROM pg_depend d
    LEFT JOIN pg_rewrite rule ON d.classid = 'pg_rewrite'::regclass AND rule.oid = d.objid
    LEFT JOIN pg_constraint con ON d.classid = 'pg_constraint'::regclass AND con.oid = d.objid
    LEFT JOIN pg_attrdef def ON d.classid = 'pg_attrdef'::regclass AND def.oid = d.objid
    LEFT JOIN pg_class rel ON d.classid = 'pg_class'::regclass AND rel.oid = d.objid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid IN (SELECT oid FROM live) AND d.deptype IN ('n', 'a')
      AND d.classid NOT IN ('pg_type'::regclass, 'pg_trigger'::regclass)
    UNION ALL
    SELECT 'pg_trigger'::regclass, t.oid, NULL FROM pg_trigger t WHERE t.tgrelid IN (SELECT oid FROM live) AND NOT t.tgisinternal
  )
  SELECT DISTINCT CASE WHEN classid = 'pg_rewrite'::regclass THEN pg_describe_object('pg_class'::regclass, relation, 0)
    ELSE pg_describe_object(classid, objid, 0) END AS name
  FROM hung LEFT JOIN live ON live.oid = hung.relation
  WHERE live.oid IS NULL OR live.relkind IN ('v', 'm')`;

/** Tables and views that stand in the schema, and that the migrations have not made. */
const PUT_INTO = `
  SELECT pg_describe_object('pg_class'::regclass, c.oid, 0) AS name
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND to_regclass(format('%I.%I', $2::text, c.relname)) IS NULL`;

/**
 * What a switch would drop with the live schema, by PostgreSQL's names for it; in order.
 * @param next the schema that takes its place, with its tables
 */
export async function dependents(db: Queryable, live: string, next: string): Promise<string[]> {
  const hung = await db.query<{ name: string }>(HUNG_ON, [live]);
  const put = await db.query<{ name: string }>(PUT_INTO, [live, next]);
  return [...new Set([...hung.rows, ...put.rows].map(({ name }) => name))].sort();
}

/** @throws RebuildRefused naming what would be lost */
export async function refuseToDrop(db: Queryable, live: string, next: string): Promise<void> {
  const names = await dependents(db, live, next);
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
