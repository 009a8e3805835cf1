import { setTimeout as delay } from 'node:timers/promises';
import type { KafkaAdmin } from '../../shared/adapters/kafka/admin.ts';
import type { Kafka } from '../../shared/adapters/kafka/client.ts';
import {
  openProducer,
  ProducerFenced,
  type TransactionalProducer,
} from '../../shared/adapters/kafka/producer.ts';
import { inspectTopic, type TopicSettings } from '../../shared/adapters/kafka/topic.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import { Fenced } from '../errors.ts';
import type { Session } from '../follow/consumer.ts';
import type { RelayCheckpoint } from './checkpoint.ts';
import { Sending, type SendingOptions } from './sending.ts';
import { assertSame, claimTopic } from './topic.ts';

export interface RelayOptions extends SendingOptions {
  readonly kafka: Kafka;
  readonly admin: KafkaAdmin;
  readonly topic: TopicSettings;
}

const WATCH_MS = 10_000;
/** How long a send that is under way at a stop may still take. */
const FINISH_MS = 8_000;

/** Transactional id: one for each topic, so that whoever takes a topic over fences the one before. */
export const transactionalIdOf = (topic: string): string => `license-relay-${topic}`;

/**
 * Sends the log's events to the topic from the checkpoint on, until the signal aborts: one transaction after another,
 * each followed by the checkpoint. Returns or throws when nothing is under way any more.
 * @throws FeedStop, Fenced, CheckpointMoved, EventStoreUnavailable, KafkaUnavailable, or an error of PostgreSQL
 */
export async function relay(options: RelayOptions, session: Session): Promise<void> {
  try {
    await send(options, session);
  } catch (error) {
    if (!(error instanceof ProducerFenced)) throw error;
    throw new Fenced(error.message, ONE_DATABASE, { cause: error });
  }
}

const ONE_DATABASE = 'run the relays of one topic with one database, or give each a topic of its own';

async function send(options: RelayOptions, session: Session): Promise<void> {
  const { admin, feed, kafka, pool, topic } = options;
  const { signal } = session;
  // First of all: from here on nobody else can move what is read below.
  const producer = await openUnlessAborted(kafka, topic.topic, signal);
  const inner = new AbortController();
  const following = AbortSignal.any([signal, inner.signal]);
  let finish: NodeJS.Timeout | undefined;
  const cutOff = () => {
    finish = setTimeout(() => void producer.close(), FINISH_MS);
  };
  signal.addEventListener('abort', cutOff, { once: true });
  try {
    const claimed = await unlessAborted(claimTopic(admin, pool, topic), signal);
    await feed.verify(claimed.checkpoint.last, signal);
    const sending = new Sending(options, session, producer, claimed);
    session.started();
    void watchTopic(options, sending, following).catch((error: unknown) => inner.abort(error));
    await sending.follow(following);
    inner.signal.throwIfAborted();
  } finally {
    signal.removeEventListener('abort', cutOff);
    clearTimeout(finish);
    inner.abort();
    await producer.close();
  }
}

/** A broker that is frozen answers nobody for half a minute: a stop does not wait for it. */
async function openUnlessAborted(
  kafka: Kafka,
  topic: string,
  signal: AbortSignal,
): Promise<TransactionalProducer> {
  const opening = openProducer(kafka, { topic, transactionalId: transactionalIdOf(topic) });
  try {
    return await unlessAborted(opening, signal);
  } catch (error) {
    // One that opens after all has nobody to use it. Why it did not is thrown here, or of interest to nobody any more.
    void opening.then(
      (producer) => producer.close(),
      () => undefined,
    );
    throw error;
  }
}

/** Looks from time to time whether the topic still is what it was. */
async function watchTopic(
  { admin, topic }: Pick<RelayOptions, 'admin' | 'topic'>,
  sending: { readonly checkpoint: RelayCheckpoint },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const ended = await delay(WATCH_MS, undefined, { signal, ref: false }).then(
      () => false,
      () => true,
    );
    if (ended) return;
    // Before the question: what is sent meanwhile may not be in its answer.
    const { checkpoint } = sending;
    assertSame(checkpoint, await inspectTopic(admin, topic.topic));
  }
}
