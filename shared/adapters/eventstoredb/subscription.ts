import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { EventStoreUnavailable } from '../../event-log/errors.ts';
import type { FeedMessage } from '../../event-log/event-log.ts';
import type { Connection } from './nodes/connection.ts';
import type { ReadMessage } from './read-message.ts';
import { messages } from './reads.ts';

/**
 * The messages of a subscription, see `EventLog.subscribe`. Events and checkpoints stay in the one order in which
 * the server sent them. (The official client's subscription calls back for a checkpoint as soon as it has decoded it,
 * ahead of all events that it has decoded before and that still wait in its buffer.) Silence is normal here: a dead
 * connection is noticed by the connection's keep-alive.
 */
export async function* subscription(
  connection: Connection,
  request: ReadReq,
  signal: AbortSignal,
): AsyncGenerator<readonly FeedMessage[], void> {
  for await (const batch of messages(connection, request, { signal, silenceMs: 0 })) {
    const wanted = toFeed(batch);
    if (wanted.feed.length > 0) yield wanted.feed;
    if (wanted.error) throw wanted.error;
  }
  if (!signal.aborted) throw new EventStoreUnavailable({ cause: new Error('the subscription ended') });
}

/** What came before a message that can't be read is still handed on. */
function toFeed(batch: readonly ReadMessage[]): { feed: FeedMessage[]; error?: Error } {
  const feed: FeedMessage[] = [];
  for (const message of batch) {
    if (message.kind === 'unreadable') return { feed, error: message.error };
    if (message.kind === 'event' || message.kind === 'checkpoint') feed.push(message);
  }
  return { feed };
}
