import { domainToASCII, domainToUnicode } from 'node:url';
import { hasUnseenCharacter } from './characters.ts';

/** RFC 5321, 4.5.3.1.3: a path has 256 octets, with its angle brackets. */
const MAX_BYTES = 254;
const MAX_DOMAIN = 253;

/** ASCII of a local part without quotes (RFC 5322, 3.2.3), dots anywhere; beyond ASCII anything that is seen. */
const LOCAL = /^[^\s"(),:;<>@[\\\]]+$/;
/** What of ASCII a host name may hold: `domainToASCII` reads the rest as parts of a URL, and drops them. */
const NO_HOST = /[^a-z0-9.-]/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The domain in its ASCII form (IDNA); undefined for one that no mail goes to. */
function asciiDomain(domain: string): string | undefined {
  if (NO_HOST.test(domain.replaceAll(/[^\p{ASCII}]/gu, ''))) return undefined;
  const ascii = domainToASCII(domain);
  const labels = ascii.split('.');
  const isName =
    labels.length > 1 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '');
  // Left as it is by decoding, such a label stands for no text at all.
  const isDecodable = !domainToUnicode(ascii)
    .split('.')
    .some((label) => label.startsWith('xn--'));
  return isName && isDecodable && ascii.length <= MAX_DOMAIN ? ascii : undefined;
}

/**
 * The form in which emails are compared, digested and stored: Unicode NFC, trimmed, in lower case, the domain in its ASCII
 * form. Normalising it again changes nothing.
 * @returns undefined for what is no plausible address: invisible or control characters in it, no local part or domain, or
 * more than 254 bytes after all that
 */
export function normaliseEmail(raw: string): string | undefined {
  if (hasUnseenCharacter(raw)) return undefined;
  // Lower-casing can take a text out of NFC.
  const text = raw.normalize('NFC').trim().toLowerCase().normalize('NFC');
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at));
  const domain = asciiDomain(text.slice(at + 1));
  if (!LOCAL.test(local) || domain === undefined) return undefined;
  const email = `${local}@${domain}`;
  return Buffer.byteLength(email) <= MAX_BYTES ? email : undefined;
}

/**
 * The forms under which the address may be held: the one of {@link normaliseEmail}, then the one that older releases
 * compared and stored, where that is another. Whoever signed up under them is still found by what they typed then.
 */
export function emailForms(raw: string): readonly [string, former?: string] {
  const former = raw.trim().toLowerCase();
  const email = normaliseEmail(raw);
  return email === undefined || email === former ? [former] : [email, former];
}
