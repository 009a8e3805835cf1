import type { Queryable } from '../adapters/postgres/pool.ts';
import type { Clock } from '../clock.ts';
import { emailForms } from '../identity/email.ts';
import { canonicalBody, DERIVED_KINDS, DigestKeys, derived, hmac } from './digests.ts';
import { DataKeyErased, DataKeyMissing } from './errors.ts';
import { KeyCache, type KeyCacheOptions } from './key-cache.ts';
import { type DataKey, ERASED, type Erased } from './personal.ts';
import { type DataKeyRow, insertDataKey, insertTombstones, selectDataKeys } from './statements.ts';
import type { Vault } from './vault.ts';
import { type MasterKey, newKey, unwrapKey, wrapKey } from './wrapping.ts';

export interface PostgresVaultOptions {
  /** The database that holds the schema `vault`. */
  readonly db: Queryable;
  readonly masterKey: MasterKey;
  readonly clock: Clock;
  readonly cache?: Omit<KeyCacheOptions, 'clock'>;
}

/** The vault in PostgreSQL's schema `vault`. It can be made while the database is unavailable. */
export function createVault({ db, masterKey, clock, cache: cacheOptions }: PostgresVaultOptions): Vault {
  const cache = new KeyCache({ clock, ...cacheOptions });
  const digestKeys = new DigestKeys(db, masterKey);

  const keyOf = (row: DataKeyRow): DataKey | Erased =>
    row.wrapped_key ? unwrapKey(row.wrapped_key, masterKey, row.user_id) : ERASED;

  async function dataKeys(userIds: readonly string[]): Promise<ReadonlyMap<string, DataKey | Erased>> {
    const found = new Map<string, DataKey | Erased>();
    const unread = new Set<string>();
    for (const userId of userIds) {
      const cached = cache.get(userId);
      if (cached) found.set(userId, cached);
      else unread.add(userId);
    }
    if (unread.size === 0) return found;
    for (const row of await selectDataKeys(db, [...unread])) {
      const key = keyOf(row);
      cache.put(row.user_id, key);
      found.set(row.user_id, key);
      unread.delete(row.user_id);
    }
    if (unread.size > 0) throw new DataKeyMissing([...unread]);
    return found;
  }

  async function dataKey(userId: string): Promise<DataKey | Erased> {
    return (await dataKeys([userId])).get(userId) as DataKey | Erased;
  }

  async function applyErasures(userIds: readonly string[]): Promise<number> {
    const changed = await insertTombstones(db, userIds);
    for (const userId of userIds) cache.put(userId, ERASED);
    return changed;
  }

  return {
    dataKey,
    dataKeys,
    applyErasures,
    async createDataKey(userId) {
      const made = newKey();
      if (!cache.get(userId) && (await insertDataKey(db, userId, wrapKey(made, masterKey, userId)))) {
        cache.put(userId, made);
        return made;
      }
      const existing = await dataKey(userId);
      if (existing === ERASED) throw new DataKeyErased(userId);
      return existing;
    },
    emailDigest: async (email) => hmac(await digestKeys.get('email'), emailForms(email)[0]),
    async formerEmailDigest(email) {
      const [, former] = emailForms(email);
      return former === undefined ? undefined : hmac(await digestKeys.get('email'), former);
    },
    reservationDigest: async (kind, ...parts) =>
      hmac(await digestKeys.get('reservation'), JSON.stringify([kind, ...parts])),
    requestDigest: async (body) => hmac(await digestKeys.get('request'), canonicalBody(body)),
    derive: async (kind, id) => derived(await digestKeys.get(`derive:${kind}`), id),
    async check() {
      await digestKeys.get('email');
      await digestKeys.get('request');
      await digestKeys.get('reservation');
      // All are made at the first start, not at their first use: so every backup of the vault holds them.
      for (const kind of DERIVED_KINDS) await digestKeys.get(`derive:${kind}`);
    },
  };
}
