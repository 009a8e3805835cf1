import { dictionary } from '@zxcvbn-ts/language-common';
import { normaliseEmail } from '../../shared/identity/email.ts';
import type { Vault } from '../../shared/vault/vault.ts';
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

/** Whose password it is to be. */
export interface PasswordOwner {
  /** Empty for a user without an email. */
  readonly emailDigest: string;
  /** Where it is known, its part before the @ is refused too. */
  readonly email?: string;
}

async function isOwnEmail(
  vault: Pick<Vault, 'emailDigest'>,
  password: string,
  owner: PasswordOwner,
): Promise<boolean> {
  const [localPart] = owner.email?.split('@') ?? [];
  if (localPart !== undefined && folded(password) === folded(localPart)) return true;
  return normaliseEmail(password) !== undefined && (await vault.emailDigest(password)) === owner.emailDigest;
}

/** What is wrong with a password, as a sentence for the person who chose it; undefined if nothing is. */
async function passwordFault(
  vault: Pick<Vault, 'emailDigest'>,
  password: string,
  owner: PasswordOwner,
): Promise<string | undefined> {
  const text = folded(password);
  if (COMMON.has(text))
    return 'is one of the most common passwords, which are tried first: choose another one';
  if (REPETITIVE.test(text) || isSequence(text))
    return 'is a simple pattern, which is tried first: choose another one';
  if (await isOwnEmail(vault, password, owner)) return 'is your own email address: choose another one';
  return undefined;
}

/**
 * Refuses a password that would be guessed among the first (NIST SP 800-63B-4, 3.1.1.2): a common one, a simple pattern, or
 * the user's own email. Whole passwords are compared, without regard to case: a common word within a longer one is fine.
 * For every way to set a password: sign-up, change, reset.
 * @param field its name in the request
 * @returns undefined for one that may be used
 * @throws VaultUnavailable
 */
export async function refuseGuessable(
  vault: Pick<Vault, 'emailDigest'>,
  password: string,
  owner: PasswordOwner,
  field: 'password' | 'new_password',
): Promise<Refused | undefined> {
  const detail = await passwordFault(vault, password, owner);
  return detail === undefined ? undefined : refused({ code: 'invalid_field', field, detail });
}
