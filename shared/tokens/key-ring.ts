import type { KeyObject } from 'node:crypto';
import type { TokenKind } from './kinds.ts';
import type { Jwks } from './ring-model.ts';

/** How often the ring's file is looked at, at most, in milliseconds. */
export const RING_POLL_MS = 5_000;
/** How long a reader of `/.well-known/jwks.json` may keep it, in seconds. */
export const JWKS_MAX_AGE_SECONDS = 300;
/** From a key's publication to its first signature: longer than a cached key set and a poll together. */
export const PUBLISH_LEAD_MS = 10 * 60_000;

/** The key ring of one kind of token as a running process sees it. Nothing here waits for the file. */
export interface KeyRing {
  /**
   * The key to sign with: the latest that may sign by now and is not withdrawn.
   * @throws NoSigningKey
   */
  signingKey(): { readonly kid: string; readonly privateKey: KeyObject };

  /** The public key of that id; undefined if it is unknown or withdrawn. */
  verifyingKey(kid: string): KeyObject | undefined;

  /**
   * True while tokens under that key are good. Whoever keeps verified tokens asks again at each use: a withdrawal
   * takes effect at a time, without a notice.
   */
  accepts(kid: string): boolean;

  /** The public keys that are not withdrawn, those that don't sign yet among them (RFC 7517). */
  jwks(): Jwks;
}

/** A key ring for each kind of token: withdrawing a key of one kind ends nothing of the others. */
export interface KeyRings extends Readonly<Record<TokenKind, KeyRing>> {
  /** Looks at the file now. A broken or missing file keeps the rings that were read last, and is logged. */
  refresh(): Promise<void>;

  close(): void;
}

/** No key of the ring may sign now: every one is withdrawn or not due yet. */
export class NoSigningKey extends Error {
  readonly code = 'no_signing_key';
  constructor() {
    super('the key ring has no key that may sign now');
    this.name = 'NoSigningKey';
  }
}
