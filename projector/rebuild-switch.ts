import {
  inTransaction,
  type Pool,
  type PoolClient,
  type Queryable,
} from '../shared/adapters/postgres/pool.ts';
import { comparePositions, formatPosition } from '../shared/events/position.ts';
import { DIRECT_FEED } from '../shared/read-model/load-views.ts';
import { type Checkpoint, loadCheckpoint } from './checkpoint.ts';
import { RebuildRefused } from './errors.ts';

export interface SwitchOptions {
  /** With the default search path. */
  readonly pool: Pool;
  readonly live: string;
  readonly next: string;
  /** The name that the live schema gets. */
  readonly old: string;
  /** Switches also where that goes back, or where there is nothing to go on from. */
  readonly force: boolean;
  /** Brings the next schema to the checkpoint at which the live one has been stopped. */
  readonly catchUp: (live: Checkpoint) => Promise<Checkpoint>;
}

const ATTEMPTS = 40;
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Puts the rebuilt schema in the live one's place, in one transaction: the projector waits at its checkpoint while the
 * last events are applied; readers wait for as long as the renaming takes. A lock that isn't had within 250 ms is
 * given up and tried for again, because everybody else queues behind whoever waits for it (and below the second after
 * which PostgreSQL looks for deadlocks).
 * @throws RebuildRefused it would go backwards
 */
export async function switchSchemas(options: SwitchOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await inTransaction(options.pool, (client) => switchOnce(client, options));
    } catch (error) {
      const locked = error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE;
      if (!locked || attempt === ATTEMPTS) throw error;
    }
  }
}

async function switchOnce(client: PoolClient, options: SwitchOptions): Promise<void> {
  const { live, next, old, force } = options;
  await client.query("SET LOCAL lock_timeout = '250ms'");
  // Minutes, for the case that many events are to be applied while the live projector waits.
  await client.query("SET LOCAL statement_timeout = '5min'");
  if (await hasCheckpoints(client, live)) {
    await client.query(`LOCK TABLE ${live}.checkpoints IN EXCLUSIVE MODE`);
    const before = await loadCheckpoint(client, live);
    const after = force ? await loadCheckpoint(client, next) : await options.catchUp(before);
    if (!force) {
      refuseToGoBack(before, after);
      if (await parksWhatWasLetGo(client, live, next)) throw skippedMeanwhile();
    }
    await carryOver(client, options, before, after);
  }
  if (await exists(client, live)) {
    await lockTables(client, [live, next]);
    await copyGrants(client, live, next);
    await client.query(`ALTER SCHEMA ${live} RENAME TO ${old}`);
  }
  await client.query(`ALTER SCHEMA ${next} RENAME TO ${live}`);
}

function refuseToGoBack(live: Checkpoint, next: Checkpoint): void {
  if (!live.last) return;
  if (next.last && comparePositions(next.last.position, live.last.position) >= 0) return;
  const positions = `${formatPosition(next.position)} is behind ${formatPosition(live.position)}`;
  throw new RebuildRefused('rebuild_behind', `the rebuilt read models would go back: ${positions}`);
}

/** Whether an event is parked in the one schema that an operator let go in the live one. */
export async function parksWhatWasLetGo(db: Queryable, live: string, next: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM ${next}.parked_events JOIN ${live}.skipped_events USING (event_id) LIMIT 1`,
  );
  return rowCount === 1;
}

const skippedMeanwhile = () =>
  new RebuildRefused(
    'rebuild_behind',
    'the rebuilt read models would park again what was let go meanwhile; run the same once more',
  );

/** What the rebuilt schema takes from the live one: its place in the count of builds, and marks on parked events. */
async function carryOver(
  client: PoolClient,
  { live, next }: SwitchOptions,
  before: Checkpoint,
  after: Checkpoint,
): Promise<void> {
  await client.query(`UPDATE ${next}.checkpoints SET generation = $2 WHERE name = $1`, [
    DIRECT_FEED,
    before.generation + 1,
  ]);
  // Behind the same event, the live one may know that nothing else of ours stands until further on.
  if (before.last && before.last.id === after.last?.id) {
    await client.query(
      `UPDATE ${next}.checkpoints n SET position_commit = l.position_commit, position_prepare = l.position_prepare
       FROM ${live}.checkpoints l WHERE n.name = $1 AND l.name = $1`,
      [DIRECT_FEED],
    );
  }
  await client.query(
    `UPDATE ${next}.parked_events n SET mark = l.mark FROM ${live}.parked_events l WHERE l.event_id = n.event_id`,
  );
}

async function lockTables(client: PoolClient, schemas: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    [schemas],
  );
  for (const { name } of rows) await client.query(`LOCK TABLE ${name} IN ACCESS EXCLUSIVE MODE`);
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
       AND to_regclass(format('%I.%I', $2::text, c.relname)) IS NOT NULL`,
    [from, to],
  );
  for (const { statement } of rows) await client.query(statement);
}

const GRANTEE = `CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END`;

export async function exists(db: Queryable, schema: string): Promise<boolean> {
  const { rows } = await db.query('SELECT to_regnamespace($1) IS NOT NULL AS there', [schema]);
  return rows[0].there;
}

export async function hasCheckpoints(db: Queryable, schema: string): Promise<boolean> {
  const { rows } = await db.query('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.checkpoints`]);
  return rows[0].there;
}
