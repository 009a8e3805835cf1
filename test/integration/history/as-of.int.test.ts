import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReader } from '../../../shared/events/codec.ts';
import { userStream } from '../../../shared/events/streams.ts';
import { Timeline } from '../../../shared/history/timeline.ts';
import type { UserRows } from '../../../shared/history/user-rows.ts';
import { licenseRow } from '../../../shared/read-model/fold/license.ts';
import { subscriptionRow } from '../../../shared/read-model/fold/subscription.ts';
import { userRow } from '../../../shared/read-model/fold/user.ts';
import { eventually } from '../../support/eventually.ts';
import { type Author, instant } from '../projector/author.ts';
import { allRows, createSystem, projected, type System, tool } from '../projector/system.ts';
import { buildInto } from './build-as-of.ts';
import { appendAt, endOf, knownHistory, without } from './moments.ts';

let system: System;
let known: Awaited<ReturnType<typeof knownHistory>>;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
  known = await knownHistory(system);
});
afterAll(() => system[Symbol.asyncDispose]());

const EMPTY = {
  users: [],
  subscriptions: [],
  licenses: [],
  license_keys: [],
  staff: [],
  activations_by_day: [],
};

/** The state that a history shows, from nothing but the user's stream. */
async function stateOf(userId: string, asOf: number): Promise<UserRows> {
  const found = await system.pool.query('SELECT event_id FROM read_model.skipped_events');
  const skipped = new Set(found.rows.map(({ event_id }) => event_id));
  const timeline = new Timeline({ userId, reader: createReader(), skipped });
  await Array.fromAsync(timeline.entries(system.log.readStream(userStream(userId)), asOf));
  return timeline.state;
}

/** That the schema's rows of these users are what their histories show. */
async function expectSame(schema: string, users: readonly Pick<Author, 'userId'>[], asOf: number) {
  const rows = (await allRows(system, schema)) as Record<string, Record<string, unknown>[]>;
  for (const { userId } of users) {
    const state = await stateOf(userId, asOf);
    const user = state.user();
    const of = (table: string) => (rows[table] ?? []).filter((row) => row.user_id === userId);
    expect(user ? [userRow(user)] : [], schema).toEqual(of('users'));
    const byId = state.licenses().map(licenseRow);
    byId.sort((a, b) => (a.license_id < b.license_id ? -1 : 1));
    expect(byId, schema).toEqual(of('licenses'));
    const subscriptions = of('subscriptions').map(({ status: _, ...row }) => row);
    expect(state.subscriptions.map(subscriptionRow), schema).toEqual(subscriptions);
  }
}

