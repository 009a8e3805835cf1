import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { AppendRefused, WrongExpectedRevision } from '../../../shared/event-log/errors.ts';
import type { EventLog, FeedMessage, NewEvent } from '../../../shared/event-log/event-log.ts';
import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import { collect, newStream, rejection, type StoreUnderTest, storeUnderTest } from './event-store.ts';

let store: StoreUnderTest;
let log: EventLog;
beforeAll(async () => {
  store = await storeUnderTest();
  log = connectEventLog({ connectionString: store.connectionString });
});
afterAll(async () => {
  await log.close();
  await store[Symbol.asyncDispose]();
});

const event = (n = 0): NewEvent => ({
  id: randomUUID(),
  type: 'TestHappened',
  data: { n, text: 'größer ✓' },
  metadata: { commandId: randomUUID() },
});
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));
const options = { deadlineMs: 5_000 };

describe('Appending', () => {
  test('answers with the last event’s revision and position, and reads give back what was appended', async () => {
    const stream = newStream();
    const proposed = events(3);
    const result = await log.append(stream, 'no_stream', proposed, options);
    const read = await collect(log.readStream(stream));
    expect(read).toEqual(
      proposed.map((appended, revision) => ({
        ...appended,
        stream,
        revision,
        position: expect.anything(),
        created: expect.any(Date),
      })),
    );
    expect(result).toEqual({ revision: 2, position: read[2]?.position });
  });

  test('at a revision that is not the end is refused', async () => {
    const stream = newStream();
    await log.append(stream, 'no_stream', events(2), options);
    expect(await rejection(log.append(stream, 0, events(1), options))).toBeInstanceOf(WrongExpectedRevision);
    expect(await rejection(log.append(stream, 'no_stream', events(1), options))).toMatchObject({
      code: 'wrong_expected_revision',
      stream,
    });
  });

  test('again is answered as the first time', async () => {
    const stream = newStream();
    const proposed = events(2);
    const first = await log.append(stream, 'no_stream', proposed, options);
    expect(await log.append(stream, 'no_stream', proposed, options)).toEqual(first);
  });

  test('too much at once is refused as a fault', async () => {
    const huge = { ...event(), data: { text: 'x'.repeat(1_100_000) } };
    const error = await rejection(log.append(newStream(), 'no_stream', [huge], options));
    expect(error).toBeInstanceOf(AppendRefused);
  });

  test('what lacks something is refused as a fault that names it', async () => {
    const error = await rejection(log.append(newStream(), 'no_stream', [{ ...event(), id: '' }], options));
    expect(error).toBeInstanceOf(AppendRefused);
    expect(error).not.toMatchObject({ message: expect.stringContaining('BadRequest') });
  });

  test('hundreds at once over one connection: each gets its own answer', async () => {
    const streams = Array.from({ length: 300 }, () => newStream());
    const results = await Promise.all(
      streams.map((stream, n) => log.append(stream, 'no_stream', [event(n)], options)),
    );
    for (const [n, stream] of streams.entries()) {
      const [read] = await collect(log.readStream(stream));
      expect(read?.data.n).toBe(n);
      expect(results[n]?.position).toEqual(read?.position);
    }
  });
});

