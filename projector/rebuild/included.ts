import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { RecordedEvent } from '../../shared/event-log.ts';
import { comparePositions, type Position } from '../../shared/events/position.ts';
import { userOfStream } from '../../shared/events/streams.ts';
import type { Feed, FeedBatch, FeedEvent } from '../feeds/feed.ts';
import type { Live } from './live.ts';

/** The revision that the live rows have seen of each user: parked events are known there too. */
const seenIn = (schema: string) => `
SELECT asked.user_id, GREATEST(u.revision, (
  SELECT max(p.revision) FROM ${schema}.parked_events p WHERE p.user_id = asked.user_id
)) AS revision
FROM unnest($1::uuid[]) AS asked (user_id) LEFT JOIN ${schema}.users u USING (user_id)`;

/**
 * Says which events are in the live rows. Lanes stand at different places of the log, so it is a matter of the event's
 * user: what lies at or before the checkpoint of his lane is in, and what lies behind it is if his row has seen its
 * revision (while the direct feed catches up with lanes that were ahead of the last one).
 */
export class Included {
  readonly #live: Live;
  readonly #rows: { readonly db: Queryable; readonly schema: string } | undefined;
  readonly #seen = new Map<string, number>();

  /** @param rows where to look beyond the checkpoints, as of the moment of `live`; without it nothing there is in */
  constructor(live: Live, rows?: { readonly db: Queryable; readonly schema: string }) {
    this.#live = live;
    this.#rows = rows;
  }

  /** For each event in turn. Those of email streams are in no row, and count as included. */
  async of(events: readonly RecordedEvent[]): Promise<readonly boolean[]> {
    const beyond = events.filter((event) => this.#isBeyond(event));
    if (beyond.length === 0) return events.map(() => true);
    await this.#load(beyond);
    const missing = new Set(beyond.filter((event) => !this.#wasSeen(event)));
    return events.map((event) => !missing.has(event));
  }

  #isBeyond({ stream, position }: RecordedEvent): boolean {
    const userId = userOfStream(stream);
    return userId !== undefined && comparePositions(position, this.#live.level.ofUser(userId)) > 0;
  }

  #wasSeen({ stream, revision }: RecordedEvent): boolean {
    return revision <= (this.#seen.get(userOfStream(stream) as string) ?? -1);
  }

  async #load(events: readonly RecordedEvent[]): Promise<void> {
    if (!this.#rows) return;
    const { db, schema } = this.#rows;
    const wanted = new Set(events.map(({ stream }) => userOfStream(stream) as string));
    for (const userId of this.#seen.keys()) wanted.delete(userId);
    if (wanted.size === 0) return;
    const { rows } = await db.query<{ user_id: string; revision: string | null }>(seenIn(schema), [
      [...wanted],
    ]);
    for (const { user_id: userId, revision } of rows) this.#seen.set(userId, Number(revision ?? -1));
  }
}

/** A part of a batch up to a position of the log, and whether the batch goes there. */
function upTo(batch: FeedBatch, target: Position): FeedBatch & { readonly ended: boolean } {
  if (comparePositions(batch.position, target) < 0) return { ...batch, ended: false };
  const events = batch.events.filter(({ position }) => comparePositions(position, target) <= 0);
  return { events, position: target, ended: true };
}

/** A feed of the events up to the first that is not included, or to the target. */
export function feedWhole(feed: Feed, included: Included, target: Position, missing: () => void): Feed {
  return {
    ...passedOn(feed),
    async *batches(last, signal) {
      for await (const batch of feed.batches(last, signal)) {
        const { events, position, ended } = upTo(batch, target);
        const first = (await included.of(events)).indexOf(false);
        if (first < 0) {
          yield { events, position };
          if (ended) return;
          continue;
        }
        const before = events.slice(0, first);
        const end = before.at(-1);
        if (end) yield { events: before, position: end.position };
        missing();
        return;
      }
    },
  };
}

/** A feed of the included events between an event and the target, whatever lies between them. */
export function feedIncluded(
  feed: Feed,
  included: Included,
  target: Position,
  from: Parameters<Feed['batches']>[0],
): Feed {
  return {
    ...passedOn(feed),
    async *batches(_last, signal) {
      for await (const batch of feed.batches(from, signal)) {
        const { events, position, ended } = upTo(batch, target);
        const are = await included.of(events);
        yield { events: events.filter((_event: FeedEvent, i) => are[i]), position };
        if (ended) return;
      }
    },
  };
}

const passedOn = (feed: Feed): Omit<Feed, 'batches'> => ({
  verify: (last, reached) => feed.verify(last, reached),
  get waiting() {
    return feed.waiting;
  },
  userEvents: (userId, fromRevision) => feed.userEvents(userId, fromRevision),
});
