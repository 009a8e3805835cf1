import { Gauge, type Registry } from 'prom-client';
import { type Clock, monotonicClock } from '../../clock.ts';
import { isPostgresUnavailable } from './faults.ts';
import type { Queryable } from './pool.ts';

/** Beyond this a clock is wrong, and nothing may be decided by it. */
export const MAX_CLOCK_DIFFERENCE_MS = 2_000;

const EVERY_MS = 60_000;

export interface ClockDifferenceOptions {
  readonly database: Queryable;
  readonly clock: Clock;
  readonly registry: Registry;
  /** How often PostgreSQL is asked; a minute unless given. */
  readonly everyMs?: number;
  /** A monotonic clock, in milliseconds. */
  readonly now?: () => number;
}

/** This node's clock differs from its PostgreSQL's by more than is allowed. */
export class ClockWrong extends Error {
  readonly code = 'clock_wrong';
  constructor(differenceMs: number | undefined) {
    super(
      differenceMs === undefined
        ? "this node's clock has not been compared with PostgreSQL's yet"
        : `this node's clock is ${Math.abs(differenceMs / 1_000).toFixed(1)} s ${
            differenceMs > 0 ? 'ahead of' : 'behind'
          } PostgreSQL's: set both by NTP`,
    );
    this.name = 'ClockWrong';
  }
}

/**
 * How far this node's clock is from its PostgreSQL's. PostgreSQL is asked once a minute; in between its time is carried
 * on by the monotonic clock, so a clock that is set to another time is noticed at once.
 */
export class ClockDifference {
  readonly #options: Required<ClockDifferenceOptions>;
  /** PostgreSQL's time at a moment of the monotonic clock, and by how much that may be off. */
  #known: { readonly time: number; readonly at: number; readonly tolerance: number } | undefined;

  constructor(options: ClockDifferenceOptions) {
    this.#options = { everyMs: EVERY_MS, now: monotonicClock, ...options };
    const value = () => this.ms;
    new Gauge({
      name: 'clock_difference_seconds',
      help: "This node's clock minus PostgreSQL's",
      registers: [options.registry],
      collect() {
        const ms = value();
        if (ms === undefined) this.reset();
        else this.set(ms / 1_000);
      },
    });
  }

  /** This node's clock minus PostgreSQL's, in milliseconds; undefined until PostgreSQL has been asked. */
  get ms(): number | undefined {
    const { now, clock } = this.#options;
    return this.#known && clock() - (this.#known.time + now() - this.#known.at);
  }

  /** True if the clock is right as far as can be told, the time that the question took allowed for. */
  get isSmall(): boolean {
    const { ms } = this;
    return ms !== undefined && Math.abs(ms) <= MAX_CLOCK_DIFFERENCE_MS + (this.#known?.tolerance ?? 0);
  }

  /**
   * For the health check, which asks each second: asks PostgreSQL if a minute has passed, or the clock seems wrong.
   * @throws ClockWrong; and what the query throws while nothing is known yet
   */
  async check(): Promise<void> {
    const { now, everyMs } = this.#options;
    if (!this.#known || !this.isSmall || now() - this.#known.at >= everyMs) await this.#measure();
    if (!this.isSmall) throw new ClockWrong(this.ms);
  }

  /** A clock that says no wrong time. @throws ClockWrong */
  readonly checked: Clock = () => {
    if (!this.isSmall) throw new ClockWrong(this.ms);
    return this.#options.clock();
  };

  async #measure(): Promise<void> {
    const { database, now } = this.#options;
    const before = now();
    try {
      const { rows } = await database.query<{ time: number }>(
        'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS time',
      );
      const after = now();
      this.#known = {
        time: (rows[0] as { time: number }).time,
        at: (before + after) / 2,
        tolerance: (after - before) / 2,
      };
    } catch (error) {
      // What is known is carried on; that PostgreSQL is unreachable is said by the check of PostgreSQL itself.
      if (!this.#known || !isPostgresUnavailable(error)) throw error;
    }
  }
}
