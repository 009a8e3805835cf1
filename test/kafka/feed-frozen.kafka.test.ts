import { afterEach, beforeEach, expect, test } from 'vitest';
import { laneOfPartition } from '../../projector/kafka/lane.ts';
import { ReadModelWriter, writerSettings } from '../../projector/write/read-model-writer.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { createReader } from '../../shared/events/codec.ts';
import { kafkaLane, partitionOf } from '../../shared/read-model/lanes.ts';
import { listen } from '../integration/projector/customers.ts';
import { silent } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { startKafka } from '../support/kafka.ts';
import type { TestServer } from '../support/servers.ts';
import { caughtUp, createFeedSystem, type FeedSystem, PARTITIONS } from './feed-system.ts';

/** Of the 20 s that a process has to stop, with time for what else it has to do. */
const STOP_MS = 10_000;

let broker: TestServer;
let system: FeedSystem;
beforeEach(async () => {
  broker = await startKafka();
  system = await createFeedSystem({ brokers: broker.url });
});
afterEach(async () => {
  broker.thaw();
  await system[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});

type Projector = Awaited<ReturnType<FeedSystem['projectKafka']>>;

async function stopTakes(projector: Projector): Promise<number> {
  const began = performance.now();
  await projector.stop();
  return performance.now() - began;
}

test('a projector stops in time while Kafka is frozen, whether it follows or is about to join', async () => {
  await system.author().signUp();
  await system.relay();
  const following = await system.projectKafka();
  await caughtUp(system);
  broker.freeze();
  const joining = await system.projectKafka();
  await eventually('it waits', async () => {
    const text = await (await fetch(`${joining.url}/metrics`)).text();
    return /projector_feed_state\{.*state="waiting".*\} 1/.test(text);
  });
  expect(await stopTakes(following)).toBeLessThan(STOP_MS);
  expect(await stopTakes(joining)).toBeLessThan(STOP_MS);
}, 240_000);

/** Whoever has the lane now applies what the log holds of it. */
async function writeElsewhere(partition: number) {
  await using stack = new AsyncDisposableStack();
  const pool = createPool({
    connectionString: system.databaseUrl,
    applicationName: 'test',
    max: 2,
    settings: writerSettings('read_model'),
    logger: silent,
  });
  stack.defer(() => pool.end());
  const owner = { feed: 'kafka', topic: system.topic, partitions: PARTITIONS } as const;
  const lane = laneOfPartition(owner, partition);
  const writer = new ReadModelWriter({ pool, lane }, { reader: createReader(), vault: system.vault });
  await writer.load();
  const { last } = writer.checkpoint;
  const log = await Array.fromAsync(system.log.readAll(last ? { from: last.position } : {}));
  const events = log.filter(({ data }) => lane.owns(String(data.userId)));
  // Where the relay will have sent them: behind the last record and the marker of its transaction.
  const from = (last?.offset ?? 0n) + 2n;
  const records = events.map((event, i) => ({ ...event, offset: from + BigInt(i) }));
  const position = events.at(-1)?.position ?? writer.checkpoint.position;
  await writer.write(await writer.decode({ events: records, position }));
}

test('one that is cut off from Kafka is silent of lanes that others write, and soon says that it is cut off', async () => {
  using ear = await listen(system);
  const spoke = (lane: string) => ear.notices.filter((notice) => notice.lane === lane).length;
  const forget = () => void ear.notices.splice(0);
  const user = system.author();
  const partition = partitionOf(user.userId, PARTITIONS);
  const [lane, other] = [kafkaLane(partition), kafkaLane((partition + 1) % PARTITIONS)];
  await user.signUp();
  await system.relay();
  const projector = await system.projectKafka();
  await caughtUp(system);
  await eventually('it beats', () => spoke(lane) > 0 && spoke(other) > 0);
  broker.freeze();
  await user.activate('laptop');
  await writeElsewhere(partition);
  await eventually('it has seen that', () => projector.lines.some(({ msg }) => msg === 'checkpoint_moved'));
  forget();
  await eventually('it speaks of what nobody else writes', () => spoke(other) >= 3);
  expect(spoke(lane)).toBe(0);
  await eventually(
    'it knows that Kafka is away',
    async () => {
      const text = await (await fetch(`${projector.url}/metrics`)).text();
      return (
        /projector_feed_state\{.*state="waiting".*\} 1/.test(text) &&
        /projector_kafka_partitions\{.*\} 0/.test(text)
      );
    },
    30_000,
  );
  broker.thaw();
  await eventually('the topic takes records', () => system.relay().then(() => true), 60_000);
  forget();
  await eventually('it has its lanes again', () => spoke(lane) > 0 && spoke(other) > 0, 60_000);
}, 240_000);
