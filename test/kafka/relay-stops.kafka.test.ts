import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readRelayConfig } from '../../projector/relay/config.ts';
import type { Admin } from '../../shared/adapters/kafka/client.ts';
import { kafkaClient } from '../support/kafka/kafka.ts';
import { createDatabase } from '../support/servers/databases.ts';
import { checkpointOf, checkTopic } from './relay-checks.ts';
import { createRelaySystem, type RelaySystem, ready, relayed, stopped } from './relay-system.ts';
import { readTopic } from './topic-reader.ts';

let system: RelaySystem;
let admin: Admin;
beforeEach(async () => {
  system = await createRelaySystem();
  admin = kafkaClient(system.brokers).admin();
  await admin.connect();
});
afterEach(async () => {
  await admin.disconnect();
  await system[Symbol.asyncDispose]();
});

const makeTopic = (numPartitions: number, configs: Record<string, string> = {}) =>
  admin.createTopics({
    waitForLeaders: true,
    topics: [
      {
        topic: system.topic,
        numPartitions,
        configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
      },
    ],
  });

/** A relay that has sent something and was stopped. */
async function usedTopic(): Promise<void> {
  const relay = await system.relay();
  await relayed(system, await system.author().signUp());
  await relay.stop();
}

const topicConfig = async (...configNames: string[]) => {
  const resource = { type: 2, name: system.topic, configNames };
  const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
  return Object.fromEntries(
    resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? [],
  );
};

describe('the topic', () => {
  test('is made to keep everything for ever, or as long as it is told to', async () => {
    await ready(await system.relay());
    const names = ['cleanup.policy', 'retention.ms', 'retention.bytes', 'message.timestamp.type'];
    expect(await topicConfig(...names)).toEqual({
      'cleanup.policy': 'delete',
      'retention.ms': '-1',
      'retention.bytes': '-1',
      'message.timestamp.type': 'CreateTime',
    });
    await using other = await createRelaySystem();
    await ready(await other.relay({ KAFKA_TOPIC_RETENTION_DAYS: '30', KAFKA_TOPIC_REPLICATION: '1' }));
    const resource = { type: 2, name: other.topic, configNames: ['retention.ms'] };
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    expect(resources[0]?.configEntries[0]?.configValue).toBe(String(30 * 86_400_000));
  });

  test('that is there already and empty is taken as it is', async () => {
    await makeTopic(5);
    await ready(await system.relay());
    await relayed(system, await system.author().signUp());
    await checkTopic(system, 5);
  });

  test('that holds what nobody here has sent stops the relay', async () => {
    await makeTopic(3);
    const producer = kafkaClient(system.brokers).producer({ allowAutoTopicCreation: false });
    await producer.connect();
    await producer.send({ topic: system.topic, messages: [{ value: 'x' }] });
    await producer.disconnect();
    const relay = await system.relay();
    expect(await stopped(relay)).toContain('does not know how far they go; name another topic');
  });

  test('whose last transactions are not marked yet is not one that ends too early', async () => {
    await makeTopic(1);
    const relay = await system.relay();
    await relayed(system, await system.author().signUp());
    // Whatever is committed behind an open transaction is hidden from `read_committed` consumers, as it is where a
    // broker was killed before it had marked a commit.
    const other = kafkaClient(system.brokers).producer({ transactionalId: `open-${system.topic}` });
    await other.connect();
    const open = await other.transaction();
    await open.send({ topic: system.topic, messages: [{ value: 'x', partition: 0 }] });
    await relayed(system, await system.author().signUp());
    await relay.stop();
    const seen = (await admin.fetchTopicOffsets(system.topic))[0]?.high;
    const { rows } = await system.pool.query('SELECT ends[1] AS sent FROM relay.checkpoints');
    expect(Number(seen)).toBeLessThan(Number(rows[0].sent));

    const again = await system.relay();
    await ready(again);
    await relayed(system, await system.author().signUp());
    expect(again.lines.filter(({ msg }) => msg === 'relay_stopped')).toEqual([]);
    await open.abort();
    await other.disconnect();
  });

  test('whose partitions were changed stops the relay, also while it runs', async () => {
    await usedTopic();
    await admin.createPartitions({ topicPartitions: [{ topic: system.topic, count: 4 }] });
    const relay = await system.relay();
    expect(await stopped(relay)).toContain('has 4 partitions and had 3');
    await relay.stop();

    await using other = await createRelaySystem();
    const running = await other.relay();
    await ready(running);
    await relayed(other, await other.author().signUp());
    await admin.createPartitions({ topicPartitions: [{ topic: other.topic, count: 4 }] });
    // What is sent until it is noticed still goes where it went before.
    await relayed(other, await other.author().signUp());
    expect(await stopped(running)).toContain('name a new topic in KAFKA_TOPIC');
    await checkTopic(other, 3);
  });

  test('that is compacted stops the relay, and it goes on once that is put right', async () => {
    await makeTopic(3, { 'cleanup.policy': 'compact' });
    const relay = await system.relay();
    expect(await stopped(relay)).toContain('set cleanup.policy=delete');
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        { type: 2, name: system.topic, configEntries: [{ name: 'cleanup.policy', value: 'delete' }] },
      ],
    });
    await ready(relay);
    await relayed(system, await system.author().signUp());
  });

  test('that was deleted, or made again, stops the relay', async () => {
    await usedTopic();
    await admin.deleteTopics({ topics: [system.topic] });
    const relay = await system.relay();
    expect(await stopped(relay)).toContain('does not exist any more');
    await makeTopic(3);
    await relay.stop();
    const second = await system.relay();
    expect(await stopped(second)).toContain('ends before the last record that was sent to it');
    // The way out that it names publishes everything again.
    await system.pool.query('DELETE FROM relay.checkpoints WHERE topic = $1', [system.topic]);
    await ready(second);
    await relayed(system, await system.author().signUp());
    await checkTopic(system);
  });
});

