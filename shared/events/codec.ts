import type { z } from 'zod';
import type { NewEvent, RecordedEvent } from '../event-log/event-log.ts';
import { DataKeyErased, PersonalUnreadable } from '../vault/errors.ts';
import { type DataKey, ERASED, type Erased, openPersonal, sealPersonal } from '../vault/personal.ts';
import { checkNewEvent, checkPart, checkRecorded } from './checks.ts';
import { EventInvalid, EventNotEnabled, ForeignEvent } from './errors.ts';
import { eventId } from './event-id.ts';
import { fits } from './fits.ts';
import { type Metadata, metadataSchema } from './metadata.ts';
import { type EventCatalogue, eventCatalogue } from './schemas/catalogue.ts';
import { downcast, upcast } from './schemas/upcasters.ts';
import { staffOfStream, userOfStream, webhookOfStream } from './streams.ts';
import type {
  AnyEvent,
  NewStaffEvent,
  NewUserEvent,
  Personal,
  PersonalEventType,
  Recorded,
  ReservationEvent,
  StaffEvent,
  UserEvent,
  WebhookEvent,
} from './types.ts';

type Json = Readonly<Record<string, unknown>>;

/** The data keys that encoding needs, of users and of members of staff: the vault has them. */
export interface SealingKeys {
  createDataKey(id: string): Promise<DataKey>;
  dataKey(id: string): Promise<DataKey | Erased>;
}

/** Where a new event will be, and how it came to be. */
export interface Stamp {
  readonly stream: string;
  /** Its place among the events of one append, from 0. */
  readonly index: number;
  readonly metadata: Pick<
    Metadata,
    '$correlationId' | '$causationId' | 'commandId' | 'requestDigest' | 'actor' | 'decidedAt' | 'traceparent'
  >;
}

export interface CodecOptions {
  /** Default: every event of this system. A test may bring another. */
  readonly catalogue?: EventCatalogue;
  /** The setting EVENT_SCHEMA_LEVEL: what every reader is known to understand. */
  readonly writeLevel: number;
  readonly vault: SealingKeys;
}

/** What {@link createReader} gives to those who only read. */
export interface EventReader {
  /**
   * Checks an event and brings its payload to the latest version; `personal` stays sealed and the metadata stay as
   * they stood in the log.
   * @throws ForeignEvent it bears none of this system's metadata: another program wrote it
   * @throws UnknownEvent type, version or shape is not known
   */
  decode(recorded: RecordedEvent): Recorded<AnyEvent>;

  /**
   * Opens the `personal` of an event of one of these types and brings it to the latest version; empty under a
   * tombstone. The sealed text is enough: it may come out of a folded state, without its event.
   * @throws PersonalUnreadable
   */
  unseal<T extends PersonalEventType>(
    types: T | readonly T[],
    sealed: string,
    key: DataKey | Erased,
  ): Partial<Personal<T>>;
}

/** An event that this system may write. */
export type NewEventOfOurs = NewUserEvent | ReservationEvent | NewStaffEvent | WebhookEvent;

export interface Codec extends EventReader {
  /**
   * Checks an event as {@link encode} does, and makes nothing: before something else is appended that is worth nothing
   * without it.
   * @throws EventInvalid, EventNotEnabled
   */
  check(event: NewEventOfOurs, stream: string): void;

  /**
   * Checks an event, seals its personal data and gives it its id, in the highest version that may be written.
   * Encoding again makes another event (sealing is random): retry an append with what this returned.
   * @throws EventInvalid, EventNotEnabled, DataKeyErased, DataKeyMissing, VaultUnavailable
   */
  encode(event: NewEventOfOurs, stamp: Stamp): Promise<NewEvent>;
}

/** Tells a user's event from one of staff or of a reservation: decoding has checked that it is at home in its stream. */
export const isUserEvent = (recorded: Recorded<AnyEvent>): recorded is Recorded<UserEvent> =>
  userOfStream(recorded.stream) !== undefined;

/** Tells an event of a member of staff. */
export const isStaffEvent = (recorded: Recorded<AnyEvent>): recorded is Recorded<StaffEvent> =>
  staffOfStream(recorded.stream) !== undefined;

/** Tells an event of a webhook. */
export const isWebhookEvent = (recorded: Recorded<AnyEvent>): recorded is Recorded<WebhookEvent> =>
  webhookOfStream(recorded.stream) !== undefined;

/** Tells an event of a reservation stream. */
export const isReservationEvent = (recorded: Recorded<AnyEvent>): recorded is Recorded<ReservationEvent> =>
  !isUserEvent(recorded) && !isStaffEvent(recorded) && !isWebhookEvent(recorded);

