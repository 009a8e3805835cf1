import { z } from 'zod';
import type { RecordedEvent } from '../../shared/event-log/event-log.ts';
import type { Position } from '../../shared/event-log/position.ts';
import { type EventReader, isStaffEvent, isUserEvent } from '../../shared/events/codec.ts';
import { ForeignEvent, UnknownEvent } from '../../shared/events/errors.ts';
import { userOfStream } from '../../shared/events/streams.ts';
import type { PersonalEventType, Recorded, StaffEvent, UserEvent } from '../../shared/events/types.ts';
import {
  type FoldedEvent,
  type ShownPersonal,
  shownOf,
  shownPart,
} from '../../shared/read-model/fold/event.ts';
import { ProjectionFault } from '../../shared/read-model/fold/fault.ts';
import type { StaffPerson } from '../../shared/staff/account.ts';
import { PersonalUnreadable } from '../../shared/vault/errors.ts';
import type { DataKey, Erased } from '../../shared/vault/personal.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import { readDataKeys } from '../data-keys.ts';
import { type FeedStop, unknownEvent } from '../errors.ts';

export interface DecodedEvent extends FoldedEvent {
  /** The log's time, which the checkpoint keeps; the event's own time is in `recorded`. */
  readonly loggedAt: Date;
  /** Why it can't be projected whatever the rows are. */
  readonly fault?: ProjectionFault;
  /** Another program wrote it: of `recorded.event` only the type is true. */
  readonly foreign?: true;
  /** The stream was deleted: it is the next event, whatever its revision says (the largest number there is). */
  readonly endsStream?: true;
}

/** Personal data that is to be opened, and its event's place among the users' events. */
interface Sealed {
  readonly place: number;
  readonly text: string;
}

/** An event of any stream as the log has it: its time, and its place. */
export interface SeenEvent {
  /** When it was decided, else the log's time. */
  readonly created: Date;
  readonly position: Position;
}

/** An event of a member of staff, with what names a person. */
export interface DecodedStaffEvent {
  readonly recorded: Recorded<StaffEvent>;
  readonly person: StaffPerson;
}

export interface DecodedEvents {
  /** The users' events; those of reservations change no row. */
  readonly events: readonly DecodedEvent[];
  /** Those of staff. */
  readonly staff: readonly DecodedStaffEvent[];
  /** All that were decoded, of whatever stream. */
  readonly seen: readonly SeenEvent[];
  /** How many they are. */
  readonly count: number;
  /** The last of them; undefined if there was none. */
  readonly last: RecordedEvent | undefined;
  /** Set if decoding stopped early: to be thrown once the events before are applied. */
  readonly stop?: FeedStop;
}

/** A batch that is ready to be written. */
export interface DecodedBatch {
  readonly decoded: DecodedEvents;
  readonly position: Position;
}

export interface Decoder {
  readonly reader: EventReader;
  readonly vault: Pick<Vault, 'dataKeys'>;
  /** Who has to be upgraded for an event that a newer release wrote; default the projector. */
  readonly consumer?: string;
  /** Called with each event that another program wrote. */
  readonly foreign?: (event: ForeignEvent) => void;
  /** Called with each member of staff whose personal data is damaged. */
  readonly unreadable?: (staffId: string, cause: PersonalUnreadable) => void;
}

/** Events that are decoded at a stretch, about 2 ms: then whatever has come from PostgreSQL is looked at first. */
const SLICE = 200;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const NOTHING: ShownPersonal = { email: null, name: null, clientName: null };

/**
 * Decodes events in order, up to the first one that this build doesn't know: a newer release wrote it. One that another
 * program wrote is a fault of its user's. Keys are read with one statement.
 * @throws FeedStop a data key is missing, or opens under another master key
 * @throws VaultUnavailable
 */
