import type { RecordedEvent } from '../event-log/event-log.ts';
import { formatPosition, parsePosition } from '../event-log/position.ts';

type Json = Readonly<Record<string, unknown>>;

/** What producers take: a record of the topic of events. */
export interface KafkaRecord {
  /** The id of the user, the member of staff or the webhook that it is about: it alone decides the partition. */
  readonly key: string;
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  /** The log's time, in milliseconds since 1970, but none ahead of the sender's clock. */
  readonly timestamp: string;
}

/** What consumers get, as far as it is read here. */
export interface ConsumedRecord {
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | undefined>>;
  readonly timestamp: string;
}

/** A record of the topic is no event of this system, or another program wrote it. */
export class RecordUnreadable extends Error {
  readonly code = 'record_unreadable';
  constructor(problem: string, options?: ErrorOptions) {
    super(`a record of the topic can't be read: ${problem}`, options);
    this.name = 'RecordUnreadable';
  }
}

/** The context of every event; `id` is unique within it. The stream is an extension of its own. */
export const EVENT_SOURCE = '/license-system';

/**
 * An event as a record in the binary mode of CloudEvents 1.0 (Kafka protocol binding 1.0.2, 3.2). Personal data stay
 * sealed. Of the metadata it holds what is named here and nothing else: the digest of a request's body is nobody
 * else's, and what a later version adds is handed out only once somebody has decided that it may be.
 * @param now of the sender, in milliseconds since 1970
 * @throws TypeError the payload names no user, or the metadata lack what every event has: decode events first
 */
export function toKafkaRecord(recorded: RecordedEvent, now: number): KafkaRecord {
  const { id, type, stream, revision, position, data, metadata } = recorded;
  // What names neither a member of staff nor a webhook is about a user.
  const subject = textIn(data, ['staffId', 'webhookId'].find((field) => field in data) ?? 'userId');
  const created = recorded.created.toISOString();
  const { decidedAt, traceparent } = metadata;
  const actor = metadata.actor as Json;
  return {
    key: subject,
    value: Buffer.from(JSON.stringify(data)),
    // Brokers refuse what lies an hour ahead of their clock, and with it the batch; the event's own time is in ce_time.
    timestamp: String(Math.min(recorded.created.getTime(), now)),
    headers: {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: EVENT_SOURCE,
      ce_type: type,
      ce_subject: subject,
      // The event's time for every reader is when it was decided; events without that have the log's.
      ce_time: typeof decidedAt === 'string' ? decidedAt : created,
      ...(typeof decidedAt === 'string' && { ce_loggedat: created }),
      'content-type': 'application/json',
      ce_stream: stream,
      ce_revision: String(revision),
      ce_position: formatPosition(position),
      ce_schemaversion: String(metadata.schemaVersion),
      ce_correlationid: textIn(metadata, '$correlationId'),
      ce_causationid: textIn(metadata, '$causationId'),
      ce_commandid: textIn(metadata, 'commandId'),
      ce_actorrole: textIn(actor, 'role'),
      ce_actorid: textIn(actor, 'id'),
      ...(typeof traceparent === 'string' && { ce_traceparent: traceparent }),
    },
  };
}

/**
 * The event of a record that {@link toKafkaRecord} made, as it is in the log; only `requestDigest` is lost. It is
 * not decoded yet: whether type, version and shape are known is the reader's to say.
 * @throws RecordUnreadable
 */
export function fromKafkaRecord(record: ConsumedRecord): RecordedEvent {
  const header = (name: string): string => headerOf(record, name) ?? missing(name);
  if (header('ce_specversion') !== '1.0') throw new RecordUnreadable('ce_specversion is not 1.0');
  const time = header('ce_time');
  const loggedAt = headerOf(record, 'ce_loggedat');
  const traceparent = headerOf(record, 'ce_traceparent');
  return {
    id: header('ce_id'),
    type: header('ce_type'),
    stream: header('ce_stream'),
    revision: wholeNumber(header('ce_revision'), 'ce_revision'),
    position: parsePosition(header('ce_position')) ?? malformed('ce_position'),
    created: instant(loggedAt ?? time),
    data: objectIn(record.value),
    metadata: {
      $correlationId: header('ce_correlationid'),
      $causationId: header('ce_causationid'),
      commandId: header('ce_commandid'),
      actor: { role: header('ce_actorrole'), id: header('ce_actorid') },
      ...(loggedAt !== undefined && { decidedAt: time }),
      schemaVersion: wholeNumber(header('ce_schemaversion'), 'ce_schemaversion'),
      ...(traceparent !== undefined && { traceparent }),
    },
  };
}

function textIn(object: Json | undefined, field: string): string {
  const value = object?.[field];
  if (typeof value !== 'string') throw new TypeError(`an event without ${field} was not decoded before`);
  return value;
}

function headerOf({ headers }: ConsumedRecord, name: string): string | undefined {
  const value = headers?.[name];
  if (value === undefined || typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  throw new RecordUnreadable(`it has the header ${name} twice`);
}

const malformed = (name: string): never => {
  throw new RecordUnreadable(`its header ${name} is malformed`);
};

const missing = (name: string): never => {
  throw new RecordUnreadable(`it has no header ${name}`);
};

function wholeNumber(text: string, name: string): number {
  const number = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : malformed(name);
}

function instant(text: string): Date {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? malformed('ce_time') : date;
}

function objectIn(value: Buffer | null): Json {
  let data: unknown;
  try {
    data = JSON.parse((value ?? '').toString());
  } catch (cause) {
    throw new RecordUnreadable('its value is not JSON', { cause });
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new RecordUnreadable('its value is not a JSON object');
  }
  return data as Json;
}
