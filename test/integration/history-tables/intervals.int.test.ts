import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { activated, licenseId, NOW, recorded, signedUp, started, USER } from '../../unit/domain/given.ts';
import { history } from '../../unit/domain/histories.ts';
import { eventsOf, logOf, writeHistoryTables } from './random-log.ts';

const USERS = Number(process.env.HISTORY_USERS ?? 250);
const TABLES = ['subscription_states', 'license_states', 'customers', 'catalogue_terms', 'days'];
const logger = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
  pool = createPool({ connectionString: database.url, applicationName: 'test', max: 2, logger });
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

const rowsOf = async (schema: string, table: string) =>
  (await pool.query(`SELECT t::text AS row FROM ${schema}.${table} t ORDER BY t::text`)).rows.map(
    ({ row }) => row,
  );

describe('the history tables of random histories', () => {
  test('are the same row for row, whichever batches their events come in', async () => {
    const sample = fc.sample(fc.record({ steps: history, erased: fc.boolean() }), {
      numRuns: USERS,
      seed: 12,
    });
    const log = logOf(sample.map(({ steps, erased }, i) => eventsOf(i, steps, erased)));
    await writeHistoryTables(database.url, { fold: 'whole_fold', history: 'whole' }, log, [log.length]);
    await writeHistoryTables(
      database.url,
      { fold: 'parts_fold', history: 'parts' },
      log,
      [1, 40, 7, 3, 300, 2],
    );
    // Rows are kept from one transaction to the next, and now and then forgotten.
    const sizes = [1, 40, 7, 3, 90, 2];
    await writeHistoryTables(database.url, { fold: 'loaded_fold', history: 'loaded' }, log, sizes, {
      batches: 3,
      keptRows: 400,
    });
    for (const table of TABLES) {
      const whole = await rowsOf('whole', table);
      expect(whole.length).toBeGreaterThan(0);
      expect(await rowsOf('parts', table)).toEqual(whole);
      expect(await rowsOf('loaded', table)).toEqual(whole);
    }
    for (const table of ['users', 'subscriptions', 'licenses', 'license_keys', 'activations_by_day'])
      expect(await rowsOf('loaded_fold', table)).toEqual(await rowsOf('whole_fold', table));
  });

  test('say of every license and customer what each event made of it, and nothing of who is erased', async () => {
    const sample = fc.sample(history, { numRuns: USERS, seed: 5 });
    const log = logOf(sample.map((steps, i) => eventsOf(i, steps, i % 2 === 0)));
    await writeHistoryTables(database.url, { fold: 'each_fold', history: 'each' }, log, [9, 1, 70]);
    const erased = log.filter(({ recorded }) => recorded.event.type === 'UserErased');
    const after = new Map<string, string>();
    for (const { recorded, userId } of log) {
      const { event, created } = recorded;
      if (event.type === 'UserErased') continue;
      const states: (readonly [string, string])[] = [];
      if (event.type === 'LicenseActivated') {
        states.push([event.data.licenseId, 'active']);
        if (event.data.replaces !== undefined) states.push([event.data.replaces, 'deactivated']);
      }
      if (event.type === 'LicenseDeactivated') states.push([event.data.licenseId, 'deactivated']);
      if (event.type === 'LicenseRevoked') states.push([event.data.licenseId, 'revoked']);
      if (event.type === 'LicenseReinstated') states.push([event.data.licenseId, 'active']);
      for (const [id, status] of states) after.set(`${id} ${created.toISOString()} ${userId}`, status);
    }
    expect(after.size).toBeGreaterThan(50);
    for (const [key, status] of after) {
      const [id, at] = key.split(' ');
      const { rows } = await pool.query(
        `SELECT status FROM each.license_states WHERE license_id = $1 AND NOT customer_erased
         AND valid_from <= $2 AND $2 < valid_to AND known_from <= $2 AND $2 < known_to`,
        [id, at],
      );
      // At the instant of the erasure its license is erased.
      if (rows.length > 0 || !erased.some(({ recorded }) => recorded.created.toISOString() === at))
        expect(rows).toEqual([{ status }]);
    }
    const { rows: now } = await pool.query(
      `SELECT user_id, customer_erased FROM each.license_states WHERE known_to = 'infinity' AND valid_to = 'infinity'
       UNION SELECT user_id, customer_erased FROM each.subscription_states WHERE known_to = 'infinity' AND valid_to = 'infinity'
       UNION SELECT user_id, status = 'erased' FROM each.customers WHERE known_to = 'infinity' AND valid_to = 'infinity'`,
    );
    const ids = new Set(erased.map(({ userId }) => userId));
    expect(now.filter(({ user_id, customer_erased }) => ids.has(user_id) !== customer_erased)).toEqual([]);
    const { rows: told } = await pool.query(
      `SELECT user_id FROM each.license_states WHERE client_id IS NOT NULL
       UNION SELECT user_id FROM each.subscription_states WHERE external_id IS NOT NULL`,
    );
    expect(told.length).toBeGreaterThan(0);
    expect(told.filter(({ user_id }) => ids.has(user_id))).toEqual([]);
  });

  test('have one row of a license that was replaced at the instant of its activation, whichever batches say so', async () => {
    const replacing = activated(2);
    const happened = [
      signedUp,
      started(),
      activated(1),
      { ...replacing, data: { ...replacing.data, replaces: licenseId(1) } } as NewUserEvent,
    ];
    // All of them at one instant.
    const log = logOf([
      happened.map((event, revision) => ({
        recorded: recorded(event, revision),
        userId: USER,
        personal: { email: null, name: null, clientName: null },
        loggedAt: new Date(NOW),
      })),
    ]);
    const loading = { batches: 1, keptRows: 1 };
    for (const [sizes, load] of [[[4]], [[1]], [[3, 1]], [[3, 1], loading]] as const) {
      await writeHistoryTables(database.url, { fold: 'instant_fold', history: 'instant' }, log, sizes, load);
      const { rows } = await pool.query(
        'SELECT license_id AS id, status, isfinite(known_to) AS over FROM instant.license_states ORDER BY id',
      );
      expect(rows).toEqual([
        { id: licenseId(1), status: 'deactivated', over: false },
        { id: licenseId(2), status: 'active', over: false },
      ]);
    }
  });
});
