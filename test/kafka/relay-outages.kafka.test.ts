import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { transactionalIdOf } from '../../projector/relay/relay.ts';
import { openProducer } from '../../shared/adapters/kafka/producer.ts';
import { eventually } from '../support/eventually.ts';
import { kafkaClient, startKafka } from '../support/kafka/kafka.ts';
import { startPostgres, type TestServer } from '../support/servers/servers.ts';
import { checkpointOf, checkTopic, explainRepeats } from './relay-checks.ts';
import { keepWriting } from './relay-load.ts';
import {
  createRelaySystem,
  metric,
  notReady,
  type RelaySystem,
  readiness,
  ready,
  relayed,
} from './relay-system.ts';

const BATCH = 50;
const settings = { RELAY_BATCH_EVENTS: String(BATCH) };

let postgres: TestServer;
let broker: TestServer;
let system: RelaySystem;
beforeAll(async () => {
  [postgres, broker] = await Promise.all([startPostgres(), startKafka()]);
});
afterAll(() => Promise.all([broker[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]));
beforeEach(async () => {
  system = await createRelaySystem({ postgresUrl: postgres.url, brokers: broker.url });
});
afterEach(() => system[Symbol.asyncDispose]());

const moves = async (what: string) => {
  const before = await checkpointOf(system);
  await eventually(what, async () => (await checkpointOf(system)) !== before, 60_000);
};

describe('goes on by itself', () => {
  test('when a broker was killed in the middle, and when it was frozen', async () => {
    const relay = await system.relay(settings);
    await ready(relay);
    const found: (string | undefined)[] = [];
    await relayed(system, await system.author().signUp());
    await broker.kill();
    const writing = keepWriting(system, 1);
    await notReady(relay, 'kafka');
    found.push(await checkpointOf(system));
    expect(await metric(relay, 'relay_lag_seconds')).toBeGreaterThan(0);
    await broker.start();
    await ready(relay);
    await moves('it sends again');
    broker.freeze();
    await notReady(relay, 'kafka');
    found.push(await checkpointOf(system));
    broker.thaw();
    await ready(relay);
    await writing.stop();
    await relayed(system, await system.author().signUp());
    explainRepeats(await checkTopic(system), found, BATCH);
    expect(await metric(relay, 'relay_state', 'following')).toBe(1);
    expect(await metric(relay, 'relay_lag_events')).toBe(0);
    expect(await metric(relay, 'relay_lag_seconds')).toBe(0);
  }, 240_000);

  test('when PostgreSQL was killed, and when the event store was unreachable', async () => {
    const relay = await system.relay(settings);
    await ready(relay);
    await relayed(system, await system.author().signUp());
    await postgres.kill();
    await notReady(relay, 'database');
    await postgres.start();
    await ready(relay);
    await relayed(system, await system.author().signUp());

    await system.stopStore();
    await notReady(relay, 'event_store');
    expect((await readiness(relay)).dependencies).toMatchObject({
      kafka: 'up',
      database: 'up',
      relay: 'down',
    });
    await system.startStore();
    await ready(relay);
    await relayed(system, await system.author().signUp());
    const { repeats } = await checkTopic(system);
    expect(repeats.every((count) => count === 0)).toBe(true);
  });

  test('when everything is unreachable at its start', async () => {
    await Promise.all([broker.stop(), postgres.stop(), system.stopStore()]);
    const relay = await system.relay(settings);
    await notReady(relay, 'kafka');
    expect((await readiness(relay)).dependencies).toEqual({
      relay: 'down',
      event_store: 'down',
      database: 'down',
      kafka: 'down',
    });
    await Promise.all([broker.start(), postgres.start(), system.startStore()]);
    await ready(relay);
    await relayed(system, await system.author().signUp());
  });
});

test('a relay that is told to stop while a broker is frozen ends in good order', async () => {
  const relay = await system.spawnRelay(settings);
  await ready(relay);
  broker.freeze();
  try {
    // By now it tries to open a producer again.
    await system.author().signUp();
    await notReady(relay, 'relay');
    const ended = once(relay.child, 'exit');
    relay.child.kill('SIGTERM');
    // 1 where the stop took too long.
    expect(await ended).toEqual([0, null]);
  } finally {
    broker.thaw();
  }
}, 120_000);

describe('one of several sends', () => {
  test('a frozen relay is overtaken by the standby, and writes nothing more when it is thawed', async () => {
    const frozen = await system.spawnRelay(settings);
    await ready(frozen);
    const standby = await system.spawnRelay(settings);
    await eventually('it stands by', async () => (await metric(standby, 'relay_state', 'standby')) === 1);
    await ready(standby);
    const writing = keepWriting(system, 1);
    await moves('the first one sends');
    frozen.child.kill('SIGSTOP');
    const found = await checkpointOf(system);
    // PostgreSQL ends the session of a silent leader; nobody does it by hand.
    await moves('the standby sends');
    expect(await metric(standby, 'relay_state', 'following')).toBe(1);
    frozen.child.kill('SIGCONT');
    const sent = await metric(frozen, 'relay_events_total');
    await eventually('it stands by now', async () => (await metric(frozen, 'relay_state', 'standby')) === 1);
    await ready(frozen);
    await moves('the other goes on');
    await writing.stop();
    await relayed(system, await system.author().signUp());
    expect(await metric(frozen, 'relay_events_total')).toBe(sent);
    explainRepeats(await checkTopic(system), [found], BATCH);
    expect(frozen.child.exitCode).toBeNull();
  }, 240_000);

  test('a relay that was fenced gives its place up, and takes it again when nobody else wants it', async () => {
    const relay = await system.relay(settings);
    await ready(relay);
    await relayed(system, await system.author().signUp());
    const kafka = kafkaClient(broker.url);
    const other = await openProducer(kafka, {
      topic: system.topic,
      transactionalId: transactionalIdOf(system.topic),
    });
    const position = await system.author().signUp();
    await eventually(
      'it is not following',
      async () => (await metric(relay, 'relay_state', 'waiting')) === 1,
    );
    await relayed(system, position);
    await ready(relay);
    await expect(other.send([])).resolves.toEqual(new Map());
    const record = { key: 'x', value: Buffer.from('x'), headers: {}, timestamp: '1', partition: 0 };
    await expect(other.send([record])).rejects.toMatchObject({ code: 'producer_fenced' });
    await other.close();
    const { repeats } = await checkTopic(system);
    expect(repeats.every((count) => count === 0)).toBe(true);
  });
});
