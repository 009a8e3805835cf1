import type { KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import { ConfigError } from '../config.ts';
import type { Logger } from '../logger.ts';
import { createSecretFile } from '../secret-file.ts';
import { type KeyRing, NoSigningKey, RING_POLL_MS } from './key-ring.ts';
import {
  formatRing,
  isWithdrawn,
  newRing,
  parseRing,
  privateKeyOf,
  publicJwk,
  publicKeyOf,
  type Ring,
  type RingEntry,
  signingEntry,
} from './ring-model.ts';

export interface KeyRingOptions {
  readonly file: string;
  /** In production a missing file refuses the start; else a ring is made. */
  readonly production: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default and at most {@link RING_POLL_MS}: withdrawals rely on it. */
  readonly pollMs?: number;
}

/** A ring as it is used: its keys made once, not at each signature. */
class LoadedRing {
  readonly ring: Ring;
  readonly state: string;
  readonly #keys = new Map<
    string,
    { readonly entry: RingEntry; publicKey?: KeyObject; privateKey?: KeyObject }
  >();

  constructor(ring: Ring, state: string) {
    this.ring = ring;
    this.state = state;
    for (const entry of ring.keys) this.#keys.set(entry.kid, { entry });
  }

  publicKey(kid: string, now: number): KeyObject | undefined {
    const held = this.#keys.get(kid);
    if (!held || isWithdrawn(held.entry, now)) return undefined;
    held.publicKey ??= publicKeyOf(held.entry);
    return held.publicKey;
  }

  privateKey(entry: RingEntry): KeyObject {
    const held = this.#keys.get(entry.kid);
    if (!held) throw new NoSigningKey();
    held.privateKey ??= privateKeyOf(held.entry);
    return held.privateKey;
  }

  static async read(file: string): Promise<LoadedRing> {
    // The state first: a change in between is then seen at the next look, and not lost.
    const state = await fileState(file);
    return new LoadedRing(parseRing(await readFile(file, 'utf8')), state);
  }
}

/** What tells one state of the file from another without reading it. */
async function fileState(file: string): Promise<string> {
  const { ino, mtimeMs, size } = await stat(file);
  return `${ino}/${mtimeMs}/${size}`;
}

async function readFirst({ file, production, clock, logger }: KeyRingOptions): Promise<LoadedRing> {
  try {
    return await LoadedRing.read(file);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing) throw new ConfigError([`KEYRING_FILE: ${file} can't be used: ${String(error)}`]);
    if (production) {
      throw new ConfigError([`KEYRING_FILE: there is no file ${file}; make it once with: cli keys init`]);
    }
  }
  const made = await createSecretFile(file, formatRing(newRing(clock())));
  if (made) logger.info({ file }, 'development_key_ring_made');
  return LoadedRing.read(file);
}

/**
 * Opens the key ring in a file and follows its changes.
 * @throws ConfigError the file is no ring, or missing in production
 */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { file, clock, logger } = options;
  let current = await readFirst(options);
  let failed = false;

  async function refresh(): Promise<void> {
    try {
      if ((await fileState(file)) !== current.state) {
        current = await LoadedRing.read(file);
        logger.info({ file, kids: current.ring.keys.map((entry) => entry.kid) }, 'key_ring_read');
      }
      failed = false;
    } catch (error) {
      // Logged once for each failure, not at every look.
      if (!failed) logger.error({ err: error, file }, 'key_ring_unreadable');
      failed = true;
    }
  }

  const timer = setInterval(refresh, Math.min(options.pollMs ?? 2_000, RING_POLL_MS));
  timer.unref();

  return {
    refresh,
    close: () => clearInterval(timer),
    signingKey() {
      const entry = signingEntry(current.ring, clock());
      if (!entry) throw new NoSigningKey();
      return { kid: entry.kid, privateKey: current.privateKey(entry) };
    },
    verifyingKey: (kid) => current.publicKey(kid, clock()),
    accepts: (kid) => current.publicKey(kid, clock()) !== undefined,
    jwks: () => ({
      keys: current.ring.keys.filter((entry) => !isWithdrawn(entry, clock())).map(publicJwk),
    }),
  };
}
