import { randomUUID } from 'node:crypto';
import { inject } from 'vitest';
import { startProjector } from '../../projector/app.ts';
import { readProjectorConfig } from '../../projector/config.ts';
import type { Producer } from '../../shared/adapters/kafka/client.ts';
import type { RecordedEvent } from '../../shared/event-log.ts';
import { toKafkaRecord } from '../../shared/events/cloud-event.ts';
import type { Position } from '../../shared/events/position.ts';
import { createLogger } from '../../shared/logger.ts';
import { kafkaLane, partitionOf } from '../../shared/read-model/lanes.ts';
import { createSystem, type System, type SystemOptions } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { kafkaClient } from '../support/kafka.ts';
import { newTopic } from '../support/kafka-topics.ts';

export const PARTITIONS = 4;

interface LogLine {
  readonly msg: string;
  readonly way_out?: string;
  readonly err?: { readonly code?: string };
}

export interface FeedSystemOptions extends SystemOptions {
  readonly brokers?: string;
  readonly partitions?: number;
}

/** The projector's surroundings with a topic, which is filled when the test says so. */
export async function createFeedSystem(options: FeedSystemOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const brokers = options.brokers ?? inject('kafkaBrokers');
  const kafka = kafkaClient(brokers);
  const topic = await newTopic(kafka, options.partitions ?? PARTITIONS);
  const groupId = `test-${randomUUID()}`;
  const producer = kafka.producer({
    transactionalId: `test-${randomUUID()}`,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  stack.defer(() => producer.disconnect());
  const system = stack.use(await createSystem(options));
  const settings = {
    PROJECTOR_FEED: 'kafka',
    KAFKA_BROKERS: brokers,
    KAFKA_TOPIC: topic,
    KAFKA_GROUP: groupId,
    KAFKA_SESSION_TIMEOUT_MS: '6000',
  };
  let relayed: Position | undefined;
  const kept = stack.move();
  return {
    ...system,
    kafka,
    topic,
    producer,
    settings,
    /** A projector of the Kafka feed in this process, stopped with the system unless the test does it. */
    async projectKafka(more: Record<string, string> = {}) {
      const lines: LogLine[] = [];
      const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
      const logger = createLogger({ service: 'projector', level: 'info', destination });
      const config = readProjectorConfig({ ...system.env(), ...settings, ...more });
      const projector = await startProjector({ config, logger });
      kept.defer(() => projector.stop());
      return { ...projector, lines };
    },
    publish: (events: readonly RecordedEvent[]) => publish(producer, topic, events),
    /** What the relay does: everything behind what was sent before, in one transaction after another. */
    async relay(): Promise<void> {
      const events = await Array.fromAsync(system.log.readAll(relayed ? { from: relayed } : {}));
      for (let at = 0; at < events.length; at += 500)
        await publish(producer, topic, events.slice(at, at + 500));
      relayed = events.at(-1)?.position ?? relayed;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

export type FeedSystem = Awaited<ReturnType<typeof createFeedSystem>>;

/** Sends events in one transaction, so that a marker follows them in each partition. */
export async function publish(
  producer: Producer,
  topic: string,
  events: readonly RecordedEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const transaction = await producer.transaction();
  await transaction.send({ topic, acks: -1, messages: events.map(toMessage) });
  await transaction.commit();
}

function toMessage(event: RecordedEvent) {
  const { headers, ...record } = toKafkaRecord(event);
  return { ...record, headers: { ...headers } };
}

/** Row by row, and by what the lanes say of themselves. */
export const lanesOf = async ({ pool }: Pick<System, 'pool'>) =>
  (
    await pool.query<{ name: string; generation: number; kafka_offset: string | null; position: string }>(
      `SELECT name, generation, kafka_offset, position_commit || '/' || position_prepare AS position
       FROM read_model.checkpoints ORDER BY name`,
    )
  ).rows;

/** Waits until every lane has applied the last of its events in the log. */
export async function caughtUp(
  system: Pick<FeedSystem, 'log' | 'pool'>,
  partitions = PARTITIONS,
  timeoutMs = 60_000,
) {
  const last = new Map<string, string>();
  for await (const { id, data } of system.log.readAll()) {
    last.set(kafkaLane(partitionOf(String(data.userId), partitions)), id);
  }
  await eventually(
    'every lane has its last event',
    async () => {
      const { rows } = await system.pool.query<{ name: string; last_event_id: string }>(
        'SELECT name, last_event_id FROM read_model.checkpoints',
      );
      const applied = new Map(rows.map((row) => [row.name, row.last_event_id]));
      return [...last].every(([lane, id]) => applied.get(lane) === id);
    },
    timeoutMs,
  );
}
