import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReader } from '../../../shared/events/codec.ts';
import { userStream } from '../../../shared/events/streams.ts';
import { Timeline } from '../../../shared/history/timeline.ts';
import type { UserRows } from '../../../shared/history/user-rows.ts';
import { licenseRow } from '../../../shared/read-model/fold/license.ts';
import { subscriptionRow } from '../../../shared/read-model/fold/subscription.ts';
import { userRow } from '../../../shared/read-model/fold/user.ts';
import { eventually } from '../../support/eventually.ts';
import type { Author } from '../projector/author.ts';
import { allRows, createSystem, projected, type System, tool } from '../projector/system.ts';
import { endOf, knownHistory, type Rows, withoutPersonal } from './moments.ts';

let system: System;
let known: Awaited<ReturnType<typeof knownHistory>>;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
  known = await knownHistory(system);
});
afterAll(() => system[Symbol.asyncDispose]());

/** The state that a history shows, from nothing but the user's stream. */
async function stateOf(userId: string, asOf: number): Promise<UserRows> {
  const found = await system.pool.query('SELECT event_id FROM read_model.skipped_events');
  const skipped = new Set(found.rows.map(({ event_id }) => event_id));
  const timeline = new Timeline({ userId, reader: createReader(), skipped });
  await Array.fromAsync(timeline.entries(system.log.readStream(userStream(userId)), asOf));
  return timeline.state;
}

/** That these users' histories show their rows, personal data left out. */
async function expectSame(
  rows: Rows,
  users: readonly Pick<Author, 'userId'>[],
  asOf: number,
  name = 'now',
): Promise<void> {
  const opened = withoutPersonal(rows);
  for (const { userId } of users) {
    const state = await stateOf(userId, asOf);
    const user = state.user();
    const of = (table: string) => (opened[table] ?? []).filter((row) => row.user_id === userId);
    expect(user ? [userRow(user)] : [], name).toEqual(of('users'));
    const byId = state.licenses().map(licenseRow);
    byId.sort((a, b) => (a.license_id < b.license_id ? -1 : 1));
    expect(byId, name).toEqual(of('licenses'));
    const subscriptions = of('subscriptions').map(({ status: _, ...row }) => row);
    expect(state.subscriptions.map(subscriptionRow), name).toEqual(subscriptions);
  }
}

describe('a history as of a time', () => {
  test('has the rows that the live read models had at each moment of a known history', async () => {
    const { moments, anna, ben, cleo } = known;
    expect(moments).toHaveLength(11);
    for (const { name, at, rows } of moments) await expectSame(rows, [anna, ben, cleo], at, name);
  });

  test('is that of the earlier moment between two, and empty before the first', async () => {
    const { moments, anna, ben, start } = known;
    await expectSame(moments[4]?.rows ?? {}, [anna, ben], (moments[5]?.at ?? 0) - 1);
    await expectSame({}, [anna, ben], start - 1);
  });

  test('passes over what an operator let go, and parks what can not be applied, as the live ones do', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const nobody = { userId, licenseId: system.author().userId, clientId: 'x', personal: {} };
    await user.append({ type: 'LicenseRevoked', data: nobody });
    await user.activate('behind');
    await projected(system, await endOf(system));
    const now = async () => expectSame((await allRows(system)) as Rows, [user], Date.now());
    await now();
    const { rows } = await system.pool.query(
      'SELECT event_id, type FROM read_model.parked_events ORDER BY revision',
    );
    expect(rows.map(({ type }) => type)).toEqual(['LicenseRevoked', 'LicenseActivated']);

    expect(await tool(system, 'parked', 'skip', rows[0].event_id)).toMatchObject({ code: 0 });
    await eventually('settled', async () => {
      return (await system.pool.query('SELECT FROM read_model.parked_events')).rowCount === 0;
    });
    await now();
    expect((await stateOf(userId, Date.now())).licenses()).toMatchObject([{ clientId: 'behind' }]);
  });
});
