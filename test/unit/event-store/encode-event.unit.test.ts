import streams from '@eventstore/db-client/generated/streams_pb.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StoredEvent } from '../../../local/event-store/log/stored-event.ts';
import { encodeEvent } from '../../../local/event-store/protocol/read/encode-event.ts';
import { parseUuid } from '../../../local/event-store/protocol/uuid.ts';

const storedEvent: fc.Arbitrary<StoredEvent> = fc.record({
  id: fc.uuid(),
  type: fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }),
  isJson: fc.boolean(),
  data: fc.uint8Array({ maxLength: 20_000 }),
  metadata: fc.uint8Array({ maxLength: 300 }),
  position: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  stream: fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }),
  revision: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  created: fc.nat({ max: 8_640_000_000_000_000 }),
});

const decode = (message: Uint8Array) =>
  streams.ReadResp.deserializeBinary(Uint8Array.from(message)).getEvent();

describe('The message of an event', () => {
  test.each(['string', 'structured'] as const)('says what the generated class would say (%s ids)', (form) => {
    fc.assert(
      fc.property(storedEvent, (event) => {
        const read = decode(encodeEvent(event, form).message);
        const recorded = read?.getEvent();
        const metadata = recorded?.getMetadataMap();
        expect({
          id: parseUuid(recorded?.getId()),
          structured: recorded?.getId()?.hasStructured(),
          stream: Buffer.from(recorded?.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString(),
          revision: recorded?.getStreamRevision(),
          positions: [
            recorded?.getCommitPosition(),
            recorded?.getPreparePosition(),
            read?.getCommitPosition(),
          ],
          type: metadata?.get('type'),
          contentType: metadata?.get('content-type'),
          created: metadata?.get('created'),
          data: recorded?.getData_asU8(),
          metadata: recorded?.getCustomMetadata_asU8(),
        }).toEqual({
          id: event.id,
          structured: form === 'structured',
          stream: Buffer.from(event.stream).toString(),
          revision: String(event.revision),
          positions: Array(3).fill(String(event.position)),
          type: Buffer.from(event.type).toString(),
          contentType: event.isJson ? 'application/json' : 'application/octet-stream',
          created: `${event.created}0`,
          data: event.data,
          metadata: event.metadata,
        });
      }),
    );
  });
});
