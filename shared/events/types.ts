import type { z } from 'zod';
import type { Metadata } from './metadata.ts';
import type { Position } from './position.ts';
import type { emailEventSchemas, personalSchemas, userEventSchemas } from './schemas.ts';

type UserSchemas = typeof userEventSchemas;
type EmailSchemas = typeof emailEventSchemas;
type PersonalSchemas = typeof personalSchemas;

export type UserEventType = keyof UserSchemas;
export type EmailEventType = keyof EmailSchemas;
export type EventType = UserEventType | EmailEventType;
/** The events that carry personal data. */
export type PersonalEventType = keyof PersonalSchemas;

/** The personal data of an event of type `T`, in clear. */
export type Personal<T extends PersonalEventType> = z.infer<PersonalSchemas[T]>;

/** A user's event as the log holds it: `personal` is still encrypted. */
export type UserEvent = {
  [T in UserEventType]: { readonly type: T; readonly data: Readonly<z.infer<UserSchemas[T]>> };
}[UserEventType];

/** A user's event as the decider produces it: `personal` in clear, to be encrypted by the codec. */
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

/** An event of an email's reservation stream. */
export type EmailEvent = {
  [T in EmailEventType]: { readonly type: T; readonly data: Readonly<z.infer<EmailSchemas[T]>> };
}[EmailEventType];

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
