import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { loadPair, readBelieved } from '../../../support/views.ts';
import { newId } from '../author.ts';
import { history } from '../history.ts';
import { allRows, createSystem, projected, type System, tool } from '../system.ts';

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const generation = async () =>
  (await system.pool.query('SELECT generation FROM read_model.checkpoints')).rows[0].generation;

describe('a rebuild', () => {
  test('gives the same rows as the live projector, under writes, and the services notice nothing', async () => {
    await system.project();
    await history(system, 20);
    await system.pool.query(
      `DO $$ BEGIN CREATE ROLE analyst_role; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    await system.pool.query(
      `GRANT USAGE ON SCHEMA read_model TO analyst_role; GRANT SELECT ON read_model.users TO analyst_role;
       GRANT SELECT (plan_type, status) ON read_model.subscriptions TO analyst_role`,
    );
    const writing = { on: true };
    const reads: unknown[] = [];
    const writer = (async () => {
      while (writing.on) await history(system, 1);
    })();
    const reader = (async () => {
      while (writing.on) reads.push((await loadPair(system.pool, newId(), newId())).license.license);
    })();
    const result = await tool(system, 'rebuild');
    writing.on = false;
    await Promise.all([writer, reader]);
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).toMatch(/^users\t\d+\t\d+\tyes$/m);
    expect(await generation()).toBe(1);
    expect(new Set(reads)).toEqual(new Set([null]));

    // The live projector goes on in the new tables.
    await history(system, 3);
    const live = await allRows(system);
    expect(live.users?.length).toBeGreaterThan(40);
    const again = await tool(system, 'rebuild', '--keep-old');
    expect(again).toMatchObject({ code: 0 });
    expect(await allRows(system)).toEqual(await allRows(system, 'read_model_old'));
    const { rows } = await system.pool.query(
      `SELECT has_schema_privilege('analyst_role', 'read_model', 'usage') AND has_table_privilege('analyst_role', 'read_model.users', 'select')
         AND has_column_privilege('analyst_role', 'read_model.subscriptions', 'plan_type', 'select')
         AND NOT has_column_privilege('analyst_role', 'read_model.subscriptions', 'end_date', 'select') AS kept`,
    );
    expect(rows).toEqual([{ kept: true }]);
    const { rows: indexes } = await system.pool.query(
      `SELECT schemaname, count(*)::int AS n FROM pg_indexes WHERE schemaname LIKE 'read_model%' AND tablename !~ '_\\d{4}$' GROUP BY 1`,
    );
    expect(new Set(indexes.map((row) => row.n)).size).toBe(1);
  });

  test('--compare-only finds a row that is not what the log gives, and changes nothing', async () => {
    await system.project();
    await history(system, 4);
    expect(await tool(system, 'rebuild', '--compare-only')).toMatchObject({ code: 0 });
    await system.pool.query(
      `UPDATE read_model.licenses SET client_id = 'tampered' WHERE client_id = 'b' AND license_id = (SELECT min(license_id::text)::uuid FROM read_model.licenses WHERE client_id = 'b')`,
    );
    const result = await tool(system, 'rebuild', '--compare-only');
    expect(result).toMatchObject({ code: 1, stdout: expect.stringMatching(/^licenses\t\d+\t\d+\tno$/m) });
    expect(result.stdout).toMatch(/^users\t\d+\t\d+\tyes$/m);
    expect(await generation()).toBe(0);
    expect(
      (await system.pool.query(`SELECT to_regnamespace('read_model_next') AS there`)).rows[0].there,
    ).toBeNull();
  });

  test('with differences switches only if it is told to, and no node believes what was cached', async () => {
    await system.project();
    await history(system, 2);
    const user = system.author();
    await user.signUp();
    const licenseId = await user.activate('laptop');
    await eventually(
      'projected',
      async () => (await loadPair(system.pool, licenseId, user.userId)).license.license !== null,
    );
    await system.pool.query(`UPDATE read_model.licenses SET status = 'revoked' WHERE license_id = $1`, [
      licenseId,
    ]);
    await eventually('cached', async () => (await system.redis.exists(`license:${licenseId}`)) === 1);
    await system.redis.hset(
      `license:${licenseId}`,
      'j',
      (await system.redis.hget(`license:${licenseId}`, 'j'))?.replace('active', 'revoked') ?? '',
    );

    expect(await tool(system, 'rebuild')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--accept-differences'),
    });
    expect((await loadPair(system.pool, licenseId, user.userId)).license.license?.status).toBe('revoked');
    // What was built is still there: it goes on from that.
    const result = await tool(system, 'rebuild', '--accept-differences');
    expect(result).toMatchObject({ code: 0 });
    expect((await loadPair(system.pool, licenseId, user.userId)).license.license?.status).toBe('active');
    await eventually('the cached view is believed no longer', async () => {
      const { license } = await readBelieved(system.redis, licenseId, user.userId);
      return license?.license?.status !== 'revoked';
    });
  });

  test('makes read models where there are none, and passes over what an operator let go', async () => {
    const projector = await system.project();
    const position = await history(system, 10);
    const { rows } = await system.pool.query(
      `SELECT event_id FROM read_model.parked_events WHERE mark = 'parked'`,
    );
    expect(rows).toHaveLength(1);
    await tool(system, 'parked', 'skip', rows[0].event_id);
    await eventually(
      'settled',
      async () => (await system.pool.query('SELECT FROM read_model.parked_events')).rowCount === 0,
    );
    expect(await tool(system, 'rebuild')).toMatchObject({ code: 0 });
    expect((await system.pool.query('SELECT FROM read_model.skipped_events')).rowCount).toBe(1);
    expect((await system.pool.query('SELECT FROM read_model.parked_events')).rowCount).toBe(0);

    await projector.stop();
    const before = await allRows(system);
    await system.pool.query('DROP SCHEMA read_model CASCADE');
    expect(await tool(system, 'rebuild')).toMatchObject({ code: 0 });
    const after = await allRows(system);
    expect(after.licenses).toEqual(before.licenses);
    await projected(system, position);
    // Without the record of what was skipped it is parked again.
    expect((await system.pool.query('SELECT FROM read_model.parked_events')).rowCount).toBe(1);
  });
});
