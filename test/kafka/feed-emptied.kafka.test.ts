import { afterEach, beforeEach, expect, test } from 'vitest';
import { moveCheckpoint, rememberTopic } from '../../projector/relay/checkpoint.ts';
import type { RecordedEvent } from '../../shared/event-log.ts';
import { partitionOf } from '../../shared/read-model/lanes.ts';
import { type Author, newId } from '../integration/projector/author.ts';
import { readiness } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { compareWithDirect, differing } from './direct-build.ts';
import { caughtUp, createFeedSystem, type FeedSystem, PARTITIONS } from './feed-system.ts';

let system: FeedSystem;
beforeEach(async () => {
  system = await createFeedSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

/** Where the topic's partitions end. With `drop` all records are gone afterwards, as by its retention. */
async function ends({ drop = false } = {}) {
  const admin = system.kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(system.topic);
    const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }));
    if (drop) await admin.deleteTopicRecords({ topic: system.topic, partitions });
    return new Map(partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  } finally {
    await admin.disconnect();
  }
}

/** What the relay stores once it has sent everything that is in the log. */
async function relayStores() {
  const remembered = await rememberTopic(system.pool, system.topic, PARTITIONS);
  const last = (await Array.fromAsync(system.log.readAll())).at(-1) as RecordedEvent;
  const { id, position, created: at } = last;
  await moveCheckpoint(system.pool, remembered, { id, position, at }, await ends());
}

/** A user whose event is applied, under the Kafka feed; no projector is at work. */
async function applied(): Promise<Author> {
  const user = system.author(idInFirstLane());
  await user.signUp();
  await system.relay();
  const projector = await system.projectKafka();
  await caughtUp(system);
  await projector.stop();
  return user;
}

function idInFirstLane(): string {
  for (;;) {
    const id = newId();
    if (partitionOf(id, PARTITIONS) === 0) return id;
  }
}

test('an emptied partition, and a relay that is merely behind: the projector waits for what it has yet to send', async () => {
  const user = await applied();
  await system.relay();
  await ends({ drop: true });
  await relayStores();
  await user.activate('phone');
  const projector = await system.projectKafka();
  await eventually('ready', async () => (await readiness(projector)).status === 200, 40_000);
  await system.relay();
  await caughtUp(system);
  expect(projector.lines.filter(({ msg }) => msg === 'feed_stopped')).toEqual([]);
  expect(differing(await compareWithDirect(system))).toEqual([]);
});

test('an emptied partition that has held the event which the relay sent last: it is missing', async () => {
  const user = await applied();
  await user.activate('phone');
  await system.relay();
  await ends({ drop: true });
  await relayStores();
  const projector = await system.projectKafka();
  await eventually(
    'it stops',
    () => projector.lines.some(({ msg, err }) => msg === 'feed_stopped' && err?.code === 'records_missing'),
    40_000,
  );
  expect((await system.pool.query('SELECT FROM read_model.licenses')).rowCount).toBe(0);
});
