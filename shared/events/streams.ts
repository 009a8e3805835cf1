/** What must be unique across users, by the prefix of the streams that reserve it. */
export const RESERVATION_KINDS = ['email', 'external', 'key', 'trial'] as const;
export type ReservationKind = (typeof RESERVATION_KINDS)[number];

/** The prefixes of every stream of this system; the feeds' server-side filter. */
export const STREAM_PREFIXES = [
  'user-',
  ...RESERVATION_KINDS.map((kind) => `${kind}-`),
  'staff-',
  'webhook-',
] as const;

/** Every event about one user: the consistency boundary of all its rules. */
export const userStream = (userId: string): string => `user-${userId}`;

/** Who holds a value that must be unique, named by the value's digest. */
export const reservationStream = (kind: ReservationKind, digest: string): string => `${kind}-${digest}`;

/** Every event about one member of staff, or service account. */
export const staffStream = (staffId: string): string => `staff-${staffId}`;

/** Every event about one webhook. */
export const webhookStream = (webhookId: string): string => `webhook-${webhookId}`;

/** The user a stream belongs to; undefined for any other stream. */
export const userOfStream = (stream: string): string | undefined =>
  stream.startsWith('user-') ? stream.slice(5) : undefined;

/** The member of staff a stream belongs to; undefined for any other stream. */
export const staffOfStream = (stream: string): string | undefined =>
  stream.startsWith('staff-') ? stream.slice(6) : undefined;

/** The webhook a stream belongs to; undefined for any other stream. */
export const webhookOfStream = (stream: string): string | undefined =>
  stream.startsWith('webhook-') ? stream.slice(8) : undefined;
