import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { SealingKeys } from '../../shared/events/codec.ts';
import { DataKeyMissing } from '../../shared/vault/errors.ts';
import type { DataKey } from '../../shared/vault/personal.ts';
import { type MasterKey, newKey, wrapKey } from '../../shared/vault/wrapping.ts';

const INSERT = `INSERT INTO vault.data_keys (user_id, wrapped_key, created_at)
  SELECT id, key, now() FROM unnest($1::uuid[], $2::bytea[]) AS made (id, key)`;

/** Data keys for new users, kept in memory and inserted into the vault by the thousand instead of one by one. */
export class VaultRows implements SealingKeys {
  readonly #pool: Pool;
  readonly #masterKey: MasterKey;
  readonly #keys = new Map<string, DataKey>();
  #made: string[] = [];

  constructor(pool: Pool, masterKey: MasterKey) {
    this.#pool = pool;
    this.#masterKey = masterKey;
  }

  async createDataKey(userId: string): Promise<DataKey> {
    const key = newKey();
    this.#keys.set(userId, key);
    this.#made.push(userId);
    return key;
  }

  async dataKey(userId: string): Promise<DataKey> {
    const key = this.#keys.get(userId);
    if (!key) throw new DataKeyMissing([userId]);
    return key;
  }

  /** Inserts the keys that were made since the last time. */
  async flush(): Promise<void> {
    const ids = this.#made;
    this.#made = [];
    if (ids.length === 0) return;
    const wrapped = ids.map((id) => wrapKey(this.#keys.get(id) as DataKey, this.#masterKey, id));
    await this.#pool.query({ name: 'insert_data_keys', text: INSERT, values: [ids, wrapped] });
  }
}
