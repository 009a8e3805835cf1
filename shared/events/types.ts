import type { z } from 'zod';
import type { Position } from '../event-log/position.ts';
import type { Metadata } from './metadata.ts';
import type { emailEventSchemas, personalSchemas, userEventSchemas } from './schemas/level-1.ts';
import type { reservationEventSchemas2 } from './schemas/level-2/reservations.ts';
import type { staffEventSchemas2, staffPersonalSchemas2 } from './schemas/level-2/staff.ts';
import type { userEventSchemas2, userPersonalSchemas2 } from './schemas/level-2/users.ts';
import type { webhookEventSchemas2 } from './schemas/level-2/webhooks.ts';

/** Of two levels, what holds now. */
type Latest<Older, Newer> = Omit<Older, keyof Newer> & Newer;

type UserSchemas = Latest<typeof userEventSchemas, typeof userEventSchemas2>;
type ReservationSchemas = typeof emailEventSchemas & typeof reservationEventSchemas2;
type StaffSchemas = typeof staffEventSchemas2;
type WebhookSchemas = typeof webhookEventSchemas2;
type UserPersonalSchemas = Latest<typeof personalSchemas, typeof userPersonalSchemas2>;
type PersonalSchemas = UserPersonalSchemas & typeof staffPersonalSchemas2;

export type ReservationEventType = keyof ReservationSchemas;
/** The events that carry personal data. */
export type PersonalEventType = keyof PersonalSchemas;

/** The personal data of an event of type `T`, unencrypted. */
export type Personal<T extends PersonalEventType> = z.infer<PersonalSchemas[T]>;

/** Events as the log holds them: `personal` is still encrypted. */
type Logged<Schemas extends Readonly<Record<string, z.ZodType>>> = {
  [T in keyof Schemas]: { readonly type: T; readonly data: Readonly<z.infer<Schemas[T]>> };
}[keyof Schemas];

/** Events as a decider produces them: `personal` unencrypted; the codec encrypts it. */
type Decided<Schemas extends Readonly<Record<string, z.ZodType>>> = {
  [T in keyof Schemas]: {
    readonly type: T;
    readonly data: Readonly<
      T extends PersonalEventType
        ? Omit<z.infer<Schemas[T]>, 'personal'> & { readonly personal: Personal<T> }
        : z.infer<Schemas[T]>
    >;
  };
}[keyof Schemas];

/** A user's event as the log holds it. */
export type UserEvent = Logged<UserSchemas>;
/** A user's event as the decider produces it. */
export type NewUserEvent = Decided<UserSchemas>;

/** An event of a reservation stream: who holds what must be unique across users. */
export type ReservationEvent = Logged<ReservationSchemas>;

/** An event of a member of staff, or of a service account. */
export type StaffEvent = Logged<StaffSchemas>;
/** The same as the decider produces it. */
export type NewStaffEvent = Decided<StaffSchemas>;

/** An event of a webhook. */
export type WebhookEvent = Logged<WebhookSchemas>;

/** Any event of this system. */
export type AnyEvent = UserEvent | ReservationEvent | StaffEvent | WebhookEvent;

/** An event that was read from the log, checked and brought to its latest version. */
export interface Recorded<E> {
  readonly id: string;
  readonly event: E;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  /** The event's time: when it was decided, as its metadata say; the log's time if they don't. */
  readonly created: Date;
  readonly metadata: Metadata;
}
