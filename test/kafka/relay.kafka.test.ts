import { randomUUID } from 'node:crypto';
import { type CloudEvent, Kafka } from 'cloudevents';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startNode } from '../support/cluster/node.ts';
import { checkTopic } from './relay-checks.ts';
import { createRelaySystem, metric, type RelaySystem, ready, relayed } from './relay-system.ts';
import { readTopic } from './topic-reader.ts';

let system: RelaySystem;
beforeEach(async () => {
  system = await createRelaySystem();
});
afterEach(() => system[Symbol.asyncDispose]());

/** Two users' events, some of them there before the relay. Answers what is personal in them. */
async function relayTwoUsers() {
  const before = system.author();
  await before.signUp();
  await before.subscribe();
  const relay = await system.relay();
  await ready(relay);
  const later = system.author();
  await later.signUp();
  await before.activate('a', 'Ada’s laptop');
  await relayed(
    system,
    await later.append({ type: 'UserErased', data: { userId: later.userId, emailBlocked: false } }),
  );
  return { relay, personal: [before.email, later.email, 'Ada’s laptop'] };
}

describe('the relay', () => {
  test('makes the topic and sends every event once, each user’s in order to one partition', async () => {
    const { relay } = await relayTwoUsers();
    const { events, repeats } = await checkTopic(system);
    expect(repeats).toEqual(events.map(() => 0));
    expect(await metric(relay, 'relay_events_total')).toBe(events.length);
    expect(await metric(relay, 'relay_events_total', 'type="UserErased"')).toBe(1);
    expect(await metric(relay, 'relay_lag_events')).toBe(0);
  });

  test('keeps personal data sealed, and is understood by any CloudEvents consumer', async () => {
    const { personal } = await relayTwoUsers();
    const records = await readTopic(system.brokers, system.topic);
    expect(records.length).toBe(7);
    for (const { message } of records) {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      const { key, value } = message;
      const record = { key: String(key), value, headers, body: value };
      const event = Kafka.toEvent(record) as CloudEvent<{ userId: string }>;
      expect(event.validate()).toBe(true);
      expect(event.subject).toBe(event.data?.userId);
      for (const secret of personal) expect(JSON.stringify([headers, event])).not.toContain(secret);
    }
  });

  test('goes on behind an event whose time is 40 days ahead, and one that another program wrote', async () => {
    const storePort = Number(new URL(system.env().EVENTSTORE_URL).port);
    await using node = await startNode({ storePort });
    node.aheadMs = 40 * 86_400_000;
    const relay = await system.relay({ EVENTSTORE_URL: node.connectionString });
    await relayed(system, await system.author().signUp());
    const foreign = [{ id: randomUUID(), type: 'NoteTaken', data: {}, metadata: {} }];
    await system.log.append(`user-${randomUUID()}`, 'no_stream', foreign, { deadlineMs: 5_000 });
    await relayed(system, await system.author().signUp());
    expect(await readTopic(system.brokers, system.topic)).toHaveLength(4);
    expect(relay.lines.filter(({ msg }) => msg === 'foreign_event_not_sent')).toHaveLength(1);
    await relay.stop();
  });

  test('fills another topic beside the first, each by a relay of its own', async () => {
    await relayTwoUsers();
    const second = { ...system, topic: `${system.topic}-2` };
    await ready(await system.relay({ KAFKA_TOPIC: second.topic, KAFKA_TOPIC_PARTITIONS: '5' }));
    const position = await system.author().signUp();
    await relayed(system, position);
    await relayed(second, position);
    await checkTopic(second, 5);
    await checkTopic(system);
  });
});
