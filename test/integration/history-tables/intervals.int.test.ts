import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createDatabase, type TestDatabase } from '../../support/databases.ts';
import { history } from '../../unit/domain/histories.ts';
import { eventsOf, logOf, writeHistoryTables } from './random-log.ts';

const USERS = Number(process.env.HISTORY_USERS ?? 60);
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
    for (const table of TABLES) {
      const whole = await rowsOf('whole', table);
      expect(whole.length).toBeGreaterThan(0);
      expect(await rowsOf('parts', table)).toEqual(whole);
    }
  });
});
