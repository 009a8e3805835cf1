import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { z } from 'zod';

const instant = z.iso.datetime();
const base64url32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

const entrySchema = z.strictObject({
  kid: z.string().min(1).max(64),
  /** The private key (RFC 8037). */
  jwk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: base64url32, d: base64url32 }),
  createdAt: instant,
  /** From when it may sign; it is published before. */
  signsFrom: instant,
  /** From when tokens under it are no longer good. May lie ahead, so that every node switches at once. */
  withdrawnAt: instant.optional(),
});

const ringSchema = z.strictObject({
  keys: z
    .array(entrySchema)
    .min(1)
    .max(1_000)
    .refine((keys) => new Set(keys.map((key) => key.kid)).size === keys.length, 'a kid stands there twice'),
});

export type RingEntry = z.infer<typeof entrySchema>;
/** The file's content: every key that was ever made, withdrawn ones included. */
export type Ring = z.infer<typeof ringSchema>;

export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
  readonly alg: 'Ed25519';
  readonly use: 'sig';
}
export interface Jwks {
  readonly keys: readonly PublicJwk[];
}

/** What JSON.parse throws shows a piece of the text around the fault: here, of a private key. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is not JSON');
  }
}

/** @throws Error the text is no ring; the message names the field, never a key */
export function parseRing(text: string): Ring {
  const parsed = ringSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

export const formatRing = (ring: Ring): string => `${JSON.stringify(ring, null, 2)}\n`;

/**
 * A new Ed25519 key. Its id is its day and a part of its fingerprint: sorts by age, and never starts like an option
 * of a command line, as a thumbprint (RFC 7638) may.
 */
export function newRingEntry(now: number, signsFrom: number): RingEntry {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const x = jwk.x as string;
  const createdAt = new Date(now).toISOString();
  const fingerprint = createHash('sha256').update(x).digest('hex').slice(0, 12);
  return {
    kid: `${createdAt.slice(0, 10).replaceAll('-', '')}-${fingerprint}`,
    jwk: { kty: 'OKP', crv: 'Ed25519', x, d: jwk.d as string },
    createdAt,
    signsFrom: new Date(signsFrom).toISOString(),
  };
}

/** A ring whose one key signs at once: nobody has read an older key set. */
export const newRing = (now: number): Ring => ({ keys: [newRingEntry(now, now)] });

export const isWithdrawn = (entry: RingEntry, now: number): boolean =>
  entry.withdrawnAt !== undefined && Date.parse(entry.withdrawnAt) <= now;

/** The latest key that may sign at `now` and is not withdrawn. */
export const signingEntry = (ring: Ring, now: number): RingEntry | undefined =>
  ring.keys
    .filter((entry) => Date.parse(entry.signsFrom) <= now && !isWithdrawn(entry, now))
    .reduce<RingEntry | undefined>((latest, entry) => {
      return latest && Date.parse(latest.signsFrom) > Date.parse(entry.signsFrom) ? latest : entry;
    }, undefined);

export type KeyState = 'waiting' | 'signing' | 'verifying' | 'withdrawn';

/** What a key does at `now`: waits until it may sign, signs, only verifies, or nothing any more. */
export function keyState(ring: Ring, entry: RingEntry, now: number): KeyState {
  if (isWithdrawn(entry, now)) return 'withdrawn';
  if (Date.parse(entry.signsFrom) > now) return 'waiting';
  return signingEntry(ring, now) === entry ? 'signing' : 'verifying';
}

export const publicJwk = ({ kid, jwk }: RingEntry): PublicJwk => ({
  kty: jwk.kty,
  crv: jwk.crv,
  x: jwk.x,
  kid,
  alg: 'Ed25519',
  use: 'sig',
});

export const privateKeyOf = (entry: RingEntry): KeyObject =>
  createPrivateKey({ key: entry.jwk, format: 'jwk' });

export const publicKeyOf = ({ jwk }: RingEntry): KeyObject =>
  createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' });
