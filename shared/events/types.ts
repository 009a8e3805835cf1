import type { z } from 'zod';
import type { Position } from '../event-log/position.ts';
import type { Metadata } from './metadata.ts';
import type { emailEventSchemas, personalSchemas, userEventSchemas } from './schemas/level-1.ts';
import type { webhookEventSchemas2 } from './schemas/level-2/webhooks.ts';
import type {
  personalSchemas2,
  reservationEventSchemas2,
  staffEventSchemas2,
  userEventSchemas2,
} from './schemas/level-2.ts';

/** Of two levels, what holds now. */
type Latest<Older, Newer> = Omit<Older, keyof Newer> & Newer;

type UserSchemas = Latest<typeof userEventSchemas, typeof userEventSchemas2>;
type ReservationSchemas = typeof emailEventSchemas & typeof reservationEventSchemas2;
type StaffSchemas = typeof staffEventSchemas2;
type WebhookSchemas = typeof webhookEventSchemas2;
type PersonalSchemas = Latest<typeof personalSchemas, typeof personalSchemas2>;

export type UserEventType = keyof UserSchemas;
export type ReservationEventType = keyof ReservationSchemas;
export type StaffEventType = keyof StaffSchemas;
export type WebhookEventType = keyof WebhookSchemas;
/** The events that carry personal data. */
export type PersonalEventType = keyof PersonalSchemas;

/** The personal data of an event of type `T`, unencrypted. */
export type Personal<T extends PersonalEventType> = z.infer<PersonalSchemas[T]>;

/** A user's event as the log holds it: `personal` is still encrypted. */
export type UserEvent = {
  [T in UserEventType]: { readonly type: T; readonly data: Readonly<z.infer<UserSchemas[T]>> };
}[UserEventType];

/** A user's event as the decider produces it: `personal` unencrypted; the codec encrypts it. */
export type NewUserEvent = {
  [T in UserEventType]: {
    readonly type: T;
    readonly data: Readonly<
      T extends PersonalEventType
        ? Omit<z.infer<UserSchemas[T]>, 'personal'> & { readonly personal: Personal<T> }
        : z.infer<UserSchemas[T]>
    >;
  };
}[UserEventType];

/** An event of a reservation stream: who holds what must be unique across users. */
export type ReservationEvent = {
  [T in ReservationEventType]: { readonly type: T; readonly data: Readonly<z.infer<ReservationSchemas[T]>> };
}[ReservationEventType];

/** An event of a member of staff. */
export type StaffEvent = {
  [T in StaffEventType]: { readonly type: T; readonly data: Readonly<z.infer<StaffSchemas[T]>> };
}[StaffEventType];

/** An event of a webhook. */
export type WebhookEvent = {
  [T in WebhookEventType]: { readonly type: T; readonly data: Readonly<z.infer<WebhookSchemas[T]>> };
}[WebhookEventType];

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
