import { randomUUID } from 'node:crypto';
import { MaxAppendSizeExceededError, NO_STREAM, StreamNotFoundError } from '@eventstore/db-client';
import grpc from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { batchCall } from '../../support/event-store/batch-call.ts';
import { collect, event, newStream, rejection, useStore } from './event-store.ts';

const { client } = useStore();
let call: Awaited<ReturnType<typeof batchCall>>;
beforeEach(async () => {
  call = await batchCall(client());
});
afterEach(() => call.close());

const soon = () => new Date(Date.now() + 30_000);
const one = [{ type: 'TestHappened' }];
const types = async (stream: string) =>
  (await collect(client().readStream(stream))).map(({ event: read }) => read?.type);
/** Nothing of it was written, and by now nothing will be: later appends of the same call are answered in order. */
const expectNothing = async (stream: string) => {
  const correlation = randomUUID();
  call.send({ correlation, stream: newStream(), deadline: soon(), events: one, final: true });
  expect(await call.answer(correlation)).toMatchObject({ success: { revision: '0' } });
  expect(await rejection(types(stream))).toBeInstanceOf(StreamNotFoundError);
};

describe('An append in several parts', () => {
  test('is one append', async () => {
    const [correlation, stream] = [randomUUID(), newStream()];
    call.send({ correlation, stream, deadline: soon(), events: [{ type: 'A' }] });
    call.send({ correlation, events: [{ type: 'B' }, { type: 'C' }] });
    call.send({ correlation, final: true });
    expect(await call.answer(correlation)).toMatchObject({
      form: 'string',
      stream,
      success: { revision: '2' },
    });
    expect(await types(stream)).toEqual(['A', 'B', 'C']);
  });

  test('keeps its first options, and its events, where options come again', async () => {
    const [correlation, stream, other] = [randomUUID(), newStream(), newStream()];
    call.send({ correlation, stream, deadline: soon(), events: [{ type: 'A' }] });
    call.send({ correlation, stream: other, deadline: soon(), events: [{ type: 'B' }], final: true });
    expect(await call.answer(correlation)).toMatchObject({ stream, success: { revision: '1' } });
    expect(await types(stream)).toEqual(['A', 'B']);
    await expectNothing(other);
  });

  test('refused in a later one names its stream, and the client goes on with the next append', async () => {
    const stream = newStream();
    const parts = Array.from({ length: 12 }, (_, n) => ({
      ...event(n),
      data: { text: 'x'.repeat(100_000) },
    }));
    const append = client().appendToStream(stream, parts, {
      expectedRevision: NO_STREAM,
      batchAppendSize: 150_000,
    });
    expect(await rejection(append)).toBeInstanceOf(MaxAppendSizeExceededError);
    const next = await client().appendToStream(stream, event(), { expectedRevision: NO_STREAM });
    expect(next.nextExpectedRevision).toBe(0n);
  });

  test('is a bad request with the reason in its details where an event lacks what it needs', async () => {
    const [correlation, stream] = [randomUUID(), newStream()];
    call.send({ correlation, stream, deadline: soon(), events: one });
    call.send({ correlation, events: [{ type: '' }], final: true });
    expect(await call.answer(correlation)).toMatchObject({
      stream,
      error: {
        code: grpc.status.INVALID_ARGUMENT,
        message: 'BadRequest',
        details: expect.stringContaining('type'),
      },
    });
    await expectNothing(stream);
  });
});

describe('The deadline of an append', () => {
  const timeout = { error: { code: grpc.status.DEADLINE_EXCEEDED, message: 'Timeout', details: '' } };

  test.each([
    { field: 'deadline', late: () => ({ deadline: new Date(Date.now() - 1_000) }) },
    { field: 'deadline_duration', late: () => ({ duration: -1_500 }) },
  ])('that has passed when the options come ($field): a time-out at once', async ({ late }) => {
    const [correlation, stream] = [randomUUID(), newStream()];
    const sent = Date.now();
    call.send({ correlation, stream, ...late(), events: one, final: true });
    expect(await call.answer(correlation)).toMatchObject({ form: 'string', stream, ...timeout });
    expect(Date.now() - sent).toBeLessThan(1_000);
    await expectNothing(stream);
  });

  test.each([
    { field: 'deadline', given: () => ({ deadline: new Date(Date.now() + 400) }), ms: 400 },
    { field: 'deadline_duration', given: () => ({ duration: 400 }), ms: 400 },
    { field: 'neither in the next two seconds', given: () => ({ deadline: soon() }), ms: 2_000 },
  ])('that passes before the last part comes ($field): a time-out by then', async ({ given, ms }) => {
    const [correlation, stream] = [randomUUID(), newStream()];
    const sent = Date.now();
    call.send({ correlation, stream, ...given(), events: one });
    const answer = await call.answer(correlation);
    expect(Date.now() - sent).toBeGreaterThan(ms - 50);
    expect(Date.now() - sent).toBeLessThan(ms + 1_500);
    expect(answer).toMatchObject({ form: 'structured', stream, ...timeout });
    call.send({ correlation, events: one, final: true });
    await expectNothing(stream);
    expect(call.answers.filter((other) => other.correlation === correlation)).toHaveLength(1);
  });

  test('as a duration that is long enough lets it through', async () => {
    const [correlation, stream] = [randomUUID(), newStream()];
    call.send({ correlation, stream, duration: 1_500, events: one, final: true });
    expect(await call.answer(correlation)).toMatchObject({ stream, success: { revision: '0' } });
  });
});
