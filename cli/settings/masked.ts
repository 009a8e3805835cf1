const MASK = '********';
/** A parameter of a connection string that may hold a secret. */
const SECRET_PARAMETER = /([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&#]*/gi;
/** Up to the last `@`: a password that was not escaped as it should be is hidden as well. */
const USER_INFO = /:\/\/([^:@/]*):.*@/s;

/**
 * A setting's text as it may be shown.
 * @param secret how the setting's schema is marked: `all`, `password` for a URL that may hold one, or not at all
 * @param wellFormed false where the text is not what it should be: then it may be anything, such as a password alone
 */
export function masked(text: string, secret: unknown, wellFormed = true): string {
  if (secret === undefined) return text;
  if (secret !== 'password' || !wellFormed) return MASK;
  return text.replace(USER_INFO, `://$1:${MASK}@`).replace(SECRET_PARAMETER, `$1${MASK}`);
}
