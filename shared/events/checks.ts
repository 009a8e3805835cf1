import type { z } from 'zod';
import type { RecordedEvent } from '../event-log/event-log.ts';
import { EventInvalid, ForeignEvent, UnknownEvent } from './errors.ts';
import { fits } from './fits.ts';
import { type Metadata, metadataSchema } from './metadata.ts';
import type { EventVersion } from './schemas/version.ts';
import { type ReservationKind, staffOfStream, userOfStream, webhookOfStream } from './streams.ts';
import type { ReservationEventType } from './types.ts';

type Json = Readonly<Record<string, unknown>>;

/** In place of `personal` while the rest of a new event is checked. */
const NOT_SEALED_YET = '';

/** The fields and what is wrong with them, without their values: those may be personal. */
const problems = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'event'}: ${issue.message}`).join('; ');

/** @throws EventInvalid */
export function checkPart<T>(type: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new EventInvalid(type, problems(parsed.error), { cause: parsed.error });
  return parsed.data;
}

const RESERVED_BY: Readonly<Record<ReservationEventType, ReservationKind>> = {
  EmailReserved: 'email',
  EmailReleased: 'email',
  ExternalIdReserved: 'external',
  LicenseKeyReserved: 'key',
  TrialUsed: 'trial',
};

const reservationKind = (type: string): ReservationKind | undefined =>
  Object.hasOwn(RESERVED_BY, type) ? RESERVED_BY[type as ReservationEventType] : undefined;

/** A stream holds the events of one user, of one member of staff, of one webhook, or of one reservation alone: readers rely on it. */
function isAtHome(type: string, stream: string, data: Json): boolean {
  const kind = reservationKind(type);
  if (kind !== undefined) return stream.startsWith(`${kind}-`);
  if (type.startsWith('Staff')) return staffOfStream(stream) === data.staffId;
  if (type.startsWith('Webhook')) return webhookOfStream(stream) === data.webhookId;
  return userOfStream(stream) === data.userId;
}

/**
 * Checks a new event against the latest version before anything is sealed.
 * @throws EventInvalid
 */
export function checkNewEvent(
  event: { readonly type: string; readonly data: Json },
  versions: readonly EventVersion[],
  stream: string,
): Json & { readonly personal?: Json } {
  const latest = versions.at(-1) as EventVersion;
  if (!isAtHome(event.type, stream, event.data))
    throw new EventInvalid(event.type, `it does not belong in ${stream}`);
  if (!latest.personal) return checkPart(event.type, latest.data, event.data) as Json & { personal?: Json };
  const personal = checkPart(event.type, latest.personal, event.data.personal);
  const data = checkPart(event.type, latest.data, { ...event.data, personal: NOT_SEALED_YET });
  return { ...data, personal };
}

/** What every event of this system says of itself, in any release. (Other clients may write `$correlationId`, too.) */
const OUR_METADATA = ['commandId', 'actor', 'schemaVersion'];

/**
 * Checks an event from the log against the version it was written in.
 * @throws ForeignEvent it bears none of this system's metadata
 * @throws UnknownEvent
 */
export function checkRecorded(
  recorded: RecordedEvent,
  versions: readonly EventVersion[] | undefined,
): { readonly metadata: Metadata; readonly data: Json } {
  if (recorded.unreadable !== undefined) throw new ForeignEvent(recorded, recorded.unreadable);
  if (!OUR_METADATA.some((name) => Object.hasOwn(recorded.metadata, name))) {
    throw new ForeignEvent(recorded, 'it bears none of the metadata that this system writes');
  }
  if (!versions) throw new UnknownEvent(recorded, 'its type is not in the catalogue');
  const metadata = recordedPart(recorded, metadataSchema, recorded.metadata, 'metadata: ');
  const { schemaVersion } = metadata;
  const version = versions[schemaVersion - 1];
  if (!version) throw new UnknownEvent(recorded, `its version ${schemaVersion} is not in the catalogue`);
  const data = recordedPart(recorded, version.data, recorded.data);
  if (!isAtHome(recorded.type, recorded.stream, data)) {
    throw new UnknownEvent(recorded, 'it does not belong in its stream');
  }
  return { metadata, data };
}

/** @throws UnknownEvent */
function recordedPart<T>(recorded: RecordedEvent, schema: z.ZodType<T>, value: unknown, where = ''): T {
  if (fits(schema, value)) return value;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UnknownEvent(recorded, `${where}${problems(parsed.error)}`, { cause: parsed.error });
}