/** As {@link EventReader.decode}, but undefined for what another program wrote. @throws UnknownEvent */
export function decodeOwn(
  reader: Pick<EventReader, 'decode'>,
  event: RecordedEvent,
): Recorded<AnyEvent> | undefined {
  try {
    return reader.decode(event);
  } catch (error) {
    if (error instanceof ForeignEvent) return undefined;
    throw error;
  }
}

/** The reading half of the codec: it needs no vault and no level. */
export function createReader(catalogue: EventCatalogue = eventCatalogue): EventReader {
  const types = new Map(Object.entries(catalogue));
  return {
    decode(recorded) {
      const versions = types.get(recorded.type);
      const { metadata, data } = checkRecorded(recorded, versions);
      const latest = versions ? upcast(versions, 'data', metadata.schemaVersion, data) : data;
      const { id, stream, revision, position } = recorded;
      const created = metadata.decidedAt === undefined ? recorded.created : new Date(metadata.decidedAt);
      // The catalogue's schemas are what these types are inferred from.
      const event = { type: recorded.type, data: latest } as unknown as AnyEvent;
      return { id, event, stream, revision, position, created, metadata };
    },
    unseal<T extends PersonalEventType>(expected: T | readonly T[], sealed: string, key: DataKey | Erased) {
      if (key === ERASED) return {};
      const { type, version, personal } = openPersonal(sealed, key);
      const versions = types.get(type) ?? [];
      const schema = versions[version - 1]?.personal;
      if (![expected].flat().some((name) => name === type) || !schema) {
        throw new PersonalUnreadable(`personal data of ${type}, version ${version}, in place of ${expected}`);
      }
      return upcast(versions, 'personal', version, checkOpened(type, schema, personal)) as Partial<
        Personal<T>
      >;
    },
  };
}

/** @throws PersonalUnreadable */
function checkOpened(type: string, schema: z.ZodType<Json>, personal: unknown): Json {
  if (fits(schema, personal)) return personal;
  const { success, data, error: cause } = schema.safeParse(personal);
  if (!success) throw new PersonalUnreadable(`personal data of a ${type} does not fit its schema`, { cause });
  return data;
}

/** The first event of a person makes their key; for every later one a missing key is a fault. */
const KEY_MAKERS: ReadonlySet<string> = new Set<PersonalEventType>([
  'UserSignedUp',
  'UserAdded',
  'StaffInvited',
]);

/** The codec: the one place where events go into the log and come out of it. */
export function createCodec({ catalogue = eventCatalogue, writeLevel, vault }: CodecOptions): Codec {
  const types = new Map(Object.entries(catalogue));

  async function seal(type: string, version: number, personal: Json, id: string): Promise<string> {
    const key = KEY_MAKERS.has(type) ? await vault.createDataKey(id) : await vault.dataKey(id);
    if (key === ERASED) throw new DataKeyErased(id);
    return sealPersonal({ type, version }, personal, key);
  }

  /** The event in the highest version that may be written, its personal data not sealed yet. */
  function check({ type, data }: NewEventOfOurs, stream: string) {
    const versions = types.get(type);
    if (!versions) throw new EventInvalid(type, 'there is no such type');
    const { personal, ...others } = checkNewEvent({ type, data }, versions, stream);
    const version = versions.findLastIndex((candidate) => candidate.level <= writeLevel) + 1;
    const written = versions[version - 1];
    const payload = written && downcast(versions, 'data', version, others);
    const unsealed = personal && downcast(versions, 'personal', version, personal);
    if (!payload || (personal && !unsealed)) throw new EventNotEnabled(type, writeLevel);
    return { version, schema: written.data, payload, unsealed };
  }

  return {
    ...createReader(catalogue),
    check: (event, stream) => void check(event, stream),
    async encode(event, stamp) {
      const { type } = event;
      const { version, schema, payload: data, unsealed } = check(event, stamp.stream);
      const { userId, staffId = userId } = event.data as {
        readonly userId: string;
        readonly staffId?: string;
      };
      const personal = unsealed && (await seal(type, version, unsealed, staffId));
      const payload = checkPart(type, schema, personal === undefined ? data : { ...data, personal });
      const metadata = checkPart(type, metadataSchema, { ...stamp.metadata, schemaVersion: version });
      const { stream, index } = stamp;
      const { commandId } = stamp.metadata;
      return {
        id: eventId({ commandId, stream, index, type, data: payload, metadata }),
        type,
        data: payload,
        metadata,
      };
    },
  };
}
