import type { StoredEvent } from '../../log/stored-event.ts';
import type { EncodedEvent } from '../../log/tail.ts';
import { structuredUuid } from '../uuid.ts';
import { fieldSize, varintSize, WireWriter } from './wire.ts';

/** How event ids are written: as the client asked for. */
export type UuidForm = 'string' | 'structured';

/** Field numbers of streams.proto and shared.proto, with the wire type in the lower three bits. */
const RESPONSE = { event: 0x0a };
const READ_EVENT = { event: 0x0a, commitPosition: 0x18 };
const RECORDED = {
  id: 0x0a,
  stream: 0x12,
  revision: 0x18,
  prepare: 0x20,
  commit: 0x28,
  metadata: 0x32,
  customMetadata: 0x3a,
  data: 0x42,
};
const MAP_ENTRY = { key: 0x0a, value: 0x12 };
const UUID_STRING = 0x12;
const STREAM_NAME = 0x1a;

const JSON_TYPE = 'application/json';
const BINARY_TYPE = 'application/octet-stream';

const entrySize = (key: string, valueLength: number): number =>
  fieldSize(key.length) + fieldSize(valueLength);

/** The `ReadResp` of an event, ready to be sent; the same bytes for every reader that asks for this form of ids. */
export function encodeEvent(event: StoredEvent, form: UuidForm = 'string'): EncodedEvent {
  const streamLength = Buffer.byteLength(event.stream);
  const typeLength = Buffer.byteLength(event.type);
  const created = `${event.created}0`;
  const contentType = event.isJson ? JSON_TYPE : BINARY_TYPE;
  const uuid = form === 'string' ? undefined : structuredUuid(event.id).serializeBinary();
  const sizes = {
    id: uuid ? uuid.length : fieldSize(event.id.length),
    stream: fieldSize(streamLength),
    type: entrySize('type', typeLength),
    created: entrySize('created', created.length),
    contentType: entrySize('content-type', contentType.length),
  };
  const positionSize = 1 + varintSize(event.position);
  const recordedSize =
    fieldSize(sizes.id) +
    fieldSize(sizes.stream) +
    (1 + varintSize(event.revision)) +
    2 * positionSize +
    fieldSize(sizes.type) +
    fieldSize(sizes.created) +
    fieldSize(sizes.contentType) +
    fieldSize(event.metadata.length) +
    fieldSize(event.data.length);
  const readEventSize = fieldSize(recordedSize) + positionSize;

  const wire = new WireWriter(fieldSize(readEventSize));
  wire.open(RESPONSE.event, readEventSize);
  wire.open(READ_EVENT.event, recordedSize);
  if (uuid) wire.bytes(RECORDED.id, uuid);
  else {
    wire.open(RECORDED.id, sizes.id);
    wire.ascii(UUID_STRING, event.id);
  }
  wire.open(RECORDED.stream, sizes.stream);
  wire.utf8(STREAM_NAME, event.stream, streamLength);
  wire.varint(RECORDED.revision, event.revision);
  wire.varint(RECORDED.prepare, event.position);
  wire.varint(RECORDED.commit, event.position);
  wire.open(RECORDED.metadata, sizes.type);
  wire.ascii(MAP_ENTRY.key, 'type');
  wire.utf8(MAP_ENTRY.value, event.type, typeLength);
  wire.open(RECORDED.metadata, sizes.created);
  wire.ascii(MAP_ENTRY.key, 'created');
  wire.ascii(MAP_ENTRY.value, created);
  wire.open(RECORDED.metadata, sizes.contentType);
  wire.ascii(MAP_ENTRY.key, 'content-type');
  wire.ascii(MAP_ENTRY.value, contentType);
  wire.bytes(RECORDED.customMetadata, event.metadata);
  wire.bytes(RECORDED.data, event.data);
  wire.varint(READ_EVENT.commitPosition, event.position);
  return { position: event.position, stream: event.stream, type: event.type, message: wire.buffer };
}
