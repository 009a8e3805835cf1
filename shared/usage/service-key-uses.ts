import type { Queryable } from '../adapters/postgres/pool.ts';
import { DAY_MS } from '../calendar.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../process/logger.ts';

export interface ServiceKeyUsesOptions {
  readonly pool: Queryable;
  readonly clock: Clock;
  readonly logger: Logger;
}

const AGAIN_MS = 60_000;

const NOTE = `
INSERT INTO usage.service_key_uses AS stored (key_id, last_used_on) VALUES ($1, $2)
ON CONFLICT (key_id) DO UPDATE SET last_used_on = excluded.last_used_on
  WHERE stored.last_used_on < excluded.last_used_on`;

/**
 * The last day (UTC) on which each key of a service account was used: written once a key, day and node, behind the request.
 * While PostgreSQL can't be written to, a use tries again each minute.
 */
export class ServiceKeyUses {
  readonly #options: ServiceKeyUsesOptions;
  /** Key → until when there is nothing to write. */
  readonly #noted = new Map<string, number>();
  readonly #writing = new Set<Promise<void>>();

  constructor(options: ServiceKeyUsesOptions) {
    this.#options = options;
  }

  /** Never waits. */
  note(keyId: string): void {
    const now = this.#options.clock();
    if (now < (this.#noted.get(keyId) ?? 0)) return;
    const day = Math.floor(now / DAY_MS);
    this.#noted.set(keyId, (day + 1) * DAY_MS);
    const writing = this.#write(keyId, day).finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Waits for what is being written. */
  async stop(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #write(keyId: string, day: number): Promise<void> {
    const { pool, logger } = this.#options;
    try {
      await pool.query(NOTE, [keyId, new Date(day * DAY_MS).toISOString().slice(0, 10)]);
    } catch (error) {
      this.#noted.set(keyId, this.#options.clock() + AGAIN_MS);
      logger.warn({ err: error, key_id: keyId }, 'service_key_use_not_written');
    }
  }
}
