import { createHmac, type KeyObject } from 'node:crypto';
import type { Queryable } from '../adapters/postgres/pool.ts';
import { insertDigestKey, selectDigestKey } from './statements.ts';
import { type MasterKey, newKey, unwrapKey, wrapKey } from './wrapping.ts';

/** What secrets are derived for, each kind under a key of its own: who learns one key has learned nothing of the others. */
export const DERIVED_KINDS = [
  'license_key',
  'password_reset',
  'email_verification',
  'service_key',
  'webhook_secret',
  'staff_welcome',
  'staff_ticket',
  'staff_factor',
  'staff_recovery',
] as const;
export type DerivedKind = (typeof DERIVED_KINDS)[number];

type DigestKeyName = 'email' | 'request' | 'reservation' | `derive:${DerivedKind}`;

/** A digest key, made at its first use. It never changes, so it is kept for the life of the process. */
export class DigestKeys {
  readonly #db: Queryable;
  readonly #master: MasterKey;
  readonly #loaded = new Map<DigestKeyName, KeyObject>();

  constructor(db: Queryable, master: MasterKey) {
    this.#db = db;
    this.#master = master;
  }

  async get(name: DigestKeyName): Promise<KeyObject> {
    const loaded = this.#loaded.get(name);
    if (loaded) return loaded;
    const label = `digest:${name}`;
    let wrapped = await selectDigestKey(this.#db, name);
    if (!wrapped) {
      await insertDigestKey(this.#db, name, wrapKey(newKey(), this.#master, label));
      // Read back, not used as made: another process may have been first.
      wrapped = await selectDigestKey(this.#db, name);
    }
    if (!wrapped) throw new Error(`the vault's digest key ${name} is gone right after it was inserted`);
    const key = unwrapKey(wrapped, this.#master, label);
    this.#loaded.set(name, key);
    return key;
  }
}

/** HMAC-SHA256 in hexadecimal. */
export const hmac = (key: KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('hex');

/** The bytes that HMAC-SHA256 makes of the id: as good as 32 random ones to whoever doesn't have the key. */
export const derived = (key: KeyObject, id: string): Buffer => createHmac('sha256', key).update(id).digest();

/** Fields that a digest of a request leaves out: even a keyed digest would confirm a guessed password. */
const PASSWORD_FIELDS = new Set(['password', 'new_password']);

/** JSON with the fields of every object in one order, and without passwords. */
export const canonicalBody = (body: unknown): string =>
  JSON.stringify(body, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([name]) => !PASSWORD_FIELDS.has(name))
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : value,
  ) ?? '';
