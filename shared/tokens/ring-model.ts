import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { z } from 'zod';
import { KINDS, type TokenKind } from './kinds.ts';

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

/** The rings of the file, one for each kind of token. In the file of an older release, access's counts as the session's, too. */
const ringsSchema = z
  .strictObject({
    access: ringSchema,
    activation: ringSchema,
    lease: ringSchema,
    session: ringSchema.optional(),
  })
  .transform(({ session, ...others }) => ({ ...others, session: session ?? others.access }));

export type RingEntry = z.infer<typeof entrySchema>;
/** Every key that was ever made for one kind of token, withdrawn ones included. */
export type Ring = z.infer<typeof ringSchema>;
/** The file's content. */
export type Rings = Readonly<Record<TokenKind, Ring>>;

export interface PublicJwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
  readonly kid: string;
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

/**
 * Reads the file's text. The file of an older release holds one ring for all kinds: it counts as the ring of each, so
 * that whatever it signed stays good, and from then on a key is withdrawn for one kind alone.
 * @throws Error the text holds no rings; the message names the field, never a key
 */
export function parseRings(text: string): Rings {
  const content = parseJson(text);
  const isOne = typeof content === 'object' && content !== null && 'keys' in content;
  const parsed = ringsSchema.safeParse(
    isOne ? Object.fromEntries(KINDS.map((kind) => [kind, content])) : content,
  );
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}

export const formatRings = (rings: Rings): string => `${JSON.stringify(rings, null, 2)}\n`;

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

/** A ring whose one key signs at once, whatever a clock says: nobody has read an older key set. */
export const newRing = (now: number): Ring => ({ keys: [newRingEntry(now, 0)] });

/** A new ring for each kind of token. */
export const newRings = (now: number): Rings => ({
  access: newRing(now),
  activation: newRing(now),
  lease: newRing(now),
  session: newRing(now),
});

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

/** Without `alg` (RFC 7517, 4.4: optional): the libraries differ on the algorithm's name, and the curve says it all. */
export const publicJwk = ({ kid, jwk }: RingEntry): PublicJwk => ({
  kty: jwk.kty,
  crv: jwk.crv,
  x: jwk.x,
  kid,
  use: 'sig',
});

export const privateKeyOf = (entry: RingEntry): KeyObject =>
  createPrivateKey({ key: entry.jwk, format: 'jwk' });

export const publicKeyOf = ({ jwk }: RingEntry): KeyObject =>
  createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' });
