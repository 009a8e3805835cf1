import { dictionary } from '@zxcvbn-ts/language-common';
import { normaliseEmail } from '../../shared/identity/email.ts';
import { type Refused, refused } from '../execute/requests.ts';

/** Shorter ones are refused for their length. */
const MIN_LENGTH = 8;

const folded = (text: string): string => text.normalize('NFKC').toLowerCase();

/** The 50,000 that leak most often, in the order that they are tried in; 18,000 of them are long enough. */
const COMMON: ReadonlySet<string> = new Set(
  dictionary['passwords-common'].filter(({ length }) => length >= MIN_LENGTH).map(folded),
);

/** `aaaaaaaa`, `abcabcabc`: one to four characters again and again. */
const REPETITIVE = /^(.{1,4}?)\1+$/su;

/** `abcdefghij`, `987654321`: each character is the next one, or each the one before. */
function isSequence(text: string): boolean {
  const points = [...text].map((character) => character.codePointAt(0) as number);
  const step = (points[1] ?? 0) - (points[0] ?? 0);
  return (
    Math.abs(step) === 1 && points.every((point, n) => n === 0 || point - (points[n - 1] as number) === step)
  );
}

/** The whole address in any of its forms, or its part before the @. */
function isOwnEmail(password: string, email: string): boolean {
  const [localPart = ''] = email.split('@');
  return folded(password) === folded(localPart) || normaliseEmail(password) === email;
}

/** What is wrong with a password, for the person who chose it; undefined if nothing is. */
function passwordFault(password: string, email: string | null): string | undefined {
  const text = folded(password);
  if (COMMON.has(text))
    return 'is one of the most common passwords, which are tried first: choose another one';
  if (REPETITIVE.test(text) || isSequence(text))
    return 'is a simple pattern, which is tried first: choose another one';
  if (email !== null && isOwnEmail(password, email)) return 'is your own email address: choose another one';
  return undefined;
}

/**
 * Refuses a password that would be guessed among the first (NIST SP 800-63B-4, 3.1.1.2): a common one, a simple pattern, or
 * the user's own email. Whole passwords are compared, without regard to case: a common word within a longer one is fine.
 * For every way to set a password: sign-up, change, reset.
 * @param email the user's, as it is compared; null for one without
 * @param field the password's name in the request
 * @returns undefined for one that may be used
 */
export function refuseGuessable(
  password: string,
  email: string | null,
  field: 'password' | 'new_password',
): Refused | undefined {
  const detail = passwordFault(password, email);
  return detail === undefined ? undefined : refused({ code: 'invalid_field', field, detail });
}
