import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HISTORY } from '../../../projector/history/upkeep/schemas.ts';
import { migrateReadModel } from '../../../projector/schemas/migrate.ts';
import { userStream } from '../../../shared/events/streams.ts';
import { updateHistoryTables } from '../../support/analysis/history-tables.ts';
import { history } from '../projector/history.ts';
import { createSystem, type System, tool } from '../projector/system.ts';

let system: System;
let position: string;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
  position = await history(system, 10);
});
afterAll(() => system?.[Symbol.asyncDispose]());

const sql = async (text: string) => (await system.pool.query(text)).rows;
const command = (...args: string[]) => tool(system, 'history-tables', ...args);
const status = async () => JSON.parse((await command('status', '--json')).stdout);
/** Runs drop with somebody at the terminal who says this. */
async function answering(answer: string) {
  const child = spawn(process.execPath, ['cli/main.ts', 'history-tables', 'drop'], {
    env: { ...process.env, ...system.env() },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  child.stdin.end(`${answer}\n`);
  const stderr = (await Array.fromAsync(child.stderr.setEncoding('utf8'))).join('');
  return { code: child.exitCode ?? (await once(child, 'exit'))[0], stderr };
}
const at = async () =>
  (await sql("SELECT last_event_commit || '/' || last_event_prepare AS at FROM history_fold.checkpoints"))[0]
    .at;

describe('cli history-tables', () => {
  test('asked wrongly says what there is', async () => {
    expect(await command('upate')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean "update"?'),
    });
    expect(await status()).toMatchObject({ state: 'missing', written: false });
  });

  test('ended while the tables were being made, status and drop know what to do', async () => {
    await migrateReadModel(system.pool, HISTORY.fold, true);
    await sql('CREATE SCHEMA history');
    expect(await status()).toMatchObject({ state: 'missing' });
    expect(await command('drop', '--yes')).toMatchObject({ code: 0 });
    expect(await sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'history%'")).toEqual([]);
  });

  test('update makes the tables, and brings them to where the log ends', async () => {
    const day = (ago: number) => `current_date - ${ago}`;
    await sql(`INSERT INTO usage.machines_by_day (day, product, machines)
      VALUES (${day(2)}, 'app', 5), (${day(1)}, 'app', 7), (${day(0)}, 'app', 9)`);
    const made = await command('update');
    expect(made).toMatchObject({ code: 0, stdout: '' });
    expect(made.stderr).toContain(`hold everything up to ${position}`);
    expect(made.stderr).toContain('1 users have events that could not be applied');
    expect(await at()).toBe(position);
    // The days that are over.
    expect(await sql('SELECT machines FROM history.machines_by_day ORDER BY day')).toEqual([
      { machines: '5' },
      { machines: '7' },
    ]);
    expect(await status()).toMatchObject({
      state: 'ready',
      written: false,
      position,
      behindSeconds: 0,
      parked: [{ type: 'SubscriptionPlanChanged' }],
      rows: { customers: expect.any(Number), days: 1, machines_by_day: 2 },
    });

    // What was counted late.
    await sql(`UPDATE usage.machines_by_day SET machines = 8 WHERE day = ${day(1)}`);
    const later = await history(system, 2);
    await updateHistoryTables(system);
    expect(await at()).toBe(later);
    expect(await sql(`SELECT machines FROM history.machines_by_day WHERE day = ${day(1)}`)).toEqual([
      { machines: '8' },
    ]);
    // Nobody's email, name or client's name: they are never opened.
    expect(
      await sql(`SELECT email FROM history_fold.users WHERE email IS NOT NULL
        UNION ALL SELECT client_name FROM history_fold.licenses WHERE client_name IS NOT NULL`),
    ).toEqual([]);
  });

  test('update brings the tables of an older release up to this one', async () => {
    // As a release that did not have these files has left them.
    await sql(`DROP INDEX history_fold.subscriptions_over_since;
      DELETE FROM history_fold.migrations WHERE name = '0016_lapse_indexes.sql';
      DROP FUNCTION history.customers_as_of CASCADE`);
    expect(await status()).toMatchObject({ state: 'older' });
    await updateHistoryTables(system);
    expect(await status()).toMatchObject({ state: 'ready' });
    expect(await sql('SELECT FROM history.customers_as_of(now(), now())')).not.toEqual([]);
  });

  test('update leaves out what an operator skipped before the tables came to it', async () => {
    const user = system.author();
    await user.signUp();
    const [event] = await Array.fromAsync(system.log.readAll({ direction: 'backwards', limit: 1 }));
    await sql(`INSERT INTO read_model.skipped_events (event_id, user_id, revision, type, cause, created_at)
      VALUES ('${event?.id}', '${user.userId}', 0, 'UserSignedUp', 'a test', now())`);
    expect(await updateHistoryTables(system)).toMatchObject({ differing: [] });
    expect(await sql(`SELECT FROM history.customers WHERE user_id = '${user.userId}'`)).toEqual([]);
    // And what was skipped after they had it, only a rebuild leaves out: that is said.
    const other = system.author();
    await other.signUp();
    await updateHistoryTables(system);
    const [late] = await Array.fromAsync(system.log.readAll({ direction: 'backwards', limit: 1 }));
    await sql(`INSERT INTO read_model.skipped_events (event_id, user_id, revision, type, cause, created_at)
      VALUES ('${late?.id}', '${other.userId}', 0, 'UserSignedUp', 'a test', now())`);
    expect(await updateHistoryTables(system)).toMatchObject({ differing: [late?.id] });
  });

  test('update stops at an event that a newer release wrote, and names it', async () => {
    const user = system.author();
    await user.signUp();
    const known = await user.encode({
      type: 'LoggedOut',
      data: { userId: user.userId, tokenId: randomUUID(), expiresAt: new Date().toISOString() },
    });
    await user.appendRaw({ ...known, id: randomUUID(), type: 'PlanetDiscovered' });
    const stopped = await command('update');
    expect(stopped).toMatchObject({ code: 1 });
    expect(stopped.stderr).toContain('PlanetDiscovered');
    expect(stopped.stderr).toContain('run a version of the tool that knows it');
    expect(await sql(`SELECT FROM history.customers WHERE user_id = '${user.userId}'`)).toHaveLength(1);
    expect(
      await sql(`SELECT FROM history_fold.parked_events WHERE stream = '${userStream(user.userId)}'`),
    ).toEqual([]);
  });

  test('update stops where the event store is another one', async () => {
    await sql(`UPDATE history_fold.checkpoints SET last_event_id = '${randomUUID()}'`);
    const stopped = await command('update');
    expect(stopped).toMatchObject({ code: 1 });
    expect(stopped.stderr).toContain('which the history tables hold');
    expect(stopped.stderr).toContain('history-tables drop');
  });

  test('drop says what goes with the tables, and asks', async () => {
    await sql('CREATE VIEW public.of_analysts AS SELECT user_id FROM history.customers');
    const asked = await answering('no');
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('  view of_analysts\n') });
    expect(asked.stderr).toContain('nothing was changed');
    expect(asked.stderr).not.toContain('function');
    expect(await at()).toBeDefined();
    expect(await command('drop', '--yes')).toMatchObject({ code: 0 });
    expect(await sql("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'history%'")).toEqual([]);
    expect(await sql("SELECT to_regclass('public.of_analysts') AS there")).toEqual([{ there: null }]);
  });
});
