import { randomBytes, randomUUID } from 'node:crypto';
import {
  ANY,
  binaryEvent,
  DeadlineExceededError,
  EventStoreDBClient,
  jsonEvent,
  MaxAppendSizeExceededError,
  NO_STREAM,
  STREAM_EXISTS,
  WrongExpectedVersionError,
} from '@eventstore/db-client';
import { describe, expect, test } from 'vitest';
import { APPEND_CALLS, collect, event, events, newStream, rejection, useStore } from './event-store.ts';

const { client, connectionString } = useStore();

describe.each(APPEND_CALLS)('$call', ({ options }) => {
  const append = (
    stream: string,
    proposed: ReturnType<typeof events>,
    expectedRevision: bigint | typeof ANY | typeof NO_STREAM | typeof STREAM_EXISTS,
  ) => client().appendToStream(stream, proposed, { expectedRevision, ...options });

  test('starts a stream, and answers with its revision and position', async () => {
    const stream = newStream();
    const result = await append(stream, events(1), NO_STREAM);
    expect(result.success).toBe(true);
    expect(result.nextExpectedRevision).toBe(0n);
    const [read] = await collect(client().readStream(stream));
    expect(read?.event?.position).toEqual(result.position);
  });

  test('appends at the expected revision', async () => {
    const stream = newStream();
    await append(stream, events(3), NO_STREAM);
    const result = await append(stream, events(2), 2n);
    expect(result.nextExpectedRevision).toBe(4n);
    expect(await collect(client().readStream(stream))).toHaveLength(5);
  });

  test('appends without an expectation, to a new stream and to one that is there', async () => {
    const stream = newStream();
    await append(stream, events(1), ANY);
    const result = await append(stream, events(1), ANY);
    expect(result.nextExpectedRevision).toBe(1n);
  });

  test('appends to a stream that is expected to exist', async () => {
    const stream = newStream();
    await append(stream, events(1), NO_STREAM);
    expect((await append(stream, events(1), STREAM_EXISTS)).nextExpectedRevision).toBe(1n);
  });

  test('gives later appends later positions', async () => {
    const first = await append(newStream(), events(1), NO_STREAM);
    const second = await append(newStream(), events(1), NO_STREAM);
    expect(second.position?.commit).toBeGreaterThan(first.position?.commit as bigint);
  });

  test.each([
    { when: 'no stream is expected and there is one', length: 1, expected: NO_STREAM, actual: 0n },
    { when: 'an earlier revision is expected', length: 3, expected: 1n, actual: 2n },
    { when: 'a later revision is expected', length: 1, expected: 1n, actual: 0n },
    { when: 'a revision is expected of no stream', length: 0, expected: 0n, actual: 'no_stream' },
    {
      when: 'a stream is expected and there is none',
      length: 0,
      expected: STREAM_EXISTS,
      actual: 'no_stream',
    },
  ] as const)('refuses when $when, and says what it found', async ({ length, expected, actual }) => {
    const stream = newStream();
    if (length > 0) await append(stream, events(length), NO_STREAM);
    const error = await rejection(append(stream, events(1), expected));
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, expectedVersion: expected, actualVersion: actual });
    if (length > 0) expect(await collect(client().readStream(stream))).toHaveLength(length);
  });

  test('answers a refusal as a value where the client asks for that', async () => {
    const stream = newStream();
    await append(stream, events(1), NO_STREAM);
    const lenient = EventStoreDBClient.connectionString(`${connectionString()}&throwOnAppendFailure=false`);
    const result = await lenient.appendToStream(stream, event(), { expectedRevision: 5n, ...options });
    expect(result.success).toBe(false);
    await lenient.dispose();
  });

  test('appends several events at once, or none of them', async () => {
    const stream = newStream();
    await append(stream, events(2), NO_STREAM);
    await rejection(append(stream, events(50), 0n));
    expect(await collect(client().readStream(stream))).toHaveLength(2);
    const result = await append(stream, events(50), 1n);
    expect(result.nextExpectedRevision).toBe(51n);
    const revisions = (await collect(client().readStream(stream))).map(({ event: read }) => read?.revision);
    expect(revisions).toEqual(Array.from({ length: 52 }, (_, n) => BigInt(n)));
  });

  test('accepts one of many appends that expect the same revision', async () => {
    const stream = newStream();
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, () => append(stream, events(1), NO_STREAM)),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(errors.every((error) => error instanceof WrongExpectedVersionError)).toBe(true);
    expect(await collect(client().readStream(stream))).toHaveLength(1);
  });

  test('keeps an event as it was proposed, with the time', async () => {
    const stream = newStream('größe ✓');
    const before = Date.now();
    const proposed = jsonEvent({
      id: randomUUID(),
      type: 'Größe.geändert ✓',
      data: { text: 'a"\\\u0000 ✓ 𝄞', list: [1, null, { deep: true }] },
      metadata: { $correlationId: randomUUID(), note: '✓' },
    });
    await append(stream, [proposed] as never, NO_STREAM);
    const [read] = await collect(client().readStream(stream));
    const { contentType: _, ...kept } = proposed;
    expect(read?.event).toMatchObject({ ...kept, streamId: stream, isJson: true });
    expect(read?.event?.created.getTime()).toBeGreaterThanOrEqual(before - 60_000);
    expect(read?.event?.created.getTime()).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  test('keeps binary events byte for byte', async () => {
    const stream = newStream();
    const proposed = binaryEvent({
      type: 'Bytes',
      data: randomBytes(4_096),
      metadata: Buffer.from([0xff, 0, 0x80]),
    });
    await append(stream, [proposed] as never, NO_STREAM);
    const [read] = await collect(client().readStream(stream));
    expect(read?.event?.isJson).toBe(false);
    expect(Buffer.from(read?.event?.data as Uint8Array)).toEqual(Buffer.from(proposed.data));
    expect(Buffer.from(read?.event?.metadata as Uint8Array)).toEqual(Buffer.from([0xff, 0, 0x80]));
  });

  test('keeps an append of nearly the largest size', async () => {
    const stream = newStream();
    const large = Array.from({ length: 4 }, () =>
      jsonEvent({ type: 'Large', data: { text: 'x'.repeat(250_000) } }),
    );
    await append(stream, large as never, NO_STREAM);
    const read = await collect(client().readStream(stream));
    expect(read.map(({ event: stored }) => stored?.data)).toEqual(large.map(({ data }) => data));
  });

  test('refuses an append beyond the largest size with its own error', async () => {
    const stream = newStream();
    const huge = jsonEvent({ type: 'Huge', data: { text: 'x'.repeat(1_100_000) } });
    const error = await rejection(append(stream, [huge] as never, NO_STREAM));
    expect(error).toBeInstanceOf(MaxAppendSizeExceededError);
    expect(error).toMatchObject({ maxAppendSize: 1_048_576 });
    expect((await append(stream, events(1), NO_STREAM)).nextExpectedRevision).toBe(0n);
  });

  test('does not append after the deadline', async () => {
    const stream = newStream();
    const late = client().appendToStream(stream, event(), {
      expectedRevision: NO_STREAM,
      deadline: -5_000,
      ...options,
    });
    expect(await rejection(late)).toBeInstanceOf(DeadlineExceededError);
    expect((await append(stream, events(1), NO_STREAM)).nextExpectedRevision).toBe(0n);
  });
});
