import { expect, it } from 'vitest';
import { migrateAll } from '../../../../projector/schemas/migrate.ts';
import { makePartitions, SUBSCRIPTIONS } from '../../../../projector/schemas/partitions.ts';
import { createPool } from '../../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { createDatabase } from '../../../support/servers/databases.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

it('a reader that waits while a row’s partition is made finds the row', async () => {
  await using database = await createDatabase();
  const pool = createPool({ connectionString: database.url, applicationName: 'test', max: 4, logger });
  await migrateAll({ database: pool, vault: pool });
  const startDate = Date.UTC(2027, 4, 1);
  await pool.query(
    `INSERT INTO read_model.subscriptions (subscription_id, user_id, plan_type, terms, suspended, cancelled, start_date,
       end_date, created_at, updated_at)
     VALUES (gen_random_uuid(), gen_random_uuid(), 'pro', '{}', false, false, $1, now(), now(), now())`,
    [new Date(startDate)],
  );
  const waiters = async (count: number) => {
    const { rows } = await pool.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_locks WHERE NOT granted AND database =
         (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    return (rows[0]?.count ?? 0) >= count;
  };
  const holder = await pool.connect();
  await holder.query('BEGIN');
  await holder.query('LOCK TABLE read_model.subscriptions_default IN ACCESS SHARE MODE');
  const made = makePartitions(pool, SUBSCRIPTIONS('read_model'), []);
  await eventually('the partition is waited for', () => waiters(1), 450);
  const read = pool.query('SELECT FROM read_model.subscriptions WHERE start_date = $1', [
    new Date(startDate),
  ]);
  await eventually('the reader waits behind it', () => waiters(2), 450);
  await holder.query('COMMIT');
  holder.release();

  expect(await made).toEqual(['subscriptions_2027']);
  expect((await read).rowCount).toBe(1);
  await pool.end();
});