export async function decodeEvents(
  decoder: Decoder,
  recorded: readonly RecordedEvent[],
): Promise<DecodedEvents> {
  const events: DecodedEvent[] = [];
  const sealed: Sealed[] = [];
  const staff: Recorded<StaffEvent>[] = [];
  const sealedFor = new Set<string>();
  const seen: SeenEvent[] = [];
  let stop: FeedStop | undefined;
  for (const event of recorded) {
    if (seen.length % SLICE === SLICE - 1) await turn();
    try {
      const decoded = decoder.reader.decode(event);
      seen.push(decoded);
      if (isUserEvent(decoded)) {
        const { userId } = decoded.event.data;
        const text = shownPart(decoded);
        if (text !== undefined) {
          sealed.push({ place: events.length, text });
          sealedFor.add(userId);
        }
        events.push({ recorded: decoded, userId, personal: NOTHING, loggedAt: event.created });
      } else if (isStaffEvent(decoded)) {
        staff.push(decoded);
        if (decoded.event.type === 'StaffInvited') sealedFor.add(decoded.event.data.staffId);
      }
    } catch (error) {
      if (!(error instanceof UnknownEvent)) throw error;
      if (!(error instanceof ForeignEvent)) {
        stop = unknownEvent(error, decoder.consumer ?? 'projector');
        break;
      }
      decoder.foreign?.(error);
      const userId = userOfStream(event.stream);
      if (userId !== undefined && isUuid(userId)) events.push(foreignEvent(event, userId, error));
      seen.push(event);
    }
  }
  const keys = sealedFor.size > 0 ? await readDataKeys(decoder.vault, [...sealedFor]) : new Map();
  for (const [i, { place, text }] of sealed.entries()) {
    if (i % SLICE === SLICE - 1) await turn();
    events[place] = open(decoder.reader, events[place] as DecodedEvent, text, keys);
  }
  const members = staff.map((event) => openMember(decoder, event, keys));
  const last = recorded[seen.length - 1];
  return { events, staff: members, seen, count: seen.length, last, ...(stop ? { stop } : {}) };
}

const isUuid = (text: string) => z.guid().safeParse(text).success;

function foreignEvent(event: RecordedEvent, userId: string, { problem }: ForeignEvent): DecodedEvent {
  const { id, type, stream, revision, position, created, metadata } = event;
  // Never applied: it is parked, with its fault.
  const named = { type, data: { userId } } as unknown as UserEvent;
  const recorded = { id, event: named, stream, revision, position, created, metadata } as Recorded<UserEvent>;
  const endsStream = !Number.isSafeInteger(revision);
  return {
    recorded,
    userId,
    personal: NOTHING,
    loggedAt: created,
    fault: new ProjectionFault(`another program wrote it: ${problem}`),
    foreign: true,
    ...(endsStream && { endsStream }),
  };
}

function open(
  reader: EventReader,
  event: DecodedEvent,
  sealed: string,
  keys: ReadonlyMap<string, DataKey | Erased>,
): DecodedEvent {
  const { recorded, userId, loggedAt } = event;
  const key = keys.get(userId) as DataKey | Erased;
  try {
    const personal = shownOf(reader.unseal(recorded.event.type as PersonalEventType, sealed, key));
    return { recorded, userId, personal, loggedAt };
  } catch (cause) {
    if (!(cause instanceof PersonalUnreadable)) throw cause;
    const fault = new ProjectionFault('its personal data does not open under the key of its user', { cause });
    return { ...event, fault };
  }
}

/** Whoever's personal data is damaged is shown without it, and named: nothing of staff is ever parked, and one row stops nobody. */
function openMember(
  { reader, unreadable }: Decoder,
  recorded: Recorded<StaffEvent>,
  keys: ReadonlyMap<string, DataKey | Erased>,
): DecodedStaffEvent {
  const { type, data } = recorded.event;
  if (type !== 'StaffInvited') return { recorded, person: NOTHING };
  try {
    const { email = null, name = null } = reader.unseal(
      type,
      data.personal,
      keys.get(data.staffId) as DataKey | Erased,
    );
    return { recorded, person: { email, name } };
  } catch (cause) {
    if (!(cause instanceof PersonalUnreadable)) throw cause;
    unreadable?.(data.staffId, cause);
    return { recorded, person: NOTHING };
  }
}
