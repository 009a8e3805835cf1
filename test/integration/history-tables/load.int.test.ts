import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HISTORY } from '../../../projector/history/upkeep/schemas.ts';
import type { UpdateProgress } from '../../../projector/history/upkeep/update.ts';
import { migrateHistory } from '../../../projector/schemas/migrate.ts';
import { updateHistoryTables } from '../../support/analysis/history-tables.ts';
import { history } from '../projector/history.ts';
import { createSystem, type System, tool } from '../projector/system.ts';

let system: System;
beforeEach(async () => {
  system = await createSystem();
  await system.project();
  await history(system, 10);
  // A first build that was ended before it had written anything.
  await migrateHistory(system.pool, HISTORY, true);
});
afterEach(() => system?.[Symbol.asyncDispose]());

const sql = async (text: string) => (await system.pool.query(text)).rows;
const events = async () => (await Array.fromAsync(system.log.readAll({ direction: 'forwards' }))).length;
/** As a build that goes batch by batch has them. */
const expectWhole = async () =>
  expect(await tool(system, 'history-tables', 'rebuild', '--compare-only')).toMatchObject({ code: 0 });

/** Has PostgreSQL refuse each new user from now on. @param when until which this holds, as SQL that is true */
const refuseUsers = (code: string, when = 'true') =>
  sql(`CREATE SEQUENCE public.tries;
    CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN IF ${when} THEN RAISE EXCEPTION USING ERRCODE = '${code}', MESSAGE = 'refused'; END IF; RETURN NULL; END $$;
    CREATE TRIGGER refuse AFTER INSERT ON history_fold.users EXECUTE FUNCTION public.refuse()`);

describe('a large transaction of a first build that is refused', () => {
  test('for an event is applied batch by batch: that event alone is parked, and none is counted twice', async () => {
    await sql("ALTER TABLE history_fold.licenses ADD CONSTRAINT refused CHECK (client_id <> 'refused')");
    const user = system.author();
    await user.signUp();
    await user.subscribe();
    await user.activate('taken');
    await user.activate('refused');
    await user.activate('after it');
    await history(system, 1);
    const told: UpdateProgress[] = [];
    const built = await updateHistoryTables(system, { progress: (progress) => told.push(progress) });
    expect(built).toMatchObject({ events: await events(), parkedUsers: 2 });
    expect(
      await sql(`SELECT revision::int, cause FROM history_fold.parked_events WHERE user_id = '${user.userId}'
        ORDER BY revision`),
    ).toEqual([
      { revision: 3, cause: expect.stringContaining('refused') },
      { revision: 4, cause: expect.any(String) },
    ]);
    expect(
      await sql(`SELECT client_id FROM history.license_states WHERE user_id = '${user.userId}'`),
    ).toEqual([{ client_id: 'taken' }]);
    const fractions = told.map(({ fraction }) => fraction);
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  test('for what may pass is tried again batch by batch, and the tables are the same', async () => {
    // A serialization failure, once: a sequence does not go back with the transaction.
    await refuseUsers('40001', "nextval('public.tries') = 1");
    expect(await updateHistoryTables(system)).toMatchObject({ events: await events(), parkedUsers: 1 });
    expect(await sql("SELECT nextval('public.tries')::int > 2 AS again")).toEqual([{ again: true }]);
    await expectWhole();
  });

  test('for want of space ends the build with nothing of it written, and the next one goes on', async () => {
    await refuseUsers('53100');
    await expect(updateHistoryTables(system)).rejects.toMatchObject({ code: '53100' });
    expect(await sql('SELECT FROM history_fold.users')).toEqual([]);
    expect(await sql('SELECT last_event_id FROM history_fold.checkpoints')).toEqual([
      { last_event_id: null },
    ]);
    await sql('DROP FUNCTION public.refuse() CASCADE');
    expect(await updateHistoryTables(system)).toMatchObject({ events: await events(), parkedUsers: 1 });
    await expectWhole();
  });

  test('for an event that a newer release wrote holds all before it, and stops there', async () => {
    const user = system.author();
    await user.signUp();
    const known = await user.encode({
      type: 'LoggedOut',
      data: { userId: user.userId, tokenId: randomUUID(), expiresAt: new Date().toISOString() },
    });
    await user.appendRaw({ ...known, id: randomUUID(), type: 'PlanetDiscovered' });
    await system.author().signUp();
    await expect(updateHistoryTables(system)).rejects.toThrow('PlanetDiscovered');
    expect(await sql(`SELECT FROM history.customers WHERE user_id = '${user.userId}'`)).toHaveLength(1);
  });
});
