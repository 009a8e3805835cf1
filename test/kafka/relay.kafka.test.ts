import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RecordedEvent } from '../../shared/adapters/eventstoredb/event-log.ts';
import { fromKafkaRecord } from '../../shared/events/cloud-event.ts';
import { partitionOf } from '../../shared/read-model/lanes.ts';
import { createRelaySystem, metric, type RelaySystem, ready, relayed } from './relay-system.ts';
import { readTopic } from './topic-reader.ts';

let system: RelaySystem;
beforeEach(async () => {
  system = await createRelaySystem();
});
afterEach(() => system[Symbol.asyncDispose]());

/** The events of the log as a consumer of the topic gets them. */
async function logged(): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of system.log.readAll()) {
    const { requestDigest: _, ...metadata } = event.metadata;
    events.push({ ...event, metadata });
  }
  return events;
}

describe('the relay', () => {
  test('makes the topic and sends every event, each user’s in order to one partition', async () => {
    const before = system.author();
    await before.signUp();
    await before.subscribe();
    const relay = await system.relay();
    await ready(relay);
    const later = system.author();
    await later.signUp();
    await before.activate('a');
    await relayed(system, await later.append({ type: 'UserErased', data: { userId: later.userId } }));
    const records = await readTopic(system.brokers, system.topic);
    const events = records.map(({ message }) => fromKafkaRecord(message));
    const all = await logged();
    expect(events.length).toBe(all.length);
    for (const { partition, message } of records) {
      expect(partition).toBe(partitionOf(String(message.key), 3));
    }
    for (const userId of [before.userId, later.userId]) {
      const of = (some: RecordedEvent[]) => some.filter(({ data }) => data.userId === userId);
      expect(of(events)).toEqual(of(all));
    }
    expect(await metric(relay, 'relay_events_total')).toBe(all.length);
  });
});
