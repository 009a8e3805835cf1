import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { eventStoreFeed } from '../../../projector/feeds/event-store.ts';
import { sentTo } from '../../../projector/relay/stops.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { type StandInNode, startNode } from '../../support/cluster/node.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { createSystem, projected, readiness, type System, silent, tool } from './system.ts';

let system: System;
beforeEach(async () => {
  system = await createSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const metric = async (projector: { readonly url: string }, line: RegExp) =>
  line.test(await (await fetch(`${projector.url}/metrics`)).text());
const stopped = (projector: { readonly url: string }) =>
  eventually('the feed is stopped, and not ready', async () => {
    const { status } = await readiness(projector);
    return status === 503 && (await metric(projector, /projector_feed_state\{.*state="stopped".*\} 1/));
  });
const ready = (projector: { readonly url: string }) =>
  eventually('ready', async () => (await readiness(projector)).status === 200);
const emails = async () =>
  (await system.pool.query('SELECT email FROM read_model.users ORDER BY created_at')).rows.map(
    (row) => row.email,
  );

/** A copy of the event store's database; nobody may be connected to it. */
async function copyOf(url: string) {
  const copy = await createDatabase();
  const admin = createPool({
    connectionString: inject('postgresUrl'),
    applicationName: 'test',
    max: 1,
    logger: silent,
  });
  const name = (of: string) => new URL(of).pathname.slice(1);
  try {
    await admin.query(`DROP DATABASE ${name(copy.url)}`);
    await admin.query(`CREATE DATABASE ${name(copy.url)} TEMPLATE ${name(url)}`);
  } finally {
    await admin.end();
  }
  return copy;
}

describe('the event store is swapped under a running projector', () => {
  test('for an older copy: it stops, says so and writes nothing; with the right one back it goes on', async () => {
    const projector = await system.project();
    const [first, second, third] = [system.author(), system.author(), system.author()];
    await projected(system, await first.signUp());
    let older: Awaited<ReturnType<typeof createDatabase>> | undefined;
    await system.replaceStore(undefined, async () => {
      older = await copyOf(system.storeDatabaseUrl);
    });
    if (!older) throw new Error('no copy was made');
    await using _dropped = older;
    await eventually('the store is back', () => system.log.ping().then(() => true));
    await projected(system, await second.signUp());

    await system.replaceStore(older.url);
    await stopped(projector);
    // The older copy fills the lost positions with other events: none of them may be taken.
    await eventually('the store is back', () => system.log.ping().then(() => true));
    await third.signUp();
    await third.activate('x');
    expect((await readiness(projector)).status).toBe(503);
    expect(await emails()).toEqual([first.email, second.email]);

    await system.replaceStore(system.storeDatabaseUrl);
    await ready(projector);
    const fourth = system.author();
    await projected(system, await fourth.signUp());
    expect(await emails()).toEqual([first.email, second.email, fourth.email]);
  });

  test('for a new one: a rebuild with --force takes it as it is', async () => {
    const projector = await system.project();
    const first = system.author();
    await projected(system, await first.signUp());
    await eventually('cached', async () => (await system.redis.exists(`user:${first.userId}`)) === 1);
    await using empty = await createDatabase();
    await system.replaceStore(empty.url);
    await stopped(projector);
    await eventually('the store is back', () => system.log.ping().then(() => true));
    const second = system.author();
    await second.signUp();

    expect(await tool(system, 'rebuild')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('does not have event'),
    });
    expect(await tool(system, 'rebuild', '--force')).toMatchObject({ code: 0 });
    await ready(projector);
    expect(await emails()).toEqual([second.email]);
    expect(await system.redis.exists(`user:${first.userId}`)).toBe(0);
    const third = system.author();
    await projected(system, await third.signUp());
    expect(await emails()).toEqual([second.email, third.email]);
  });
});

describe('the checkpoint lies inside a record of the store that took the place of the right one', () => {
  let node: StandInNode;
  beforeEach(async () => {
    node = await startNode({ storePort: Number(new URL(system.env().EVENTSTORE_URL).port) });
  });
  afterEach(() => node[Symbol.asyncDispose]());

  test('found on connecting: it stops and names the way out', async () => {
    const first = await system.project({ EVENTSTORE_URL: node.connectionString });
    await projected(system, await system.author().signUp());
    await first.stop();
    node.recordBegins = () => false;
    const projector = await system.project({ EVENTSTORE_URL: node.connectionString });
    await stopped(projector);
    const last = { id: randomUUID(), position: { commit: 1n, prepare: 1n }, at: new Date() };
    const log = connectEventLog(node);
    const replaced = (wayOut: string) => ({
      code: 'store_replaced',
      wayOut: expect.stringContaining(wayOut),
    });
    await expect(eventStoreFeed(log, 1).verify(last)).rejects.toMatchObject(replaced('rebuild --force'));
    await expect(eventStoreFeed(log, 1, sentTo('t')).verify(last)).rejects.toMatchObject(
      replaced('delete the topic'),
    );
    await log.close();
    node.recordBegins = () => true;
    await ready(projector);
  });

  test('found by the subscription, because it was replaced just then: the same', async () => {
    const first = await system.project({ EVENTSTORE_URL: node.connectionString });
    await projected(system, await system.author().signUp());
    await first.stop();
    let asked = 0;
    // The check is asked first, and finds the event.
    node.recordBegins = () => ++asked % 2 === 1;
    await stopped(await system.project({ EVENTSTORE_URL: node.connectionString }));
  });
});

test('an event that is not known stops the feed: not ready, nothing parked, nothing skipped', async () => {
  const projector = await system.project();
  const [user, other] = [system.author(), system.author()];
  await projected(system, await user.signUp());
  const known = await user.encode({ type: 'UserErased', data: { userId: user.userId, emailBlocked: false } });
  await user.appendRaw({ ...known, id: randomUUID(), type: 'PlanetDiscovered' });
  await other.signUp();
  await stopped(projector);
  expect(await emails()).toEqual([user.email]);
  expect((await system.pool.query('SELECT FROM read_model.parked_events')).rowCount).toBe(0);
  // It tries again from time to time, and is not called ready in between.
  const { body } = await readiness(projector);
  expect(body.dependencies).toMatchObject({ feed: 'down', event_store: 'up', database: 'up' });
});

test('waits for its schema, and says which is missing', async () => {
  await system.pool.query('DROP SCHEMA read_model CASCADE');
  const projector = await system.project();
  expect((await readiness(projector)).status).toBe(503);
  expect(await tool(system, 'migrate')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('read_model/0001'),
  });
  await ready(projector);
  const user = system.author();
  await projected(system, await user.signUp());
});

test('MIGRATE_ON_START brings the schemas up by itself', async () => {
  await system.pool.query('DROP SCHEMA read_model CASCADE');
  const projector = await system.project({ MIGRATE_ON_START: 'true' });
  await ready(projector);
});

test('a second projector waits, and takes over when the first one stops', async () => {
  const first = await system.project();
  await ready(first);
  const second = await system.project();
  await ready(second);
  expect(await metric(second, /projector_feed_state\{.*state="standby".*\} 1/)).toBe(true);
  const [user, other] = [system.author(), system.author()];
  await projected(system, await user.signUp());
  await first.stop();
  await projected(system, await other.signUp());
  expect(await metric(second, /projector_feed_state\{.*state="following".*\} 1/)).toBe(true);
  expect(await metric(second, /projector_events_total\{.*type="UserSignedUp".*\} 1/)).toBe(true);
});
