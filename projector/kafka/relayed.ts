import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position } from '../../shared/events/position.ts';
import { loadCheckpoint, RELAY_SCHEMA } from '../relay/checkpoint.ts';

/** How far the relay is: every event of the log up to `position` is in the topic, before `ends`. */
export interface Relayed {
  readonly position: Position;
  /** By partition, the offset behind the last record that was sent. */
  readonly ends: readonly bigint[];
}

/**
 * What a relay has stored of a topic, for lanes whose own records say nothing: one without news is as far as the relay
 * all the same. Where no relay has ever worked with this database, nothing is known.
 */
export class RelayWatch {
  readonly #db: Queryable;
  readonly #topic: string;
  #there = false;
  #latest: Relayed | undefined;

  constructor(db: Queryable, topic: string) {
    this.#db = db;
    this.#topic = topic;
  }

  /** As of the last look. */
  get latest(): Relayed | undefined {
    return this.#latest;
  }

  /** Reads it again, in one statement. @throws the error of a database that can't serve */
  async look(): Promise<void> {
    this.#there ||= await this.#exists();
    if (!this.#there) return;
    const found = await loadCheckpoint(this.#db, this.#topic);
    if (!found?.last) return;
    const { position } = found.last;
    // Of two answers that have overtaken one another, both are true: the further one says more.
    if (this.#latest && comparePositions(position, this.#latest.position) <= 0) return;
    this.#latest = { position, ends: found.ends };
  }

  async #exists(): Promise<boolean> {
    const { rows } = await this.#db.query('SELECT to_regclass($1) IS NOT NULL AS there', [
      `${RELAY_SCHEMA}.checkpoints`,
    ]);
    return rows[0].there;
  }
}
