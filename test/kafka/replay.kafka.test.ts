import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { partitionOf } from '../../shared/adapters/kafka/partitioner.ts';
import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import { fromKafkaRecord } from '../../shared/events/cloud-event.ts';
import { createReplaySystem, type ReplaySystem } from '../integration/replay/system.ts';
import { eventually } from '../support/eventually.ts';
import { kafkaClient } from '../support/kafka/kafka.ts';
import { readTopic } from './topic-reader.ts';

const EVENTS = 20_000;
const brokers = inject('kafkaBrokers');
const newName = () => `replay-${randomUUID()}`;
let system: ReplaySystem;
let log: RecordedEvent[];

beforeAll(async () => {
  system = await createReplaySystem({ events: EVENTS, users: 2_000 });
  log = [];
  for await (const event of system.log.readAll()) {
    const { requestDigest: _, ...metadata } = event.metadata;
    log.push({ ...event, metadata });
  }
}, 120_000);
afterAll(() => system[Symbol.asyncDispose]());

const env = { KAFKA_BROKERS: brokers, KAFKA_TOPIC_PARTITIONS: '3' };
const replay = (...args: string[]) => system.replay(args, env);

/** The events of a topic by user, each in the order of its partition. */
async function consumed(
  topic: string,
): Promise<{ events: RecordedEvent[]; partitions: Map<string, number> }> {
  const partitions = new Map<string, number>();
  const events = (await readTopic(brokers, topic)).map(({ partition, message }) => {
    partitions.set(String(message.key), partition);
    return fromKafkaRecord(message);
  });
  return { events, partitions };
}
/** How many records the topic holds, those of a transaction under way not counted; 0 while it is not there. */
async function records(topic: string): Promise<number> {
  const admin = kafkaClient(brokers).admin();
  await admin.connect();
  try {
    if (!(await admin.listTopics()).includes(topic)) return 0;
    const ends = await admin.fetchTopicOffsets(topic);
    return ends.reduce((sum, { offset }) => sum + Number(offset), 0);
  } finally {
    await admin.disconnect();
  }
}
const byUser = (events: readonly RecordedEvent[]) =>
  Object.groupBy(events, ({ data }) => String(data.userId));

describe('replay into a topic', () => {
  it('makes the topic and writes the events as the log has them, each user’s in order and in their partition', async () => {
    const topic = newName();
    const { code, stdout, stderr } = await replay('--topic', topic);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).toContain(`Made the topic ${topic}, with 3 partitions.`);
    const { events, partitions } = await consumed(topic);
    expect(events).toHaveLength(EVENTS);
    expect(byUser(events)).toEqual(byUser(log));
    for (const [user, partition] of partitions) expect(partition).toBe(partitionOf(user, 3));
  });

  it('takes the filters', async () => {
    const topic = newName();
    expect(await replay('--topic', topic, '--type', 'UserErased')).toMatchObject({ code: 0 });
    const { events } = await consumed(topic);
    expect(byUser(events)).toEqual(byUser(log.filter(({ type }) => type === 'UserErased')));
    expect(events.length).toBeGreaterThan(10);
  });

  it('interrupted by Ctrl-C, names the position behind which the rest begins', async () => {
    const topic = newName();
    const { child, result } = system.start(['--topic', topic], env);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await result;
    expect(code).toBe(130);
    const position = /--after (\d+\/\d+) writes the rest/.exec(stderr)?.[1];
    const rest = position === undefined ? [] : ['--after', position];
    expect(await replay('--topic', topic, ...rest)).toMatchObject({ code: 0 });
    const { events } = await consumed(topic);
    expect(byUser(events)).toEqual(byUser(log));
  });

  it('killed, is run again: every event is there, the first time in its order', async () => {
    const topic = newName();
    const { child, result } = system.start(['--topic', topic], env);
    await eventually('a transaction is committed', async () => (await records(topic)) > 0, 60_000);
    child.kill('SIGKILL');
    await result;
    expect(await replay('--topic', topic)).toMatchObject({ code: 0 });
    const { events } = await consumed(topic);
    // A repeat is the very same event, with the same id.
    const first = new Map(events.map((event) => [event.id, event]));
    expect(byUser([...first.values()])).toEqual(byUser(log));
    expect(events.length).toBeGreaterThan(EVENTS);
  });

  it('refuses the topic of the live events, a compacted one, and unencrypted personal data', async () => {
    expect(await replay('--topic', 'license-events')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('KAFKA_TOPIC'),
    });
    const topic = newName();
    const admin = kafkaClient(brokers).admin();
    await admin.connect();
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }];
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries }] });
    await admin.disconnect();
    expect(await replay('--topic', topic)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('compacted'),
    });
    expect(await replay('--topic', newName(), '--with-personal')).toMatchObject({ code: 2 });
  });

  it('says so when the brokers are unreachable', async () => {
    const { code, stderr } = await system.replay(['--topic', newName()], { KAFKA_BROKERS: '127.0.0.1:1' });
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('Kafka') });
  });

  // The last one: it adds to the log.
  it('leaves out what another program wrote, names it, and goes on', async () => {
    const user = system.author();
    await user.signUp();
    await user.appendRaw({ id: randomUUID(), type: 'Note', data: { text: 'hello' }, metadata: {} });
    await user.activate('behind');
    const topic = newName();
    const { code, stderr } = await replay('--topic', topic, '--user', user.userId);
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('another program') });
    expect((await consumed(topic)).events.map(({ type }) => type).sort()).toEqual([
      ...['EmailReserved', 'LicenseActivated', 'UserSignedUp'],
    ]);
  });
});