describe('Reading', () => {
  const stream = newStream();
  const positions: Position[] = [];
  beforeAll(async () => {
    for (let n = 0; n < 20; n++) {
      const result = await log.append(stream, n === 0 ? 'no_stream' : n - 1, [event(n)], options);
      positions.push(result.position);
    }
  });
  const at = (n: number) => positions[n] as Position;

  test('a stream in both directions, from a revision, up to a number', async () => {
    const revisions = async (read: Parameters<EventLog['readStream']>[1]) =>
      (await collect(log.readStream(stream, read))).map(({ revision }) => revision);
    expect(await revisions({ from: 17 })).toEqual([17, 18, 19]);
    expect(await revisions({ from: 3, limit: 2 })).toEqual([3, 4]);
    expect(await revisions({ direction: 'backwards', limit: 2 })).toEqual([19, 18]);
    expect(await revisions({ direction: 'backwards', from: 1 })).toEqual([1, 0]);
    expect(await revisions({ from: 20 })).toEqual([]);
  });

  test('a stream that does not exist: nothing', async () => {
    expect(await collect(log.readStream(newStream()))).toEqual([]);
    expect(await collect(log.readStream(newStream(), { direction: 'backwards', limit: 1 }))).toEqual([]);
  });

  test('$all behind a position, and before one', async () => {
    // Not to the log's ends: they may hold anything, also events that are not of this system's form.
    const mine = async (count: number, read: Parameters<EventLog['readAll']>[0]) => {
      const found: Position[] = [];
      for await (const event of log.readAll(read)) {
        if (event.stream === stream) found.push(event.position);
        if (found.length === count) return found;
      }
      return found;
    };
    expect(await mine(10, { from: at(9) })).toEqual(positions.slice(10));
    expect(await mine(9, { from: at(9), direction: 'backwards' })).toEqual(
      positions.slice(0, 9).toReversed(),
    );
    expect(await mine(3, { direction: 'backwards' })).toEqual(positions.slice(-3).toReversed());
    expect(await collect(log.readAll({ from: at(4), limit: 1 }))).toHaveLength(1);
    expect(await collect(log.readAll({ from: at(4), limit: 0 }))).toEqual([]);
  });

  test('the event at a position, or nothing where none stands', async () => {
    expect((await log.readEventAt(at(7)))?.revision).toBe(7);
    const beyond = { commit: at(19).commit + 1_000_000n, prepare: at(19).prepare + 1_000_000n };
    expect(await log.readEventAt(beyond)).toBeUndefined();
  });

  test('ends when the signal aborts', async () => {
    const abort = new AbortController();
    const seen: number[] = [];
    for await (const { revision } of log.readStream(stream, { signal: abort.signal })) {
      seen.push(revision);
      abort.abort();
    }
    expect(seen[0]).toBe(0);
  });
});

describe('Subscribing', () => {
  const follow = (after: Position | 'start', prefix: string, signal: AbortSignal) =>
    log.subscribe({ after, streamPrefixes: [prefix], signal });
  const isEvent = (message: FeedMessage) => message.kind === 'event';

  test('catches up, goes on live, and ends without error when the signal aborts', async () => {
    const prefix = newStream('sub');
    await log.append(`${prefix}-1`, 'no_stream', events(600), options);
    const abort = new AbortController();
    const revisions: number[] = [];
    for await (const batch of follow('start', prefix, abort.signal)) {
      expect(batch.length).toBeGreaterThan(0);
      const before = revisions.length;
      for (const message of batch) if (message.kind === 'event') revisions.push(message.event.revision);
      // A batch may be a checkpoint alone, so the same number can be seen again.
      if (before < 600 && revisions.length === 600) await log.append(`${prefix}-1`, 599, events(2), options);
      if (revisions.length === 602) abort.abort();
    }
    expect(revisions).toEqual([...Array(602).keys()]);
  });

  test('begins behind the position', async () => {
    const prefix = newStream('sub');
    const { position } = await log.append(`${prefix}-1`, 'no_stream', events(3), options);
    await log.append(`${prefix}-1`, 2, events(2), options);
    const abort = new AbortController();
    const revisions: number[] = [];
    for await (const batch of follow(position, prefix, abort.signal)) {
      for (const message of batch) if (message.kind === 'event') revisions.push(message.event.revision);
      if (revisions.length === 2) abort.abort();
    }
    expect(revisions).toEqual([3, 4]);
  });

  test('a checkpoint stands behind every event it covers, however slow the reader is', async () => {
    const prefix = newStream('sub');
    for (let n = 0; n < 30; n++) await log.append(`${prefix}-${n}`, 'no_stream', events(100), options);
    const abort = new AbortController();
    const messages: FeedMessage[] = [];
    for await (const batch of follow('start', prefix, abort.signal)) {
      messages.push(...batch);
      // Time for the client to receive, and to announce, what comes behind this batch.
      await delay(5);
      if (messages.filter(isEvent).length === 3_000 && messages.at(-1)?.kind === 'checkpoint') abort.abort();
    }
    const checkpoints = messages.filter((message) => message.kind === 'checkpoint');
    expect(checkpoints.length).toBeGreaterThan(2);
    for (const checkpoint of checkpoints) {
      const behind = messages.slice(messages.indexOf(checkpoint) + 1);
      const covered = behind.filter(
        (message) =>
          message.kind === 'event' && comparePositions(message.event.position, checkpoint.position) <= 0,
      );
      expect(covered).toEqual([]);
    }
  });
});

test('ping answers', () => expect(log.ping()).resolves.toBeUndefined());
