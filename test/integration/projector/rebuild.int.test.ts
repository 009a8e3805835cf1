import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadCheckpoint } from '../../../projector/checkpoint.ts';
import { switchSchemas } from '../../../projector/rebuild-switch.ts';
import { loadPair } from '../../../shared/read-model/load-views.ts';
import { eventually } from '../../support/eventually.ts';
import { type Author, instant, newId, TERMS } from './author.ts';
import { allRows, createSystem, projected, type System, tool } from './system.ts';

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const DAY = 86_400_000;
const generation = async () =>
  (await system.pool.query('SELECT generation FROM read_model.checkpoints')).rows[0].generation;

/** A history with something of everything in it, an erased user and parked events among them. */
async function history(users: number): Promise<string> {
  let position = '';
  for (let i = 0; i < users; i++) {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const subscriptionId = await user.subscribe(i % 2 ? 'pro' : 'free', Date.now() - (i % 40) * 100 * DAY);
    const licenseId = await user.activate('a', `Machine ${i}`);
    await user.activate('b');
    const license = { userId, licenseId, clientId: 'a', personal: {} };
    if (i % 3 === 0) await user.append({ type: 'LicenseDeactivated', data: license });
    if (i % 3 === 1) await user.append({ type: 'LicenseRevoked', data: license });
    if (i % 4 === 0)
      await user.append({ type: 'SubscriptionSuspended', data: { userId, subscriptionId, personal: {} } });
    if (i % 5 === 0) {
      await user.append({
        type: 'LoggedOut',
        data: { userId, tokenId: randomUUID(), expiresAt: instant(Date.now() + DAY) },
      });
    }
    if (i % 7 === 6) await user.erase();
    if (i % 10 === 9) {
      await user.append({
        type: 'SubscriptionPlanChanged',
        data: { userId, subscriptionId: newId(), plan: 'x', terms: TERMS },
      });
    }
    const other: Author = system.author();
    position = await other.signUp();
  }
  await projected(system, position);
  return position;
}

describe('a rebuild', () => {
  test('gives the same rows as the live projector, under writes, and the services notice nothing', async () => {
    await system.project();
    await history(20);
    await system.pool.query(
      `DO $$ BEGIN CREATE ROLE analyst_role; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
    );
    await system.pool.query(
      'GRANT USAGE ON SCHEMA read_model TO analyst_role; GRANT SELECT ON read_model.users TO analyst_role',
    );
    const writing = { on: true };
    const reads: unknown[] = [];
    const writer = (async () => {
      while (writing.on) await history(1);
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
    await history(3);
    const live = await allRows(system);
    expect(live.users?.length).toBeGreaterThan(40);
    const again = await tool(system, 'rebuild', '--keep-old');
    expect(again).toMatchObject({ code: 0 });
    expect(await allRows(system)).toEqual(await allRows(system, 'read_model_old'));
    const { rows } = await system.pool.query(
      `SELECT has_schema_privilege('analyst_role', 'read_model', 'usage') AND has_table_privilege('analyst_role', 'read_model.users', 'select') AS kept`,
    );
    expect(rows).toEqual([{ kept: true }]);
    const { rows: indexes } = await system.pool.query(
      `SELECT schemaname, count(*)::int AS n FROM pg_indexes WHERE schemaname LIKE 'read_model%' AND tablename !~ '_\\d{4}$' GROUP BY 1`,
    );
    expect(new Set(indexes.map((row) => row.n)).size).toBe(1);
  });

  test('--compare-only finds a row that is not what the log gives, and changes nothing', async () => {
    await system.project();
    await history(4);
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

  test('with differences switches only if it is told to, and has the caches renewed', async () => {
    await system.project();
    await history(2);
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
    await eventually('the cached view is renewed', async () =>
      ((await system.redis.hget(`license:${licenseId}`, 'j')) ?? '').includes('"active"'),
    );
  });

  test('makes read models where there are none, and passes over what an operator let go', async () => {
    const projector = await system.project();
    const position = await history(10);
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
    // Without the record of what was let go it is parked again.
    expect((await system.pool.query('SELECT FROM read_model.parked_events')).rowCount).toBe(1);
  });

  test('that was interrupted starts anew where an operator has let go of what it had parked', async () => {
    await system.project();
    await history(10);
    // A difference leaves what was built, with the event parked in it.
    const tamper = (name: string) =>
      system.pool.query(`UPDATE read_model.activations_by_day SET activations = activations ${name} 1`);
    await tamper('+');
    expect(await tool(system, 'rebuild')).toMatchObject({ code: 1 });
    await tamper('-');
    const { rows } = await system.pool.query('SELECT event_id FROM read_model_next.parked_events');
    await tool(system, 'parked', 'skip', rows[0].event_id);
    await eventually(
      'settled',
      async () => (await system.pool.query('SELECT FROM read_model.parked_events')).rowCount === 0,
    );
    expect(await tool(system, 'rebuild')).toMatchObject({ code: 0 });
    expect((await system.pool.query('SELECT FROM read_model.parked_events')).rowCount).toBe(0);
  });

  test('never goes back: what was let go behind the comparison is not parked again', async () => {
    const projector = await system.project();
    await history(10);
    await projector.stop();
    expect(await tool(system, 'rebuild', '--keep-old')).toMatchObject({ code: 0 });
    // As if the skip had been settled in between: the old read models are the live ones, and have let it go.
    await system.pool.query(
      `INSERT INTO read_model_old.skipped_events SELECT event_id, user_id, revision, type, cause, created_at
       FROM read_model_old.parked_events`,
    );
    const switching = switchSchemas({
      pool: system.pool,
      live: 'read_model_old',
      next: 'read_model',
      old: 'read_model_older',
      force: false,
      catchUp: () => loadCheckpoint(system.pool, 'read_model'),
    });
    await expect(switching).rejects.toMatchObject({ code: 'rebuild_behind' });
  });

  test('never goes back: a live checkpoint that the log does not reach is refused', async () => {
    const projector = await system.project();
    await history(2);
    await projector.stop();
    await system.pool.query(
      'UPDATE read_model.checkpoints SET last_event_id = $1, last_event_commit = 900000, last_event_prepare = 900000',
      [randomUUID()],
    );
    expect(await tool(system, 'rebuild')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--force'),
    });
    expect(await generation()).toBe(0);
  });

  test('refuses what does not go together', async () => {
    expect(await tool(system, 'rebuild', '--compare-only', '--force')).toMatchObject({ code: 2 });
    expect(await tool(system, 'rebuild', '--nonsense')).toMatchObject({ code: 2 });
  });
});
