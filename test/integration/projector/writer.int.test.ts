import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Change } from '../../../projector/caches/caches.ts';
import { FeedStop } from '../../../projector/errors.ts';
import { eventStoreFeed } from '../../../projector/feeds/event-store.ts';
import { migrateReadModel } from '../../../projector/schemas/migrate.ts';
import { ReadModelWriter, writerSettings } from '../../../projector/write/read-model-writer.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { createSystem, type System, silent } from './system.ts';

let system: System;
let pool: Pool;
let events: RecordedEvent[];
const SCHEMA = 'writer_test';

beforeAll(async () => {
  system = await createSystem();
  const settings = writerSettings(SCHEMA);
  pool = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test',
    max: 4,
    settings,
    logger: silent,
  });
  const user = system.author();
  await user.signUp();
  await user.subscribe();
  for (const client of ['a', 'b', 'c']) await user.activate(client);
  events = await Array.fromAsync(system.log.readAll());
});
afterAll(async () => {
  await pool.end();
  await system[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await system.pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await migrateReadModel(system.pool, SCHEMA, false);
});

async function openWriter(vault: System['vault'] = system.vault) {
  const writer = new ReadModelWriter({ pool, erase: async () => {} }, { reader: createReader(), vault });
  await writer.load();
  return writer;
}

async function write(writer: ReadModelWriter, batch: readonly RecordedEvent[]) {
  const last = batch.at(-1) as RecordedEvent;
  const before = writer.checkpoint.position;
  const decoded = await writer.decode({ events: batch, position: last.position });
  const { change, stop } = await writer.write(decoded);
  // What it has committed is there to be published, also where it stops.
  expect(change?.after ?? before).toEqual(writer.checkpoint.position);
  if (stop) throw stop;
}

const rows = async (table: string, order = '1') =>
  (await pool.query(`SELECT * FROM ${table} ORDER BY ${order}`)).rows;

describe('a writer of read models', () => {
  test('passes over what it has seen: a batch delivered again changes nothing', async () => {
    const writer = await openWriter();
    await write(writer, events);
    const before = [await rows('users'), await rows('licenses'), await rows('activations_by_day')];
    await write(writer, events.slice(0, 4));
    await write(writer, events.slice(2));
    expect([await rows('users'), await rows('licenses'), await rows('activations_by_day')]).toEqual(before);
    expect(before[2]).toEqual([{ day: expect.any(Date), activations: '3' }]);
  });

  test('stops at a gap, with everything before it applied', async () => {
    const writer = await openWriter();
    const missing = events.filter(({ type, revision }) => !(type === 'LicenseActivated' && revision === 3));
    await expect(write(writer, missing)).rejects.toMatchObject({ code: 'revision_gap' });
    expect(await rows('users')).toMatchObject([{ revision: '2' }]);
    expect(await rows('licenses')).toHaveLength(1);
    expect(writer.checkpoint.last?.id).toBe(
      events.find(({ revision, stream }) => revision === 2 && stream.startsWith('user-'))?.id,
    );
    // The checkpoint went with it: the same writer goes on where the missing event is found.
    await write(writer, events);
    expect(await rows('licenses')).toHaveLength(3);
  });

  test('has its place and its locks taken within half a minute where its machine has died', async () => {
    const settings = ['tcp_keepalives_idle', 'tcp_keepalives_interval', 'tcp_keepalives_count'];
    const { rows } = await pool.query(
      'SELECT current_setting(name)::int AS value FROM unnest($1::text[]) WITH ORDINALITY AS each (name, n) ORDER BY n',
      [settings],
    );
    const [idle, interval, count] = rows.map(({ value }) => value);
    expect(idle).toBeGreaterThan(0);
    expect(idle + interval * count).toBeLessThanOrEqual(30);
  });

  test('of two writers one writes and the other is told', async () => {
    const [first, second] = [await openWriter(), await openWriter()];
    const results = await Promise.allSettled([write(first, events), write(second, events)]);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatchObject({ code: 'checkpoint_moved' });
    expect(await rows('activations_by_day')).toMatchObject([{ activations: '3' }]);
    // Whoever was late finds the other's checkpoint, and has nothing left to do.
    await second.load();
    await write(second, events);
    expect(await rows('activations_by_day')).toMatchObject([{ activations: '3' }]);
  });

  test('stops at an event it does not know, with everything before it applied', async () => {
    const writer = await openWriter();
    const strange = { ...(events[3] as RecordedEvent), type: 'PlanetDiscovered' };
    const batch = [...events.slice(0, 3), strange, ...events.slice(4)];
    const failure = await write(writer, batch).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FeedStop);
    expect(failure).toMatchObject({
      code: 'unknown_event',
      message: expect.stringContaining('PlanetDiscovered'),
    });
    expect(writer.checkpoint.last?.id).toBe(events[2]?.id);
    expect(await rows('parked_events')).toEqual([]);
  });

  test('parks the later events of a user in the same batch, and goes on with everybody else', async () => {
    const writer = await openWriter();
    const [user, other] = [system.author(), system.author()];
    const [from] = await Array.fromAsync(system.log.readAll({ direction: 'backwards', limit: 1 }));
    await user.signUp();
    await user.activate('a');
    await user.activate('a');
    await other.signUp();
    await user.activate('b');
    await other.activate('a');
    await write(writer, await Array.fromAsync(system.log.readAll(from ? { from: from.position } : {})));
    expect(await rows('parked_events', 'revision')).toMatchObject([
      { user_id: user.userId, revision: '2', cause: expect.stringContaining('licenses_client') },
      { user_id: user.userId, revision: '3', cause: 'an earlier event of this user is parked' },
    ]);
    expect((await rows('licenses')).map((row) => row.user_id).sort()).toEqual(
      [user.userId, other.userId].sort(),
    );
  });

  test('hands over what it has settled of one user although the next can’t be read', async () => {
    const writer = await openWriter();
    const [one, another] = [system.author(), system.author()];
    const [from] = await Array.fromAsync(system.log.readAll({ direction: 'backwards', limit: 1 }));
    for (const user of [one, another]) {
      await user.signUp();
      await user.activate('a');
      await user.activate('a');
    }
    await write(writer, await Array.fromAsync(system.log.readAll(from ? { from: from.position } : {})));
    expect(writer.parkedUsers).toBe(2);
    await pool.query("UPDATE parked_events SET mark = 'skip'");
    let asked = 0;
    const feed = eventStoreFeed(system.log, 10);
    const userEvents: typeof feed.userEvents = (...of) => {
      asked += 1;
      if (asked === 2) throw new EventStoreUnavailable({ cause: new Error('it went down') });
      return feed.userEvents(...of);
    };
    const changes: Change[] = [];
    const settling = async () => {
      for await (const change of writer.settleMarked({ ...feed, userEvents })) changes.push(change);
    };
    await expect(settling()).rejects.toThrow('unavailable');
    expect(changes).toHaveLength(1);
    expect(writer.parkedUsers).toBe(1);
  });

  test('stops where a data key is missing, and blanks and parks nothing', async () => {
    const other = await createSystem();
    try {
      const writer = await openWriter(other.vault);
      await expect(write(writer, events)).rejects.toMatchObject({ code: 'data_key_missing' });
      expect(await rows('users')).toEqual([]);
      expect(await rows('parked_events')).toEqual([]);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});
