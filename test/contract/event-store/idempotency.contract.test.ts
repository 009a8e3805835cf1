import { randomUUID } from 'node:crypto';
import {
  ANY,
  DeadlineExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  TimeoutError,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { APPEND_CALLS, collect, event, events, newStream, rejection, useStore } from './event-store.ts';

const { client } = useStore();

const numbers = async (stream: string) =>
  (await collect(client().readStream(stream))).map(
    ({ event: read }) => (read?.data as { n: number } | undefined)?.n,
  );

/** EventStoreDB's rule: ids alone are compared, and only where the expected revision lies behind the stream's end. */
describe.each(APPEND_CALLS)('A repeated $call', ({ options }) => {
  const append = (
    stream: string,
    proposed: ReturnType<typeof events>,
    expectedRevision: bigint | typeof ANY | typeof NO_STREAM | typeof STREAM_EXISTS,
  ) => client().appendToStream(stream, proposed, { expectedRevision, ...options });

  test('that starts the stream is answered as the first time', async () => {
    const stream = newStream();
    const proposed = events(1);
    const first = await append(stream, proposed, NO_STREAM);
    const again = await append(stream, proposed, NO_STREAM);
    expect(again).toEqual(first);
    expect(await numbers(stream)).toEqual([0]);
  });

  test('at a revision is answered as the first time, also when more has been appended since', async () => {
    const stream = newStream();
    await append(stream, events(2), NO_STREAM);
    const proposed = events(3);
    const first = await append(stream, proposed, 1n);
    await append(stream, events(4), 4n);
    const again = await append(stream, proposed, 1n);
    expect(again).toEqual(first);
    expect(await numbers(stream)).toHaveLength(9);
  });

  test('is known by its ids alone: other contents make no difference, and change nothing', async () => {
    const stream = newStream();
    const id = randomUUID();
    const first = await append(stream, [event(1, 'First', id)], NO_STREAM);
    const again = await append(stream, [event(2, 'Second', id)], NO_STREAM);
    expect(again).toEqual(first);
    expect(await numbers(stream)).toEqual([1]);
  });

  test('under new ids is refused', async () => {
    const stream = newStream();
    await append(stream, events(2), NO_STREAM);
    expect(await rejection(append(stream, events(1), 0n))).toBeInstanceOf(WrongExpectedVersionError);
  });

  test('of the beginning of an append is answered with the revision of its last event', async () => {
    const stream = newStream();
    const proposed = events(3);
    await append(stream, proposed, NO_STREAM);
    const part = await append(stream, proposed.slice(0, 2), NO_STREAM);
    expect(part.nextExpectedRevision).toBe(1n);
    expect(await numbers(stream)).toHaveLength(3);
  });

  test('with something new behind it is refused as a whole', async () => {
    const stream = newStream();
    const proposed = events(2);
    await append(stream, proposed, NO_STREAM);
    const error = await rejection(append(stream, [...proposed, event(9)], NO_STREAM));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(await numbers(stream)).toHaveLength(2);
  });

  test('in another order is refused', async () => {
    const stream = newStream();
    const proposed = events(2);
    await append(stream, proposed, NO_STREAM);
    const error = await rejection(append(stream, proposed.toReversed(), NO_STREAM));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
  });

  test('at the end of the stream is a second append: ids are not compared there', async () => {
    const stream = newStream();
    const proposed = events(1);
    await append(stream, proposed, NO_STREAM);
    const second = await append(stream, proposed, 0n);
    expect(second.nextExpectedRevision).toBe(1n);
    expect(await numbers(stream)).toEqual([0, 0]);
  });

  test('to another stream is a second append', async () => {
    const proposed = events(1);
    const [one, other] = [newStream(), newStream()];
    await append(one, proposed, NO_STREAM);
    await append(other, proposed, NO_STREAM);
    await append(newStream(), proposed, ANY);
    expect(await numbers(other)).toEqual([0]);
  });

  test('under ids that another stream has used since is answered as the first time: the first place counts', async () => {
    const stream = newStream();
    const proposed = events(2);
    const first = await append(stream, proposed, ANY);
    await append(newStream(), proposed, NO_STREAM);
    expect(await append(stream, proposed, ANY)).toEqual(first);
    expect(await numbers(stream)).toEqual([0, 1]);
  });

  test('under ids that the stream has twice is answered with their first place', async () => {
    const stream = newStream();
    const proposed = events(1);
    const first = await append(stream, proposed, NO_STREAM);
    await append(stream, proposed, 0n);
    expect(await append(stream, proposed, ANY)).toEqual(first);
    expect(await numbers(stream)).toEqual([0, 0]);
  });

  test.each([ANY, STREAM_EXISTS] as const)(
    'without a revision (%s) is answered as the first time',
    async (expected) => {
      const stream = newStream();
      await append(stream, events(1), NO_STREAM);
      const proposed = events(2);
      const first = await append(stream, proposed, expected);
      await append(stream, events(1), ANY);
      expect(await append(stream, proposed, expected)).toEqual(first);
      expect(await numbers(stream)).toHaveLength(4);
    },
  );

  test('without a revision, with something new behind it, is refused as a whole', async () => {
    const stream = newStream();
    const proposed = events(2);
    await append(stream, proposed, ANY);
    const error = await rejection(append(stream, [...proposed, event(9)], ANY));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(await numbers(stream)).toHaveLength(2);
  });

  test('at the same time is one append, and all get the same answer', async () => {
    const stream = newStream();
    const proposed = events(2);
    // EventStoreDB drops a repetition that comes before the first is committed, and counts on it being sent again.
    const insist = () =>
      eventually('an answer', async () => {
        try {
          return await append(stream, proposed, NO_STREAM);
        } catch (error) {
          if (error instanceof DeadlineExceededError || error instanceof TimeoutError) return undefined;
          throw error;
        }
      });
    const answers = await Promise.all(Array.from({ length: 20 }, insist));
    expect(new Set(answers.map((answer) => answer.position?.commit)).size).toBe(1);
    expect(await numbers(stream)).toHaveLength(2);
  });
});
