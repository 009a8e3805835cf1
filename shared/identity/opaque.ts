/** Something, an @, and a name with a dot. */
export const EMAIL_LIKE = /[^\s@]@[^\s@.]+(?:\.[^\s@.]+)+/;

/**
 * Whether a text that is meant to be opaque looks like an email address. Such ids stand unencrypted in the log for ever:
 * erasing their user can't reach them.
 */
export const looksLikeEmail = (text: string): boolean =>
  EMAIL_LIKE.test(text.normalize('NFKC').replaceAll('。', '.'));

/** The form in which ids of clients are compared: the same letters are the same id, however they were typed. */
export const comparedClientId = (clientId: string): string => clientId.normalize('NFC');

/** Licenses of older releases may hold their client's id in another form than it is asked by. */
export const isSameClient = (one: string, other: string): boolean =>
  one === other || comparedClientId(one) === comparedClientId(other);
