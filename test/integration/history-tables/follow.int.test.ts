import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startPostgres, type TestServer } from '../../support/servers/servers.ts';
import { history } from '../projector/history.ts';
import { readiness, tool } from '../projector/system.ts';
import { createHistorySystem, type HistorySystem } from './system.ts';

let postgres: TestServer;
let system: HistorySystem;
let follower: Awaited<ReturnType<HistorySystem['follow']>>;
beforeAll(async () => {
  // The history tables' own, which is stopped.
  postgres = await startPostgres();
  system = await createHistorySystem(postgres.url);
  await system.project();
  await history(system, 10);
  follower = await system.follow();
});
afterAll(async () => {
  await system?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

const counts = () =>
  system.first<{ users: number; parked: number; skipped: number }>(
    `SELECT (SELECT count(*)::int FROM history_fold.users) AS users,
       (SELECT count(*)::int FROM history_fold.parked_events) AS parked,
       (SELECT count(*)::int FROM history_fold.skipped_events) AS skipped`,
  );
const metrics = async () => (await fetch(`${follower.url}/metrics`)).text();
const ready = (node = follower) => eventually('ready', async () => (await readiness(node)).status === 200);

describe('cli history-tables follow', () => {
  test('makes the tables where there are none, and follows the log', async () => {
    await system.reached();
    await ready();
    const before = await counts();
    const user = system.author();
    await user.signUp();
    await user.subscribe();
    await system.reached();
    expect(await counts()).toEqual({ ...before, users: (before?.users ?? 0) + 1 });
    const shown = await metrics();
    expect(shown).toContain('history_state{state="following",service="history-tables"} 1\n');
    expect(shown).toMatch(/^history_lag_seconds\{.*\} \d/m);
    // Machines in use and everything else that customers wait for stand in the other database.
    expect((await system.pool.query("SELECT to_regnamespace('history') AS there")).rows).toEqual([
      { there: null },
    ]);
  });

  test('another follower stands by, and an update says that somebody is at work', async () => {
    const other = await system.follow();
    await eventually('standby', async () =>
      (await (await fetch(`${other.url}/metrics`)).text()).includes(
        'history_state{state="standby",service="history-tables"} 1',
      ),
    );
    await ready(other);
    await other.stop();
    expect(await tool(system, 'history-tables', 'update')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('another process writes the history tables'),
    });
  });

  test('what an operator skips or retries in the live read models is skipped and retried here', async () => {
    await system.reached();
    expect(await counts()).toMatchObject({ parked: 1, skipped: 0 });
    expect(await metrics()).toMatch(/^history_parked_users\{.*\} 1$/m);
    const { rows } = await system.pool.query('SELECT event_id FROM read_model.parked_events');
    await tool(system, 'parked', 'skip', rows[0].event_id);
    await eventually('skipped here too', async () => (await counts())?.parked === 0);
    expect(await counts()).toMatchObject({ parked: 0, skipped: 1 });

    // An event that only these tables refused, and that they take now: it is tried again.
    await system.historyPool.query(
      'ALTER TABLE history_fold.licenses ADD CONSTRAINT refused CHECK (product <> $$refused$$)',
    );
    const user = system.author();
    await user.signUp();
    await user.append({
      type: 'LicenseActivated',
      data: {
        product: 'refused',
        userId: user.userId,
        licenseId: crypto.randomUUID(),
        subscriptionId: crypto.randomUUID(),
        clientId: 'a',
        personal: {},
      },
    });
    await eventually('parked here alone', async () => (await counts())?.parked === 1);
    await system.historyPool.query('ALTER TABLE history_fold.licenses DROP CONSTRAINT refused');
    // The first try may have come before, and the next comes a minute later, or with the next start.
    await follower.stop();
    follower = await system.follow();
    await eventually('settled', async () => (await counts())?.parked === 0);
    expect(await counts()).toMatchObject({ skipped: 1 });
  });

  test('waits while PostgreSQL is unreachable, read-only or full, and goes on', async () => {
    const grow = async () => {
      const user = system.author();
      await user.signUp();
      await user.subscribe();
    };
    const waiting = () =>
      eventually('not ready', async () => (await readiness(follower)).status === 503, 30_000);
    await ready();
    await postgres.stop();
    await grow();
    await waiting();
    await postgres.start();
    await system.reached(30_000);
    await ready();

    const { database } =
      (await system.first<{ database: string }>('SELECT current_database() AS database')) ?? {};
    const readOnly = (value: string) =>
      system.historyPool.query(
        `SET default_transaction_read_only = off; ALTER DATABASE ${database} SET default_transaction_read_only = ${value}`,
      );
    const reconnect = () =>
      system.historyPool.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'history-tables'",
      );
    await readOnly('on');
    await reconnect();
    await grow();
    await waiting();
    await readOnly('off');
    await reconnect();
    await system.reached(30_000);
    await ready();

    // As PostgreSQL says it when no space is left.
    await system.historyPool.query(`
      CREATE FUNCTION history_fold.no_space() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file: No space left on device'; END $$;
      CREATE TRIGGER no_space BEFORE INSERT ON history_fold.users EXECUTE FUNCTION history_fold.no_space()`);
    await grow();
    await waiting();
    expect(await counts()).toMatchObject({ parked: 0 });
    await system.historyPool.query('DROP FUNCTION history_fold.no_space() CASCADE');
    await system.reached(30_000);
    await ready();
    expect(await counts()).toMatchObject({ parked: 0 });
  });
});
