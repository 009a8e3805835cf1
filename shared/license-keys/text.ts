import { createHash } from 'node:crypto';

/** Crockford's base 32: no I, L, O (read as 1, 1, 0) and no U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const GROUP = 5;
const LENGTH = 25;
/** All but the check character: 24 characters of 5 bits. */
const SECRET_BYTES = 15;
const WELL_FORMED = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);

/** What is typed or pasted beside the key itself. */
const SEPARATORS = /[\s\u2010-\u2015-]+/g;

/** Multiplies by x in the field of 32 elements, by the primitive polynomial x^5 + x^2 + 1. */
const timesX = (value: number): number => (value << 1) ^ (value & 0b10000 ? 0b100101 : 0);

/**
 * The polynomial that the characters are the coefficients of, at x; 0 for a whole key. The powers of x up to the 30th all
 * differ, so one wrong character always shows, and so does any pair of characters that were swapped; of other mistakes, and
 * of guesses, 31 in 32 do.
 */
const remainder = (characters: string): number =>
  [...characters].reduce((sum, character) => timesX(sum) ^ ALPHABET.indexOf(character), 0);

/**
 * The text of a license key, in five groups: 120 bits of the secret and a check character.
 * @param secret at least 15 bytes; the first 15 count
 */
export function licenseKeyText(secret: Uint8Array): string {
  if (secret.length < SECRET_BYTES) throw new RangeError(`a license key takes ${SECRET_BYTES} bytes`);
  let bits = 0n;
  for (const byte of secret.subarray(0, SECRET_BYTES)) bits = (bits << 8n) | BigInt(byte);
  const characters = Array.from(
    { length: LENGTH - 1 },
    (_, index) => ALPHABET[Number((bits >> BigInt(5 * (LENGTH - 2 - index))) & 31n)],
  ).join('');
  return inGroups(characters + ALPHABET[timesX(remainder(characters))]);
}

/** A key's characters alone, as every way to type it has them: upper case, no separators, O for 0, I and L for 1. */
export const licenseKeyForm = (typed: string): string =>
  typed
    .replaceAll(SEPARATORS, '')
    .replaceAll(/[a-z]/g, (letter) => letter.toUpperCase())
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');

/** Whether such characters are a license key of this system; a key that was mistyped is none. Asks nobody. */
export const isLicenseKeyForm = (form: string): boolean => WELL_FORMED.test(form) && remainder(form) === 0;

/** Whether such characters can be the key of another system: none that is empty or can't be sent in a header. */
export const isImportedLicenseKeyForm = (form: string): boolean => /^[!-~]{6,128}$/.test(form);

/**
 * What a license key is found by: SHA-256 of its {@link licenseKeyForm}, 64 hexadecimal digits. Of a key that another system
 * made too, so that it can be imported without its text. Without salt or stretching: nobody tries 2^120 texts.
 */
export const licenseKeyHash = (form: string): string => createHash('sha256').update(form).digest('hex');

const inGroups = (form: string): string =>
  Array.from({ length: LENGTH / GROUP }, (_, index) => form.slice(index * GROUP, (index + 1) * GROUP)).join(
    '-',
  );
