import { PositionNotInLog } from '../../shared/event-log/errors.ts';
import type { EventLog, FeedMessage } from '../../shared/event-log/event-log.ts';
import { formatPosition } from '../../shared/event-log/position.ts';
import { STREAM_PREFIXES, userStream } from '../../shared/events/streams.ts';
import { unlessAborted } from '../../shared/unless-aborted.ts';
import { READ_MODELS, storeReplaced, type Written } from '../errors.ts';
import { Backlog } from './backlog.ts';
import type { FeedBatch, LogFeed } from './feed.ts';

/**
 * The event log as a consumer's feed: a catch-up subscription, filtered by stream prefix at the server.
 * @param written what the consumer makes of it, for messages
 */
export function eventStoreFeed(log: EventLog, maxBatch: number, written: Written = READ_MODELS): LogFeed {
  // Twice a batch: the next one arrives while this one is written.
  const backlog = new Backlog<FeedMessage>(maxBatch * 2);
  return {
    async verify(last, signal) {
      if (!last) return;
      const found = await unlessAborted(log.readEventAt(last.position), signal);
      if (found?.id !== last.id) throw storeReplaced(last.id, formatPosition(last.position), written);
    },

    async *batches(last, signal) {
      /*
       * From the last applied event, not from a later server checkpoint: a store restored to a moment between the two
       * would give those positions to other events, which would never be seen. It costs the server a second look at
       * other people's events.
       */
      const from = last?.position ?? 'start';
      const messages = log.subscribe({ after: from, streamPrefixes: STREAM_PREFIXES, signal });
      try {
        for await (const taken of backlog.through(messages, maxBatch)) yield toBatch(taken);
      } catch (error) {
        // Replaced since it was verified.
        if (!last || !(error instanceof PositionNotInLog)) throw error;
        throw storeReplaced(last.id, formatPosition(last.position), written);
      }
    },

    get waiting() {
      const first = backlog.first;
      return { events: backlog.size, since: first?.kind === 'event' ? first.event.created : undefined };
    },

    async end() {
      for await (const { id, stream, position, created } of log.readAll({ direction: 'backwards' })) {
        if (STREAM_PREFIXES.some((prefix) => stream.startsWith(prefix))) return { id, position, at: created };
      }
      return undefined;
    },

    userEvents: (userId, fromRevision) => log.readStream(userStream(userId), { from: fromRevision }),
  };
}

function toBatch(messages: readonly FeedMessage[]): FeedBatch {
  const last = messages.at(-1) as FeedMessage;
  return {
    events: messages.flatMap((message) => (message.kind === 'event' ? [message.event] : [])),
    position: last.kind === 'event' ? last.event.position : last.position,
  };
}
