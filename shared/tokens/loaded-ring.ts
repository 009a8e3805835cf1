import type { KeyObject } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { type KeyRing, NoSigningKey } from './key-ring.ts';
import {
  isWithdrawn,
  privateKeyOf,
  publicJwk,
  publicKeyOf,
  type Ring,
  type RingEntry,
  signingEntry,
} from './ring-model.ts';

/** A ring as it is used: its keys are made once, not at each signature. */
export class LoadedRing {
  readonly ring: Ring;
  readonly #keys = new Map<
    string,
    { readonly entry: RingEntry; publicKey?: KeyObject; privateKey?: KeyObject }
  >();

  constructor(ring: Ring) {
    this.ring = ring;
    for (const entry of ring.keys) this.#keys.set(entry.kid, { entry });
  }

  publicKey(kid: string, now: number): KeyObject | undefined {
    const key = this.#keys.get(kid);
    if (!key || isWithdrawn(key.entry, now)) return undefined;
    key.publicKey ??= publicKeyOf(key.entry);
    return key.publicKey;
  }

  /** @throws NoSigningKey */
  signingKey(now: number): { readonly kid: string; readonly privateKey: KeyObject } {
    const entry = signingEntry(this.ring, now);
    const key = entry && this.#keys.get(entry.kid);
    if (!key) throw new NoSigningKey();
    key.privateKey ??= privateKeyOf(key.entry);
    return { kid: key.entry.kid, privateKey: key.privateKey };
  }
}

/** The ring that `current` gives at each use, as services see it. */
export const ringOf = (current: () => LoadedRing, clock: Clock): KeyRing => ({
  signingKey: () => current().signingKey(clock()),
  verifyingKey: (kid) => current().publicKey(kid, clock()),
  accepts: (kid) => current().publicKey(kid, clock()) !== undefined,
  jwks: () => ({
    keys: current()
      .ring.keys.filter((entry) => !isWithdrawn(entry, clock()))
      .map(publicJwk),
  }),
});
