import type { EventLog, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { comparePositions } from '../../../shared/event-log/position.ts';
import { reservationStream, userStream } from '../../../shared/events/streams.ts';
import type { SourceOptions } from './source-options.ts';

const BATCH = 256;

interface Head {
  readonly events: AsyncIterator<RecordedEvent>;
  next: RecordedEvent;
}

/** The event that the log shows first; each stream is read no further ahead than its next event. */
function foremost(heads: ReadonlySet<Head>): Head | undefined {
  let first: Head | undefined;
  for (const head of heads) {
    if (!first || comparePositions(head.next.position, first.next.position) < 0) first = head;
  }
  return first;
}

/**
 * The events of some users, from their own streams, merged into the log's order: what reading the whole log and keeping
 * those users' events gives, without reading the rest; of reservations those of their emails and license keys, while the
 * whole log has those of external ids and trials, too.
 */
export async function* userEvents(options: SourceOptions): AsyncGenerator<RecordedEvent[], void> {
  const heads = new Set<Head>();
  try {
    for (const userId of options.users) {
      for (const stream of await streamsOf(options.log, userId, options.signal)) {
        const events = inRange(stream, options);
        const first = await events.next();
        if (!first.done) heads.add({ events, next: first.value });
      }
    }
    let batch: RecordedEvent[] = [];
    for (let head = foremost(heads); head && !options.signal.aborted; head = foremost(heads)) {
      batch.push(head.next);
      const { done, value } = await head.events.next();
      if (done) heads.delete(head);
      else head.next = value;
      if (batch.length >= BATCH) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0 && !options.signal.aborted) yield batch;
  } finally {
    for (const { events } of heads) await events.return?.();
  }
}

/**
 * The user's own stream, and of the streams that reserve their emails and license keys those events that are about this
 * user. What else is reserved for them has its digest in no event of theirs.
 */
async function streamsOf(
  log: EventLog,
  userId: string,
  signal: AbortSignal,
): Promise<AsyncIterable<RecordedEvent>[]> {
  const own = userStream(userId);
  const reserving = new Set<string>();
  for await (const { data } of log.readStream(own, { signal })) {
    if (typeof data.emailDigest === 'string') reserving.add(reservationStream('email', data.emailDigest));
    if (typeof data.keyDigest === 'string') reserving.add(reservationStream('key', data.keyDigest));
  }
  const reservations = [...reserving].map((stream) => about(userId, log.readStream(stream, { signal })));
  return [log.readStream(own, { signal }), ...reservations];
}

async function* about(userId: string, events: AsyncIterable<RecordedEvent>): AsyncGenerator<RecordedEvent> {
  for await (const event of events) if (event.data.userId === userId) yield event;
}

async function* inRange(
  events: AsyncIterable<RecordedEvent>,
  { after, end }: Pick<SourceOptions, 'after' | 'end'>,
): AsyncGenerator<RecordedEvent, void> {
  for await (const event of events) {
    if (comparePositions(event.position, end) > 0) return;
    if (!after || comparePositions(event.position, after) > 0) yield event;
  }
}