describe('read models as of a time', () => {
  test('have exactly the rows of each moment of a known history, and so do histories', async () => {
    const { moments, anna, ben, cleo } = known;
    expect(moments).toHaveLength(11);
    for (const [i, { name, at, rows }] of moments.entries()) {
      await buildInto(system, `moment_${i}`, { asOf: at });
      expect(await allRows(system, `moment_${i}`), name).toEqual(without(rows, () => true));
      await expectSame(`moment_${i}`, [anna, ben, cleo], at);
    }
  });

  test('are those of the earlier moment between two; what was erased since is blank then too', async () => {
    const { moments, anna } = known;
    const [fifth, sixth] = [moments[4], moments[5]];
    await buildInto(system, 'in_between', { asOf: (sixth?.at ?? 0) - 1, personal: true });
    const rows = await allRows(system, 'in_between');
    expect(rows).toEqual(without(fifth?.rows ?? {}, (userId) => userId === anna.userId));
    expect(JSON.stringify(rows)).toContain('phone of somebody');
    expect(JSON.stringify(rows)).not.toContain('desk of somebody');
  });

  test('hold nothing before the first event, and as of now what the live ones hold', async () => {
    await buildInto(system, 'before_all', { asOf: known.start - 1 });
    expect(await allRows(system, 'before_all')).toEqual(EMPTY);
    await buildInto(system, 'as_of_now', { personal: true });
    expect(await allRows(system, 'as_of_now')).toEqual(await allRows(system));
  });

  test('end each user where they were, also with clocks that go back and forth', async () => {
    const users = Array.from({ length: 6 }, () => system.author());
    const from = Date.now() - 60_000;
    const random = (n: number) => Math.floor(Math.random() * n);
    for (const user of users) await user.signUp();
    for (let i = 0; i < 120; i++) {
      const user = users[random(users.length)] as Author;
      const { userId } = user;
      const event = { type: 'PasswordChanged', data: { userId, personal: { passwordHash: 'x' } } } as const;
      if (random(3) === 0) await user.activate(`client-${i}`);
      else await appendAt(user, from + random(120_000), event);
    }
    await projected(system, await endOf(system));
    for (const after of [0, 30_000, 61_000, 90_000, 119_000].map((ms) => ms + random(1_000))) {
      const schema = `random_${after}`;
      // The log's own times are now: an as-of ahead of them is for the test alone.
      await buildInto(system, schema, { asOf: from + after });
      await expectSame(schema, users, from + after);
    }
  });

  test('pass over what an operator let go, and park what can not be applied, as the live ones do', async () => {
    const user = system.author();
    const { userId } = user;
    await user.signUp();
    const nobody = { userId, licenseId: system.author().userId, clientId: 'x', personal: {} };
    await user.append({ type: 'LicenseRevoked', data: nobody });
    await user.activate('behind');
    await projected(system, await endOf(system));
    // Beyond what the test above has decided ahead of time.
    const asOf = Date.now() + 600_000;
    const live = async () => without((await allRows(system)) as never, () => true);
    await buildInto(system, 'parking', { asOf });
    expect(await allRows(system, 'parking')).toEqual(await live());
    const { rows } = await system.pool.query(
      'SELECT event_id, type FROM parking.parked_events ORDER BY revision',
    );
    expect(rows.map(({ type }) => type)).toEqual(['LicenseRevoked', 'LicenseActivated']);
    await expectSame('parking', [user], asOf);

    expect(await tool(system, 'parked', 'skip', rows[0].event_id)).toMatchObject({ code: 0 });
    await eventually('settled', async () => {
      return (await system.pool.query('SELECT FROM read_model.parked_events')).rowCount === 0;
    });
    await buildInto(system, 'passing', { asOf });
    expect(await allRows(system, 'passing')).toEqual(await live());
    await expectSame('passing', [user], asOf);
    expect((await stateOf(userId, asOf)).licenses()).toMatchObject([{ clientId: 'behind' }]);
  });

  test('answer what analysts are told to ask, once they are let in', async () => {
    await buildInto(system, 'as_of_june', { asOf: known.moments[4]?.at });
    await buildInto(system, 'as_of_july', { asOf: known.moments[6]?.at });
    const guide = readFileSync(new URL('../../../docs/analysts.md', import.meta.url), 'utf8');
    const [, sql = ''] = /## All customers, in SQL.*?```sql\n(.*?)```/s.exec(guide) ?? [];
    const statements = sql.split(';').filter((text) => text.trim() !== '');
    expect(statements).toHaveLength(2);
    const [, grants = ''] = /`(GRANT USAGE ON SCHEMA as_of_june[^`]*)`/.exec(guide) ?? [];
    const role = `analysts_${known.start}`;
    await system.pool.query(`CREATE ROLE ${role}`);
    const client = await system.pool.connect();
    try {
      await client.query(`SET ROLE ${role}`);
      await expect(client.query(statements[0] as string)).rejects.toThrow(/permission denied/);
      await client.query('RESET ROLE');
      for (const schema of ['as_of_june', 'as_of_july']) {
        await client.query(grants.replaceAll('as_of_june', schema).replaceAll('analysts', role));
      }
      await client.query(`SET ROLE ${role}`);
      const paying = await client.query(`${statements[0]} ORDER BY 1, 2`);
      expect(paying.rows).toEqual([
        { product: 'app', plan_type: 'basic', sum: '1' },
        { product: 'app', plan_type: 'pro', sum: '1' },
      ]);
      const gone = await client.query(statements[1] as string);
      expect(gone.rows).toContainEqual(
        expect.objectContaining({ user_id: known.anna.userId, plan_type: 'pro', status: 'suspended' }),
      );
    } finally {
      await client.query(`RESET ROLE; DROP OWNED BY ${role}; DROP ROLE ${role}`);
      client.release();
    }
  });

  test('say what they are', async () => {
    const at = known.moments[3]?.at ?? 0;
    const { rows } = await system.pool.query('SELECT * FROM moment_3.license_replay');
    expect(rows).toMatchObject([{ as_of: new Date(at), personal: false, built_by: 'test', events: '6' }]);
    const comment = await system.pool.query(
      `SELECT obj_description('moment_3'::regnamespace) AS text, to_regclass('moment_3.as_of_cuts') AS cuts`,
    );
    expect(comment.rows[0]).toEqual({
      text: `read models of the License System as of ${instant(at)}, without personal data`,
      cuts: null,
    });
    const { rows: indexes } = await system.pool.query(
      `SELECT schemaname, count(*)::int AS n FROM pg_indexes
       WHERE schemaname IN ('read_model', 'moment_3') AND tablename !~ '_\\d{4}$' AND tablename <> 'license_replay' GROUP BY 1`,
    );
    expect(new Set(indexes.map(({ n }) => n)).size).toBe(1);
  });
});
