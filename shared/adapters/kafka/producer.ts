import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaRecord } from '../../events/cloud-event.ts';
import type { Kafka, Producer } from './client.ts';
import { isKafkaUnavailable, KafkaUnavailable } from './errors.ts';
import { compressQuickly, GZIP } from './gzip.ts';
import { encodeRecordsQuickly } from './record-encoder.ts';

/** A record and the partition it goes to; the driver's own choice may change with the topic's partitions. */
export interface PlacedRecord extends KafkaRecord {
  readonly partition: number;
}

/** Another producer with this transactional id was opened later, or the brokers gave this one up: it writes no more. */
export class ProducerFenced extends Error {
  readonly code = 'producer_fenced';
  constructor(options?: ErrorOptions) {
    super('another producer with the same transactional id has taken over', options);
    this.name = 'ProducerFenced';
  }
}

/** The brokers take no batch of this size. */
export class RecordsTooLarge extends Error {
  readonly code = 'records_too_large';
  constructor(options?: ErrorOptions) {
    super('a batch of records is larger than the topic takes', options);
    this.name = 'RecordsTooLarge';
  }
}

export interface TransactionalProducer {
  /**
   * Sends the records in one transaction, in their order within each partition, and resolves when it is committed:
   * durable by the topic's rules and seen by `read_committed` consumers. Answers the offset behind the last record of
   * each partition that got any. One call at a time. After an error the outcome is unknown, and this producer is done
   * with: close it and open another.
   * @throws ProducerFenced, RecordsTooLarge, KafkaUnavailable
   */
  send(records: readonly PlacedRecord[]): Promise<ReadonlyMap<number, bigint>>;
  /** Ends a send that is under way, with an error. Takes 2 s at most. */
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly topic: string;
  /** Whoever opens a producer with it last is the only one who can write. */
  readonly transactionalId: string;
}

/**
 * After this long the brokers abort a transaction whose producer has gone silent; a new producer with its id ends it at
 * once. Until then `read_committed` consumers wait in front of it, where nothing else would come either.
 */
const TRANSACTION_TIMEOUT_MS = 60_000;
const ALL_REPLICAS = -1;
const CLOSE_MS = 2_000;

encodeRecordsQuickly();
compressQuickly();

/**
 * Opens a producer and takes its transactional id over: producers opened before can't write any more, and what they
 * had not committed is aborted.
 * @throws KafkaUnavailable, ProducerFenced
 */
export async function openProducer(kafka: Kafka, options: ProducerOptions): Promise<TransactionalProducer> {
  const { topic, transactionalId } = options;
  const producer = kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    // A transaction that follows on another one is refused for a few milliseconds, and tried again after this.
    retry: { initialRetryTime: 5 },
  });
  try {
    await producer.connect();
    // The driver asks for the id only with the first transaction.
    await (await producer.transaction()).abort();
  } catch (error) {
    await producer.disconnect();
    throw told(error);
  }
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => 'thrown by the send that it ends');
  let underWay: Promise<unknown> = Promise.resolve();
  // What it can't tell the brokers any more they find out by themselves.
  const disconnect = () => producer.disconnect().catch(() => undefined);
  return {
    async send(records) {
      const sending = sendAll(producer, topic, records);
      underWay = sending.catch(() => 'thrown below');
      try {
        return await Promise.race([sending, closed.promise]);
      } catch (error) {
        throw told(error);
      }
    },
    async close() {
      closed.reject(new KafkaUnavailable({ cause: new Error('the producer was closed') }));
      // A send that goes on in the driver would connect again.
      void underWay.then(disconnect);
      // The driver waits for the answers to what it has asked: too long, where a broker has stopped answering.
      await Promise.race([disconnect(), delay(CLOSE_MS)]);
    },
  };
}

async function sendAll(producer: Producer, topic: string, records: readonly PlacedRecord[]) {
  const transaction = await producer.transaction();
  const written = await transaction.send({
    topic,
    messages: records.map(toMessage),
    acks: ALL_REPLICAS,
    compression: GZIP,
  });
  await transaction.commit();
  const counts = new Map<number, number>();
  for (const { partition } of records) counts.set(partition, (counts.get(partition) ?? 0) + 1);
  const ends = new Map<number, bigint>();
  for (const { partition, baseOffset } of written) {
    ends.set(partition, BigInt(baseOffset ?? 0) + BigInt(counts.get(partition) ?? 0));
  }
  return ends;
}

const toMessage = ({ key, value, headers, timestamp, partition }: PlacedRecord) => ({
  key,
  value,
  headers: headers as Record<string, string>,
  timestamp,
  partition,
});

/** Names of the protocol, and the number of one that the driver has no name for. */
const FENCED = new Set<unknown>(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 90]);
const TOO_LARGE = new Set<unknown>(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);
/** The brokers' memory of this producer is not what it thinks: a new one knows better. */
const LOST = new Set<unknown>([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'DUPLICATE_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
]);

/** The driver's error as one of this system's, where it is one. */
function told(error: unknown): unknown {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const names = [Reflect.get(at, 'type'), Reflect.get(at, 'code')];
    if (names.some((name) => FENCED.has(name))) return new ProducerFenced({ cause: error });
    if (names.some((name) => TOO_LARGE.has(name))) return new RecordsTooLarge({ cause: error });
    if (names.some((name) => LOST.has(name))) return new KafkaUnavailable({ cause: error });
  }
  return isKafkaUnavailable(error) ? new KafkaUnavailable({ cause: error }) : error;
}
