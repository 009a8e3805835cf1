import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { history } from '../projector/history.ts';
import { tool } from '../projector/system.ts';
import { createHistorySystem, type HistorySystem } from './system.ts';

let system: HistorySystem;
beforeAll(async () => {
  system = await createHistorySystem();
  await system.project();
  await history(system, 10);
  await system.follow();
  await system.reached();
});
afterAll(() => system?.[Symbol.asyncDispose]());

const rebuild = (...options: string[]) => tool(system, 'history-tables', 'rebuild', ...options);
const sql = async (text: string) => (await system.historyPool.query(text)).rows;
const generation = async () => (await sql('SELECT generation FROM history_fold.checkpoints'))[0]?.generation;

describe('cli history-tables rebuild', () => {
  test('gives the same rows under writes, keeps grants and machines in use, and the follower goes on', async () => {
    await sql(`DO $$ BEGIN CREATE ROLE analyst_role; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
    await sql(`GRANT USAGE ON SCHEMA history TO analyst_role; GRANT SELECT ON history.customers TO analyst_role;
      INSERT INTO history.machines_by_day VALUES ('2020-02-01', 'app', 17)`);
    const writing = { on: true };
    const writer = (async () => {
      while (writing.on) await history(system, 1);
    })();
    const result = await rebuild('--keep-old');
    writing.on = false;
    await writer;
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).toMatch(/^subscription_states\t[1-9]\d*\t\d+\tyes$/m);
    expect(result.stdout).toMatch(/^days\t[1-9]\d*\t\d+\tyes$/m);
    expect(await generation()).toBe(1);
    expect(
      await sql(`SELECT has_schema_privilege('analyst_role', 'history', 'usage')
        AND has_table_privilege('analyst_role', 'history.customers', 'select') AS kept`),
    ).toEqual([{ kept: true }]);
    expect(await sql("SELECT machines FROM history.machines_by_day WHERE day = '2020-02-01'")).toEqual([
      { machines: '17' },
    ]);
    const indexes = await sql(
      `SELECT schemaname, count(*)::int AS n FROM pg_indexes WHERE schemaname IN ('history', 'history_old') GROUP BY 1`,
    );
    expect(indexes).toHaveLength(2);
    expect(new Set(indexes.map(({ n }) => n)).size).toBe(1);

    await history(system, 1);
    await system.reached();
    // The metrics ask the tables that are live now.
    const now = 'now(), now()';
    expect(await sql(`SELECT count(*) FROM history.customers_as_of(${now})`)).toEqual(
      await sql(
        "SELECT count(*) FROM history.customers WHERE valid_to = 'infinity' AND known_to = 'infinity'",
      ),
    );
    expect(await rebuild('--compare-only')).toMatchObject({ code: 0 });
  });

  test('--compare-only finds a row that is not what the log gives, and nothing is switched for it', async () => {
    await system.reached();
    const before = await generation();
    await sql("UPDATE history.license_states SET client_id = client_id || '!' WHERE client_id = 'b'");
    expect(await rebuild('--compare-only')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/^license_states\t\d+\t\d+\tno$/m),
    });
    expect(await rebuild()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--accept-differences'),
    });
    expect(await generation()).toBe(before);
    expect(await rebuild('--accept-differences')).toMatchObject({ code: 0 });
    expect(await sql("SELECT FROM history.license_states WHERE client_id LIKE '%!'")).toEqual([]);
  });

  test('what analysts have hung on tables and metrics is never dropped in silence', async () => {
    await sql(`CREATE SCHEMA analysts;
      CREATE VIEW analysts.of_a_table AS SELECT user_id FROM history.customers;
      CREATE VIEW analysts.of_a_metric AS SELECT count(*) FROM history.customers_as_of(now(), now());
      CREATE FUNCTION analysts.rows_of() RETURNS SETOF history.customers LANGUAGE sql AS 'SELECT * FROM history.customers';
      CREATE FUNCTION history.own() RETURNS int LANGUAGE sql AS 'SELECT 1'`);
    const before = await generation();
    const { code, stderr } = await rebuild();
    expect(code).toBe(1);
    const named = stderr.split('\n').flatMap((line) => /^ {2}(\S.*)$/.exec(line)?.[1] ?? []);
    expect(named).toEqual([
      'function analysts.rows_of()',
      'function history.own()',
      'view analysts.of_a_metric',
      'view analysts.of_a_table',
    ]);
    expect(await generation()).toBe(before);
    expect(await rebuild('--drop-dependents')).toMatchObject({ code: 0 });
    expect(await generation()).toBe(before + 1);
  });
});
