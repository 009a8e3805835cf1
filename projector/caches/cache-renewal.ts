import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from '../../shared/adapters/postgres/pool.ts';
import type { Redis } from '../../shared/adapters/redis/client.ts';
import { comparePositions, type Position } from '../../shared/events/position.ts';
import { refreshHeld, refreshSince } from './cache-refresh.ts';

/** What a lane wants to have written anew. */
export interface Renewal {
  /** How far Redis is with it; undefined if it does not say. */
  readonly since: Position | undefined;
  readonly owns: (userId: string) => boolean;
  /** Called after each page, so that what changes meanwhile does not wait for all of it. */
  readonly between: () => Promise<void>;
}

interface Waiting {
  readonly renewal: Renewal;
  readonly done: PromiseWithResolvers<void>;
}

/** Lanes that lose Redis together ask PostgreSQL and Redis first how far they are, and come one after another. */
const GATHER_MS = 50;

/**
 * Renews what Redis holds, one pass at a time. Lanes lose Redis together, and a pass goes over all users or all of Redis
 * whatever the lane: those that come while one is under way share the next, from where the hindmost of them is.
 */
export class CacheRenewals {
  readonly #db: Pool;
  readonly #redis: Redis;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(db: Pool, redis: Redis) {
    this.#db = db;
    this.#redis = redis;
  }

  /** Resolves when all of it is written. @throws an error of PostgreSQL or Redis */
  renew(renewal: Renewal): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#waiting.push({ renewal, done });
    if (!this.#running) void this.#run();
    return done.promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await delay(GATHER_MS);
      const together = this.#waiting;
      this.#waiting = [];
      try {
        await this.#pass(together.map(({ renewal }) => renewal));
        for (const { done } of together) done.resolve();
      } catch (error) {
        for (const { done } of together) done.reject(error);
      }
    }
    this.#running = false;
  }

  async #pass(all: readonly Renewal[]): Promise<void> {
    const refresh = (some: readonly Renewal[]) => ({
      db: this.#db,
      redis: this.#redis,
      owns: (userId: string) => some.some(({ owns }) => owns(userId)),
      between: async () => {
        for (const { between } of all) await between();
      },
    });
    const unsaid = all.filter(({ since }) => since === undefined);
    if (unsaid.length > 0) await refreshHeld(refresh(unsaid));
    const said = all.filter(({ since }) => since !== undefined);
    const [least] = said.map(({ since }) => since as Position).sort(comparePositions);
    if (least) await refreshSince(refresh(said), least);
  }
}
