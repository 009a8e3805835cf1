import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maintainPartitions } from '../../../../projector/schemas/partitions.ts';
import { createSystem, projected, type System, silent } from '../system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

const DAY = 86_400_000;
const NOW = Date.parse('2031-06-15T12:00:00Z');
const tend = (now: number) =>
  maintainPartitions({
    pool: system.pool,
    schema: 'read_model',
    retentionDays: 30,
    clock: () => now,
    logger: silent,
  });
const partitions = async (table: string) => {
  const { rows } = await system.pool.query(
    `SELECT child.relname AS name FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
     WHERE inhparent = $1::regclass ORDER BY 1`,
    [table],
  );
  return rows.map((row) => row.name);
};
const partitionOf = async (id: string) =>
  (
    await system.pool.query(
      'SELECT tableoid::regclass::text AS name FROM read_model.subscriptions WHERE subscription_id = $1',
      [id],
    )
  ).rows[0].name;

describe('partitions', () => {
  test('are made ahead, once', async () => {
    await tend(NOW);
    await tend(NOW);
    // Subscriptions may start ten years back and a year ahead.
    const years = Array.from({ length: 13 }, (_, i) => `subscriptions_${2021 + i}`);
    expect(await partitions('read_model.subscriptions')).toEqual([...years, 'subscriptions_default']);
    expect(await partitions('usage.rate_limits')).toHaveLength(9);
  });

  test('a date that has none yet is no error, and gets one with the next round', async () => {
    const projector = await system.project();
    const user = system.author();
    await user.signUp();
    const old = await user.subscribe(
      'pro',
      Date.parse('1999-12-31T23:59:59.999Z'),
      Date.parse('2000-02-01T00:00:00Z'),
    );
    const far = await user.subscribe('pro', Date.parse('2048-01-01T00:00:00.000Z'));
    await projected(
      system,
      await user.append({
        type: 'PasswordChanged',
        data: { userId: user.userId, personal: { passwordHash: 'x' } },
      }),
    );
    await projector.stop();
    await tend(NOW);
    expect(await partitionOf(old)).toBe('read_model.subscriptions_1999');
    expect(await partitionOf(far)).toBe('read_model.subscriptions_2048');
    // They have the same keys and indexes as all others.
    const { rows } = await system.pool.query(
      `SELECT tablename, count(*)::int AS n FROM pg_indexes WHERE schemaname = 'read_model' AND tablename LIKE 'subscriptions_%' GROUP BY 1`,
    );
    expect(new Set(rows.map((row) => row.n)).size).toBe(1);
    const { rows: plan } = await system.pool.query(
      `EXPLAIN SELECT FROM read_model.subscriptions WHERE subscription_id = '${far}' AND start_date = '2048-01-01T00:00:00Z'`,
    );
    expect(plan.filter((row) => row['QUERY PLAN'].includes(' on subscriptions'))).toHaveLength(1);
  });

  test('old days of usage are dropped, those without a partition too', async () => {
    const count = (at: number, user: string) =>
      system.pool.query(`INSERT INTO usage.rate_limits VALUES ($1, $2, 'GET /v1/me', '192.0.2.1', 1)`, [
        new Date(at),
        user,
      ]);
    const user = '00000000-0000-7000-8000-000000000001';
    await count(NOW - 40 * DAY, user);
    await count(NOW - 31 * DAY, user);
    await count(NOW - 30 * DAY, user);
    await count(NOW, user);
    await tend(NOW);
    expect(await partitions('usage.rate_limits')).toContain('rate_limits_20310516');
    expect(await partitions('usage.rate_limits')).not.toContain('rate_limits_20310515');
    await tend(NOW + DAY);
    expect(await partitions('usage.rate_limits')).not.toContain('rate_limits_20310516');
    const { rows } = await system.pool.query('SELECT minute FROM usage.rate_limits');
    expect(rows).toEqual([{ minute: new Date(NOW) }]);
  });
});
