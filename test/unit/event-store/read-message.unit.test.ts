import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toReadMessage } from '../../../shared/adapters/eventstoredb/read-message.ts';

const { ReadResp } = streams;
const POSITION = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });

const proposed = fc.record({
  id: fc.uuid(),
  stream: fc
    .string({ minLength: 1, maxLength: 200, unit: 'grapheme' })
    .filter((name) => !name.startsWith('$')),
  revision: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  commit: POSITION,
  prepare: POSITION,
  type: fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
  created: fc.nat({ max: 8_640_000_000_000 }),
  data: fc.dictionary(fc.string(), fc.jsonValue()),
  metadata: fc.dictionary(fc.string(), fc.jsonValue()),
});

const defaults = {
  id: 'a3bb189e-8bf9-4c1c-a0f5-0d8a2f7f0a11',
  stream: 'user-1',
  revision: 3,
  commit: 7n,
  prepare: 7n,
  type: 'Happened',
  created: 1_700_000_000_123,
  data: {} as Record<string, unknown>,
  metadata: {} as Record<string, unknown>,
};

/** As EventStoreDB sends it: with the generated classes, all fields that it has. */
function response(event: typeof defaults, raw: { data?: string } = {}): Buffer {
  const recorded = new ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString(event.id))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(event.stream)))
    .setStreamRevision(String(event.revision))
    .setCommitPosition(String(event.commit))
    .setPreparePosition(String(event.prepare))
    .setData(Buffer.from(raw.data ?? JSON.stringify(event.data)))
    .setCustomMetadata(Buffer.from(JSON.stringify(event.metadata)));
  const properties = recorded.getMetadataMap();
  properties.set('content-type', 'application/json').set('type', event.type);
  properties.set('created', `${event.created}4321`);
  const read = new ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(String(event.commit));
  return Buffer.from(new ReadResp().setEvent(read).serializeBinary());
}

describe('A message of a read', () => {
  test('that is an event is decoded as it was encoded', () => {
    fc.assert(
      fc.property(proposed, (event) => {
        // What JSON and UTF-8 make of it: lone surrogates and the like.
        const utf8 = (text: string) => Buffer.from(text).toString();
        const json = (value: unknown) => JSON.parse(utf8(JSON.stringify(value)));
        expect(toReadMessage(response(event as typeof defaults))).toEqual({
          kind: 'event',
          event: {
            id: event.id,
            stream: utf8(event.stream),
            revision: event.revision,
            position: { commit: event.commit, prepare: event.prepare },
            type: utf8(event.type),
            created: new Date(event.created),
            data: json(event.data),
            metadata: json(event.metadata),
          },
        });
      }),
    );
  });

  test('that is a checkpoint gives its position, exactly', () => {
    fc.assert(
      fc.property(POSITION, POSITION, (commit, prepare) => {
        const checkpoint = new ReadResp.Checkpoint()
          .setCommitPosition(String(commit))
          .setPreparePosition(String(prepare));
        const bytes = new ReadResp().setCheckpoint(checkpoint).serializeBinary();
        expect(toReadMessage(Buffer.from(bytes))).toEqual({
          kind: 'checkpoint',
          position: { commit, prepare },
        });
      }),
    );
  });

  test.each([
    [
      'a confirmation',
      new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId('1')),
    ],
    ['caught up', new ReadResp().setCaughtUp(new ReadResp.CaughtUp())],
    ['the last stream position', new ReadResp().setLastStreamPosition('7')],
  ])('that nobody needs is passed over: %s', (_, message) => {
    expect(toReadMessage(Buffer.from(message.serializeBinary()))).toEqual({ kind: 'other' });
  });

  test('about a stream of EventStoreDB’s own is passed over', () => {
    expect(toReadMessage(response({ ...defaults, stream: '$$user-1' }))).toEqual({ kind: 'other' });
  });

  test('that says that the stream is not there', () => {
    const bytes = new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound()).serializeBinary();
    expect(toReadMessage(Buffer.from(bytes))).toEqual({ kind: 'stream_not_found' });
  });

  test.each([
    ['data that is not JSON', response(defaults, { data: '{' }), 'its data is not a JSON object'],
    ['data that is no object', response(defaults, { data: '[1]' }), 'its data is not a JSON object'],
    [
      'the end of a deleted stream',
      response({ ...defaults, type: '$streamDeleted' }, { data: '' }),
      'its stream was deleted',
    ],
  ])('that holds %s is an event that says so, and holds nothing', (_, bytes, unreadable) => {
    const event = { id: defaults.id, data: {}, metadata: {}, unreadable };
    expect(toReadMessage(bytes)).toMatchObject({ kind: 'event', event });
  });

  test.each([
    ['without a position', response({ ...defaults, commit: 2n ** 64n - 1n })],
    ['cut off', response(defaults).subarray(0, -3)],
  ])('that can’t be read is kept as such, with the reason: %s', (_, bytes) => {
    expect(toReadMessage(bytes)).toMatchObject({ kind: 'unreadable', error: expect.any(Error) });
  });
});
