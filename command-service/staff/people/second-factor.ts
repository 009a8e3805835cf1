import { createHash, timingSafeEqual } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { Vault } from '../../../shared/vault/vault.ts';

/*
 * One-time codes of an authenticator (RFC 6238 as all of them speak it: SHA-1, six digits, 30 seconds), and recovery codes for
 * when it is lost. Both follow from the factor's id under keys of the vault: the log holds no secret of them, and nothing else
 * does. That a code works once is for the member's stream to say.
 */

type Secrets = Pick<Vault, 'derive'>;

const ISSUER = 'License System';
const PERIOD_SECONDS = 30;
/** Steps that a code may lie aside of the clock: the one before and the one after (RFC 6238, 5.2). */
const WINDOW = 1;
/** 160 bits, as RFC 4226 (4, R6) recommends. */
const SECRET_BYTES = 20;

export const RECOVERY_CODES = 10;

async function totpOf(vault: Secrets, factorId: string, label: string): Promise<TOTP> {
  const { buffer } = Uint8Array.from(
    (await vault.derive('staff_factor', factorId)).subarray(0, SECRET_BYTES),
  );
  return new TOTP({ issuer: ISSUER, label, secret: new Secret({ buffer }), period: PERIOD_SECONDS });
}

/** What a person puts into an authenticator: the secret in base 32, and the URL that a QR code shows. */
export async function showFactor(
  vault: Secrets,
  factorId: string,
  email: string,
): Promise<{ readonly secret: string; readonly url: string }> {
  const totp = await totpOf(vault, factorId, email);
  return { secret: totp.secret.base32, url: totp.toString() };
}

/**
 * The time step whose code this is, of those near `now`; undefined for any other code.
 * @param now in milliseconds since 1970
 */
export async function stepOfCode(
  vault: Secrets,
  factorId: string,
  code: string,
  now: number,
): Promise<number | undefined> {
  // What is no code in ASCII digits makes the library throw.
  if (!/^[0-9]{6}$/.test(code)) return undefined;
  const totp = await totpOf(vault, factorId, '');
  const delta = totp.validate({ token: code, timestamp: now, window: WINDOW });
  return delta === null ? undefined : totp.counter({ timestamp: now }) + delta;
}

/** Crockford's: without I, L, O and U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 16;

/** As it is compared, however it was typed. */
const folded = (typed: string): string =>
  typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1');

/** 80 bits: in four groups of four characters. */
async function recoveryCode(vault: Secrets, factorId: string, n: number): Promise<string> {
  const bytes = await vault.derive('staff_recovery', `${factorId} ${n}`);
  return [...bytes.subarray(0, LENGTH)].map((byte) => ALPHABET[byte % 32]).join('');
}

const allCodes = (vault: Secrets, factorId: string): Promise<string[]> =>
  Promise.all(Array.from({ length: RECOVERY_CODES }, (_, i) => recoveryCode(vault, factorId, i + 1)));

export const recoveryCodes = async (vault: Secrets, factorId: string): Promise<string[]> =>
  (await allCodes(vault, factorId)).map((code) => code.replaceAll(/(.{4})(?=.)/g, '$1-'));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Which of the recovery codes it is, from 1; undefined for any other. Takes as long for each. */
export async function recoveryCodeNumber(
  vault: Secrets,
  factorId: string,
  typed: string,
): Promise<number | undefined> {
  const given = digest(folded(typed));
  const same = (await allCodes(vault, factorId)).map((code) => timingSafeEqual(digest(code), given));
  const index = same.indexOf(true);
  return index < 0 ? undefined : index + 1;
}
