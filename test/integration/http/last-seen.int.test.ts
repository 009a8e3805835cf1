import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { LastSeen, type SeenClient } from '../../../shared/usage/last-seen.ts';
import { createDatabase } from '../../support/servers/databases.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const DAY_MS = 86_400_000;

async function openDatabase() {
  const database = await createDatabase();
  const pool = createPool({ connectionString: database.url, applicationName: 'test', max: 2, logger });
  await migrateAll({ database: pool, vault: pool });
  return {
    pool,
    async [Symbol.asyncDispose]() {
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

const client = (appVersion?: string): SeenClient & { appVersion: string | undefined } => ({
  licenseId: randomUUID(),
  userId: randomUUID(),
  appVersion,
  seenOn: 0,
});

/** The row, with what changes whenever it is written or locked. */
const rowOf = async (pool: Pool, { licenseId }: SeenClient) => {
  const { rows } = await pool.query<{ day: string; app_version: string | null; written: string }>(
    `SELECT day::text, app_version, concat_ws(' ', xmin, xmax) AS written FROM usage.last_seen WHERE license_id = $1`,
    [licenseId],
  );
  return rows[0];
};

it('keeps the day and the version of each client, over nodes and days', async () => {
  await using database = await openDatabase();
  const { pool } = database;
  const time = { now: Date.UTC(2030, 1, 28, 23, 59, 59) };
  const node = () => new LastSeen({ pool, clock: () => time.now, logger });
  const [one, two] = [node(), node()];
  const [named, unnamed] = [client('1.0'), client()];
  for (const each of [named, unnamed]) one.see(each);
  await one.stop();
  expect(await rowOf(pool, named)).toMatchObject({ day: '2030-02-28', app_version: '1.0' });
  expect(await rowOf(pool, unnamed)).toMatchObject({ day: '2030-02-28', app_version: null });
  const { written } = (await rowOf(pool, named)) ?? {};

  // Another node, and this one after it has forgotten the key, on the same day: nothing is written, nor locked.
  for (const again of [two, one]) {
    again.see({ ...named, appVersion: '1.1', seenOn: 0 });
    await again.stop();
  }
  expect(await rowOf(pool, named)).toEqual({ day: '2030-02-28', app_version: '1.0', written });

  time.now += 1_000;
  two.see(named);
  named.appVersion = '2.0';
  two.see(named);
  two.see({ ...unnamed, appVersion: '2.0' });
  await two.stop();
  expect(await rowOf(pool, named)).toMatchObject({ day: '2030-03-01', app_version: '1.0' });
  expect(await rowOf(pool, unnamed)).toMatchObject({ day: '2030-03-01', app_version: '2.0' });

  time.now += DAY_MS;
  one.see({ ...named, appVersion: undefined });
  await one.stop();
  expect(await rowOf(pool, named)).toMatchObject({ day: '2030-03-02', app_version: '1.0' });
});

it('asks PostgreSQL once a day and client, however often it is seen', async () => {
  const statements: unknown[][] = [];
  const pool = {
    query: async (_text: string, values: unknown[]) => void statements.push(values),
  } as unknown as Pool;
  const time = { now: Date.UTC(2030, 0, 1) };
  const lastSeen = new LastSeen({ pool, clock: () => time.now, logger });
  const seen = client();
  for (let hour = 0; hour < 24; hour += 1) {
    for (let n = 0; n < 10; n += 1) lastSeen.see(seen);
    await lastSeen.stop();
    time.now += 3_600_000;
  }
  expect(statements).toEqual([[[seen.licenseId], [seen.userId], ['2030-01-01'], [null]]]);
});

it('brings back no row of a user who was erased', async () => {
  await using database = await openDatabase();
  const { pool } = database;
  const [erased, other] = [client(), client()];
  await pool.query(
    `INSERT INTO read_model.users (user_id, status, credentials_revision, ended_token_ids, revision, position_commit,
       position_prepare, created_at, updated_at) VALUES ($1, 'erased', 0, '{}', 1, 1, 1, now(), now())`,
    [erased.userId],
  );
  const lastSeen = new LastSeen({ pool, clock: Date.now, logger });
  for (const each of [erased, other]) lastSeen.see(each);
  await lastSeen.stop();
  expect(await rowOf(pool, erased)).toBeUndefined();
  expect(await rowOf(pool, other)).toBeDefined();
});

const PRODUCTS = ['app', 'app', 'pdf'] as const;

it('counts the machines of each product and day once, over nodes, repeats and erasing', async () => {
  await using database = await openDatabase();
  const { pool } = database;
  const time = { now: Date.UTC(2030, 0, 1, 23) };
  const nodes = [1, 2].map(() => new LastSeen({ pool, clock: () => time.now, logger }));
  const clients = PRODUCTS.map(() => client());
  await pool.query(
    `INSERT INTO read_model.licenses (license_id, user_id, subscription_id, product, client_id, status, activated_at,
       created_at, updated_at)
     SELECT id, gen_random_uuid(), gen_random_uuid(), product, id::text, 'active', now(), now(), now()
     FROM unnest($1::uuid[], $2::text[]) AS license (id, product)`,
    [clients.map(({ licenseId }) => licenseId), [...PRODUCTS]],
  );
  const seenByAll = async (seen: readonly SeenClient[]) => {
    for (const node of nodes) for (const one of seen) node.see({ ...one, seenOn: 0 });
    await Promise.all(nodes.map((node) => node.stop()));
  };
  const counted = async () =>
    (
      await pool.query<{ day: string; product: string; machines: string }>(
        'SELECT day::text, product, machines FROM usage.machines_by_day ORDER BY day, product',
      )
    ).rows.map(({ day, product, machines }) => `${day} ${product} ${machines}`);

  // At once on both nodes, again by each, and some that no read model knows.
  await seenByAll([...clients, client()]);
  await seenByAll(clients);
  expect(await counted()).toEqual(['2030-01-01 app 2', '2030-01-01 pdf 1']);

  await pool.query('DELETE FROM usage.last_seen WHERE license_id = $1', [clients[0]?.licenseId]);
  time.now += 2 * 3_600_000;
  await seenByAll(clients.slice(1, 2));
  expect(await counted()).toEqual(['2030-01-01 app 2', '2030-01-01 pdf 1', '2030-01-02 app 1']);
});
