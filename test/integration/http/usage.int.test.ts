import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { ANONYMOUS, UsageCounter } from '../../../shared/usage/usage-counter.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { startPostgres } from '../../support/servers/servers.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const MINUTE = 60_000;
const now = Math.floor(Date.UTC(2030, 0, 31) / MINUTE) * MINUTE;

const poolOf = (connectionString: string): Pool =>
  createPool({ connectionString, applicationName: 'test', max: 2, logger, connectionTimeoutMs: 500 });

function counter(pool: Pool, maxRows?: number, clock: () => number = () => now) {
  const registry = new Registry();
  const usage = new UsageCounter({ pool, clock, logger, registry, ...(maxRows && { maxRows }) });
  const dropped = async () =>
    (await registry.getSingleMetric('usage_dropped_total')?.get())?.values[0]?.value;
  return { usage, dropped };
}

const rows = async (pool: Pool): Promise<string[]> => {
  const result = await pool.query<{ row: string }>(
    `SELECT concat_ws(' ', extract(epoch FROM minute)::bigint * 1000 - $1::bigint, user_id, endpoint, CASE WHEN family(address) = 4 THEN host(address) ELSE address::text END, count) AS row
     FROM usage.rate_limits ORDER BY 1`,
    [now],
  );
  return result.rows.map(({ row }) => row);
};

it('adds up by user, endpoint, minute and address, over two nodes', async () => {
  await using database = await createDatabase();
  const pool = poolOf(database.url);
  await migrateAll({ database: pool, vault: pool });
  const user = randomUUID();
  let time = now;
  const { usage } = counter(pool, undefined, () => time);
  const { usage: other } = counter(pool);
  for (let i = 0; i < 3; i += 1) usage.count(user, 'GET /v1/me', '198.51.100.1');
  usage.count(user, 'GET /v1/me', '2001:db8::1');
  usage.count(user, 'GET /v1/me', '2001:0db8::ffff:0001');
  usage.count(ANONYMOUS, 'POST /v1/login', '198.51.100.1');
  time += MINUTE;
  usage.count(user, 'GET /v1/me', '198.51.100.1');
  other.count(user, 'GET /v1/me', '198.51.100.1');
  await Promise.all([usage.stop(), other.stop()]);
  expect(await rows(pool)).toEqual(
    [
      `0 ${ANONYMOUS} POST /v1/login 198.51.100.1 1`,
      `0 ${user} GET /v1/me 198.51.100.1 4`,
      // One host may have all of the /64.
      `0 ${user} GET /v1/me 2001:db8::/64 2`,
      `60000 ${user} GET /v1/me 198.51.100.1 1`,
    ].sort(),
  );
  await pool.end();
});

it('brings back no row of a user who was erased', async () => {
  await using database = await createDatabase();
  const pool = poolOf(database.url);
  await migrateAll({ database: pool, vault: pool });
  const [erased, other] = [randomUUID(), randomUUID()];
  await pool.query(
    `INSERT INTO read_model.users (user_id, status, credentials_revision, ended_token_ids, revision, position_commit,
       position_prepare, created_at, updated_at) VALUES ($1, 'erased', 0, '{}', 1, 1, 1, now(), now())`,
    [erased],
  );
  const { usage } = counter(pool);
  usage.count(erased, 'x', '198.51.100.1');
  usage.count(other, 'x', '198.51.100.1');
  await usage.stop();
  expect(await rows(pool)).toEqual([`0 ${other} x 198.51.100.1 1`]);
  await pool.end();
});

it('keeps counts while PostgreSQL is unreachable, up to its bound, and writes them when it is back', async () => {
  await using server = await startPostgres();
  await using database = await createDatabase(server.url);
  const pool = poolOf(database.url);
  await migrateAll({ database: pool, vault: pool });
  const { usage, dropped } = counter(pool, 2);
  await server.kill();
  for (let i = 0; i < 5; i += 1) {
    usage.count(ANONYMOUS, 'a', '198.51.100.1');
    usage.count(ANONYMOUS, 'b', '198.51.100.1');
    usage.count(ANONYMOUS, 'c', '198.51.100.1');
    await usage.flush();
  }
  expect(await dropped()).toBe(5);
  await server.start();
  await usage.stop();
  expect(await rows(pool)).toEqual([`0 ${ANONYMOUS} a 198.51.100.1 5`, `0 ${ANONYMOUS} b 198.51.100.1 5`]);
  await pool.end();
});

it('gives up a batch that PostgreSQL refuses, and goes on', async () => {
  await using database = await createDatabase();
  const pool = poolOf(database.url);
  await migrateAll({ database: pool, vault: pool });
  const { usage, dropped } = counter(pool);
  usage.count('no uuid', 'a', '198.51.100.1');
  await usage.flush();
  expect(await dropped()).toBe(1);
  usage.count(ANONYMOUS, 'a', '198.51.100.1');
  await usage.stop();
  expect(await rows(pool)).toHaveLength(1);
  await pool.end();
});
