import { EventUnreadable } from '../../event-log/errors.ts';
import type { RecordedEvent } from '../../event-log/event-log.ts';
import type { Position } from '../../event-log/position.ts';
import { lengthField, varintField, WireReader } from './wire.ts';

/** What a read or a subscription brings, message by message. */
export type ReadMessage =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  | { readonly kind: 'checkpoint'; readonly position: Position }
  | { readonly kind: 'stream_not_found' }
  /** Kept until its turn: an error thrown while decoding would overtake the messages before it. */
  | { readonly kind: 'unreadable'; readonly error: Error }
  /** One of EventStoreDB's own events, or a notice that nobody here needs (confirmed, caught up, fell behind). */
  | { readonly kind: 'other' };

const OTHER: ReadMessage = { kind: 'other' };
const STREAM_NOT_FOUND: ReadMessage = { kind: 'stream_not_found' };

/** Field numbers of `ReadResp` in streams.proto. */
const EVENT = lengthField(1);
const CHECKPOINT = lengthField(3);
const NOT_FOUND = lengthField(4);
/** Of `ReadEvent`, of `UUID` and of `StreamIdentifier`. */
const RECORDED = lengthField(1);
const UUID_STRING = lengthField(2);
const STREAM_NAME = lengthField(3);
/** Of `RecordedEvent`. */
const ID = lengthField(1);
const STREAM = lengthField(2);
const REVISION = varintField(3);
const PREPARE = varintField(4);
const COMMIT = varintField(5);
const PROPERTY = lengthField(6);
const METADATA = lengthField(7);
const DATA = lengthField(8);

/** Decodes a `ReadResp`, in a third of the time that the generated class and the client's conversion take. */
export function toReadMessage(bytes: Buffer): ReadMessage {
  try {
    return decode(bytes);
  } catch (error) {
    return { kind: 'unreadable', error: error as Error };
  }
}

function decode(bytes: Buffer): ReadMessage {
  const reader = new WireReader(bytes);
  const tag = reader.next();
  if (tag === EVENT) return toEvent(only(reader.message(), RECORDED));
  if (tag === CHECKPOINT) return { kind: 'checkpoint', position: toPosition(reader.message()) };
  return tag === NOT_FOUND ? STREAM_NOT_FOUND : OTHER;
}

/** The nested message of the field `wanted`, wherever it stands; undefined if it is missing. */
function only(reader: WireReader, wanted: number): WireReader | undefined {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === wanted) return reader.message();
    reader.ignore(tag);
  }
  return undefined;
}

function textOf(reader: WireReader, wanted: number): string {
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === wanted) return reader.text();
    reader.ignore(tag);
  }
  return '';
}

function toPosition(reader: WireReader): Position {
  let commit = 0n;
  let prepare = 0n;
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === varintField(1)) commit = reader.uint64();
    else if (tag === varintField(2)) prepare = reader.uint64();
    else reader.ignore(tag);
  }
  return { commit, prepare };
}

const UNKNOWN_POSITION = 2n ** 63n;

function toEvent(reader: WireReader | undefined): ReadMessage {
  if (!reader) throw new EventUnreadable('', 'it is a link to nothing');
  const fields = toFields(reader);
  const { id, stream, revision, commit, prepare, properties } = fields;
  if (stream.startsWith('$')) return OTHER;
  if (commit >= UNKNOWN_POSITION)
    throw new EventUnreadable(id, 'it has no position (EventStoreDB 22.6 tells it)');
  return {
    kind: 'event',
    event: {
      id,
      type: properties.type,
      stream,
      revision,
      position: { commit, prepare },
      // In steps of 100 ns since 1970.
      created: new Date(Math.floor(Number(properties.created) / 10_000)),
      ...contentOf(properties.type, fields),
    },
  };
}

function toFields(reader: WireReader) {
  const fields = {
    id: '',
    stream: '',
    revision: 0,
    commit: 0n,
    prepare: 0n,
    metadata: '',
    data: '',
    properties: { type: '', created: '0' },
  };
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === ID) fields.id = textOf(reader.message(), UUID_STRING);
    else if (tag === STREAM) fields.stream = textOf(reader.message(), STREAM_NAME);
    else if (tag === REVISION) fields.revision = reader.varint();
    else if (tag === PREPARE) fields.prepare = reader.uint64();
    else if (tag === COMMIT) fields.commit = reader.uint64();
    else if (tag === PROPERTY) readProperty(reader.message(), fields.properties);
    else if (tag === METADATA) fields.metadata = reader.text();
    else if (tag === DATA) fields.data = reader.text();
    else reader.ignore(tag);
  }
  return fields;
}

/** An entry of the map of EventStoreDB's own properties; the content type is not needed: everything here is JSON. */
function readProperty(reader: WireReader, properties: { type: string; created: string }): void {
  let key = '';
  for (let tag = reader.next(); tag !== 0; tag = reader.next()) {
    if (tag === lengthField(1)) key = reader.text();
    else if (tag === lengthField(2) && key === 'type') properties.type = reader.text();
    else if (tag === lengthField(2) && key === 'created') properties.created = reader.text();
    else reader.ignore(tag);
  }
}

/** The type of the event that stands at the end of a stream that was tombstoned. */
const TOMBSTONE = '$streamDeleted';
const NOTHING = { data: {}, metadata: {} };

function contentOf(
  type: string,
  fields: { readonly data: string; readonly metadata: string },
): Pick<RecordedEvent, 'data' | 'metadata' | 'unreadable'> {
  if (type === TOMBSTONE) return { ...NOTHING, unreadable: 'its stream was deleted' };
  const data = toObject(fields.data);
  const metadata = fields.metadata === '' ? {} : toObject(fields.metadata);
  if (data && metadata) return { data, metadata };
  return { ...NOTHING, unreadable: `its ${data ? 'metadata are' : 'data is'} not a JSON object` };
}

function toObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    // Whoever is given the event decides what that means.
    return undefined;
  }
}
