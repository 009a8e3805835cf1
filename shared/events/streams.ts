/** The prefixes of every stream of this system; the feeds' server-side filter. */
export const STREAM_PREFIXES = ['user-', 'email-'] as const;

/** Every event about one user: the consistency boundary of all its rules. */
export const userStream = (userId: string): string => `user-${userId}`;

/** Who holds an email address, named by the address's digest. */
export const emailStream = (emailDigest: string): string => `email-${emailDigest}`;

/** The user a stream belongs to; undefined for any other stream. */
export const userOfStream = (stream: string): string | undefined =>
  stream.startsWith('user-') ? stream.slice(5) : undefined;