describe('the log', () => {
  test('that does not have the last event that was sent stops the relay', async () => {
    await usedTopic();
    await using empty = await createDatabase();
    await system.stopStore();
    await system.startStore(empty.url);
    await system.author().signUp();
    const relay = await system.relay();
    expect(await stopped(relay)).toMatch(/does not have event .* publish everything again/);
    const before = await readTopic(system.brokers, system.topic);
    await system.stopStore();
    await system.startStore();
    await ready(relay);
    await relayed(system, await system.author().signUp());
    expect((await readTopic(system.brokers, system.topic)).length).toBe(before.length + 2);
  });

  test('with an event that is not known here stops the relay behind the last that is', async () => {
    const relay = await system.relay();
    await ready(relay);
    const user = system.author();
    const position = await user.signUp();
    const known = await user.encode({ type: 'LoggedOut', data: loggedOut(user.userId) });
    await user.appendRaw({ ...known, type: 'SubscriptionGifted' });
    await user.append({ type: 'UserErased', data: { userId: user.userId, emailBlocked: false } });
    expect(await stopped(relay)).toContain('run a version of the relay that knows it');
    expect(await checkpointOf(system)).toBe(position);
    const types = (await readTopic(system.brokers, system.topic)).map(({ message }) =>
      String(message.headers?.ce_type),
    );
    expect(types.sort()).toEqual(['EmailReserved', 'UserSignedUp']);
  });
});

const loggedOut = (userId: string) => ({
  userId,
  tokenId: userId,
  expiresAt: '2026-01-01T00:00:00.000Z',
});

test('a wrong setting stops the start with its name', () => {
  const wrong = { ...system.env(), KAFKA_TOPIC_PARTITIONS: '0', KAFKA_BROKERS: 'nowhere' };
  expect(() => readRelayConfig(wrong)).toThrow(/KAFKA_BROKERS: .*KAFKA_TOPIC_PARTITIONS: /s);
});
