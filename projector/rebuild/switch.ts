import {
  inTransaction,
  type Pool,
  type PoolClient,
  type Queryable,
} from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, formatPosition } from '../../shared/event-log/position.ts';
import { RebuildRefused } from '../errors.ts';
import { type Checkpoint, loadCheckpoint } from '../write/checkpoint.ts';
import { refuseToDrop } from './dependents.ts';
import { lockTables } from './lock-tables.ts';
import type { SchemaNames } from './rebuildable.ts';

export interface SwitchOptions {
  /** With the default search path. */
  readonly pool: Pool;
  /** The first has the checkpoint. */
  readonly schemas: readonly [SchemaNames, ...SchemaNames[]];
  /** Switches also where that goes back, or where there is nothing to go on from. */
  readonly force: boolean;
  /** Switches also where others' views would go with the live tables. */
  readonly dropDependents?: boolean;
  /** Brings the next schema to the checkpoint at which the live one has been stopped. Answers its own. */
  readonly catchUp: (live: Checkpoint) => Promise<Checkpoint>;
  /** Takes over what no event gives. */
  readonly takeOver?: (client: PoolClient) => Promise<void> | undefined;
  /** How often it tries to have the tables for itself; default 40, for ten seconds. */
  readonly attempts?: number;
}

/** Only the projector waits after whoever waits for the checkpoints, and would have to in any case. */
const CHECKPOINTS_TIMEOUT = '5s';

/**
 * Puts the rebuilt schemas in the live ones' place, in one transaction: the projector waits at its checkpoint while
 * the last events are applied; readers wait for as long as the renaming takes.
 * @throws RebuildRefused it would go backwards, or drop what others have hung on the tables, or somebody uses the tables for long
 */
export async function switchSchemas(options: SwitchOptions): Promise<void> {
  await inTransaction(options.pool, (client) => switchOnce(client, options));
}

async function switchOnce(client: PoolClient, options: SwitchOptions): Promise<void> {
  const { schemas, force } = options;
  const { live, next } = schemas[0];
  await client.query(`SET LOCAL lock_timeout = '${CHECKPOINTS_TIMEOUT}'`);
  // Minutes, for the case that many events are to be applied while the live projector waits.
  await client.query("SET LOCAL statement_timeout = '5min'");
  if (await hasCheckpoints(client, live)) {
    await client.query(`LOCK TABLE ${live}.checkpoints IN EXCLUSIVE MODE`);
    const before = await loadCheckpoint(client, live);
    if (!force) {
      refuseToGoBack(before, await options.catchUp(before));
      if (await parksWhatWasSkipped(client, live, next)) throw skippedMeanwhile();
    }
    await carryOver(client, options, before);
  }
  const replaced = await existing(client, schemas);
  if (replaced.length > 0) {
    await lockTables(
      client,
      replaced.flatMap((names) => [names.live, names.next]),
      options.attempts,
    );
    if (!options.dropDependents) await refuseToDrop(client, replaced);
    if (replaced.length === schemas.length) await options.takeOver?.(client);
  }
  for (const names of replaced) {
    await copyGrants(client, names.live, names.next);
    await client.query(`ALTER SCHEMA ${names.live} RENAME TO ${names.old}`);
  }
  for (const names of schemas) await client.query(`ALTER SCHEMA ${names.next} RENAME TO ${names.live}`);
}

/** Those whose live schema is there. */
async function existing(db: Queryable, schemas: readonly SchemaNames[]): Promise<SchemaNames[]> {
  const { rows } = await db.query<{ name: string }>(
    'SELECT nspname AS name FROM pg_namespace WHERE nspname = ANY ($1)',
    [schemas.map(({ live }) => live)],
  );
  const there = new Set(rows.map(({ name }) => name));
  return schemas.filter(({ live }) => there.has(live));
}

function refuseToGoBack({ last, position }: Checkpoint, next: Checkpoint): void {
  if (!last) return;
  if (next.last && comparePositions(next.last.position, last.position) >= 0) return;
  const positions = `from ${formatPosition(position)} to ${formatPosition(next.position)}`;
  throw new RebuildRefused('rebuild_behind', `the rebuilt read models would go back: ${positions}`);
}

/** Whether an event is parked in the one schema that an operator skipped in the live one. */
export async function parksWhatWasSkipped(db: Queryable, live: string, next: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM ${next}.parked_events JOIN ${live}.skipped_events USING (event_id) LIMIT 1`,
  );
  return rowCount === 1;
}

const skippedMeanwhile = () =>
  new RebuildRefused(
    'rebuild_behind',
    'the rebuilt read models would park again what was skipped meanwhile; run the same once more',
  );

/** What the rebuilt schema takes from the live one: the next number in the count of builds, and marks on parked events. */
async function carryOver(
  client: PoolClient,
  { schemas: [{ live, next }], force }: SwitchOptions,
  before: Checkpoint,
): Promise<void> {
  await client.query(`UPDATE ${next}.checkpoints SET generation = $1`, [before.build + 1]);
  if (!force) await carryPosition(client, live, next);
  await client.query(
    `UPDATE ${next}.parked_events n SET mark = l.mark FROM ${live}.parked_events l WHERE l.event_id = n.event_id`,
  );
}

/** After the same event, the live one may know that nothing else of ours stands until further on. */
async function carryPosition(client: PoolClient, live: string, next: string): Promise<void> {
  await client.query(
    `UPDATE ${next}.checkpoints n SET position_commit = l.position_commit, position_prepare = l.position_prepare
     FROM ${live}.checkpoints l WHERE l.name = n.name AND l.last_event_id = n.last_event_id`,
  );
}

/** Analysts read these tables with accounts of their own: what they may is kept. */
async function copyGrants(client: PoolClient, from: string, to: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT format('GRANT %s ON SCHEMA %I TO %s', a.privilege_type, $2::text, ${GRANTEE}) AS statement
     FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = $1 AND a.grantee <> n.nspowner
     UNION ALL
     SELECT format('GRANT %s ON %I.%I TO %s', a.privilege_type, $2::text, c.relname, ${GRANTEE})
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.grantee <> c.relowner
       AND to_regclass(format('%I.%I', $2::text, c.relname)) IS NOT NULL
     UNION ALL
     SELECT format('GRANT %s (%I) ON %I.%I TO %s', a.privilege_type, t.attname, $2::text, c.relname, ${GRANTEE})
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped, aclexplode(t.attacl) a
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.grantee <> c.relowner
       AND EXISTS (SELECT FROM pg_attribute x WHERE x.attname = t.attname
         AND x.attrelid = to_regclass(format('%I.%I', $2::text, c.relname)))`,
    [from, to],
  );
  for (const { statement } of rows) await client.query(statement);
}

const GRANTEE = `CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END`;

export async function hasCheckpoints(db: Queryable, schema: string): Promise<boolean> {
  const { rows } = await db.query('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.checkpoints`]);
  return rows[0].there;
}
