import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FeedStop } from '../../../projector/errors.ts';
import type { AppliedEvent, Feed, FeedBatch } from '../../../projector/feeds/feed.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { comparePositions } from '../../../shared/event-log/position.ts';
import type { System } from '../../integration/projector/system.ts';
import { eventually } from '../../support/eventually.ts';

/** A source of events and what the suite needs to do with it. */
export interface FeedSource extends AsyncDisposable {
  readonly system: System;
  /** Another feed of the same source, as one that starts again has it. */
  open(maxBatch: number): Promise<Feed>;
  /** Has the source hold everything that was appended to the log. */
  fill(): Promise<void>;
}

const MAX_BATCH = 50;

/** A feed that is read until the test ends or says so. */
function reading(feed: Feed, last?: AppliedEvent) {
  const stop = new AbortController();
  const batches: FeedBatch[] = [];
  const ended = (async () => {
    for await (const batch of feed.batches(last, stop.signal)) batches.push(batch);
  })();
  // Its failure is thrown where it is awaited.
  ended.catch(() => undefined);
  const events = () => batches.flatMap((batch) => batch.events);
  return {
    batches,
    events,
    async until(count: number) {
      await eventually(`${count} events`, () => events().length >= count);
      return events();
    },
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

const applied = ({ id, position, created }: RecordedEvent): AppliedEvent => ({ id, position, at: created });

/** What every feed promises. */
export function describeFeed(name: string, createSource: () => Promise<FeedSource>): void {
  let source: FeedSource;
  beforeEach(async () => {
    source = await createSource();
  });
  afterEach(() => source[Symbol.asyncDispose]());

  /** Writes a user with so many events, beside the email's one. Answers the ids in the log's order. */
  const write = async (events = 4) => {
    const user = source.system.author();
    await user.signUp();
    for (let i = 1; i < events; i++) await user.activate(`client-${i}`);
    await source.fill();
    return user;
  };
  const logged = async () => (await Array.fromAsync(source.system.log.readAll())).map(({ id }) => id);

  describe(`${name}: reading`, () => {
    test('from nothing yields every event in the order of the log', async () => {
      await write(3);
      await write(4);
      const feed = await source.open(MAX_BATCH);
      await feed.verify(undefined);
      const reader = reading(feed);
      const events = await reader.until(9);
      expect(events.map(({ id }) => id)).toEqual(await logged());
      for (const { events: of, position } of reader.batches) {
        const last = of.at(-1) as RecordedEvent;
        expect(comparePositions(position, last.position)).toBeGreaterThanOrEqual(0);
      }
      await reader.stop();
    });

    test('from an applied event yields what stands behind it, and what comes', async () => {
      await write(4);
      const first = reading(await source.open(MAX_BATCH));
      const before = await first.until(5);
      await first.stop();
      const feed = await source.open(MAX_BATCH);
      const last = applied(before[2] as RecordedEvent);
      await feed.verify(last);
      const reader = reading(feed, last);
      expect((await reader.until(2)).map(({ id }) => id)).toEqual(before.slice(3).map(({ id }) => id));
      await write(2);
      expect((await reader.until(5)).map(({ id }) => id)).toEqual((await logged()).slice(3));
      await reader.stop();
    });

    test('puts together what arrives while a batch is worked on, and never more than a batch', async () => {
      const feed = await source.open(MAX_BATCH);
      const stop = new AbortController();
      const batches = feed.batches(undefined, stop.signal)[Symbol.asyncIterator]();
      await write(1);
      await batches.next();
      await write(80);
      await eventually('a batch waits', () => feed.waiting.events >= MAX_BATCH);
      expect(feed.waiting.since).toBeInstanceOf(Date);
      const { value: second } = await batches.next();
      expect(second?.events.length).toBe(MAX_BATCH);
      stop.abort();
      await batches.return?.(undefined);
      expect(feed.waiting.events).toBe(0);
    });

    test('ends without error when it is stopped, also while nothing comes', async () => {
      await write(1);
      const reader = reading(await source.open(MAX_BATCH));
      await reader.until(2);
      await reader.stop();
      const idle = reading(await source.open(MAX_BATCH), applied(reader.events().at(-1) as RecordedEvent));
      await idle.stop();
      expect(idle.batches).toEqual([]);
    });
  });

  describe(`${name}: the source is verified`, () => {
    const lastOf = async () => {
      await write(2);
      const reader = reading(await source.open(MAX_BATCH));
      const events = await reader.until(3);
      await reader.stop();
      return applied(events.at(-1) as RecordedEvent);
    };

    test('where the last applied event is, and before any was', async () => {
      const last = await lastOf();
      const feed = await source.open(MAX_BATCH);
      await feed.verify(last);
      await feed.verify(undefined);
    });

    test('and refused where another event stands in its place, with a way out', async () => {
      const last = await lastOf();
      const feed = await source.open(MAX_BATCH);
      const failure = await feed.verify({ ...last, id: randomUUID() }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(FeedStop);
      expect((failure as FeedStop).wayOut).not.toBe('');
    });

    test('and refused where it is too short', async () => {
      const last = await lastOf();
      const feed = await source.open(MAX_BATCH);
      const beyond = {
        ...last,
        position: { commit: last.position.commit + 1_000n, prepare: last.position.prepare + 1_000n },
      };
      await expect(feed.verify(beyond)).rejects.toBeInstanceOf(FeedStop);
    });
  });

  test(`${name}: a user's events are read again, from a revision on`, async () => {
    const user = await write(5);
    const feed = await source.open(MAX_BATCH);
    const events = await Array.fromAsync(feed.userEvents(user.userId, 3));
    expect(events.map(({ revision }) => revision)).toEqual([3, 4]);
  });
}
