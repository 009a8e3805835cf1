import type { Queryable } from '../shared/adapters/postgres/pool.ts';
import { comparePositions, type Position, START } from '../shared/event-log/position.ts';
import { CHECKPOINT, positionOf } from '../shared/read-model/checkpoint.ts';

export interface ReadModelCheckpointOptions {
  /** Asks this node's PostgreSQL, which may be a replica that lags. @throws it can't be asked */
  readonly read: () => Promise<Position>;
  /** Most requests that wait at once; default 500. The others are refused at once. */
  readonly maxWaiting?: number;
  /** How often PostgreSQL is asked while somebody waits and no notice names a later one; default 100 ms. */
  readonly everyMs?: number;
}

interface Waiting {
  readonly position: Position;
  readonly answered: PromiseWithResolvers<boolean>;
}

const EVERY_MS = 100;
const MAX_WAITING = 500;

/**
 * How far this node's read model is, for requests that wait until it has got somewhere. However many wait, and however
 * far ahead: one question is under way at a time, asked when a notice says that it is worth it, or now and then.
 */
export class ReadModelCheckpoint {
  readonly #options: ReadModelCheckpointOptions;
  readonly #waiting = new Set<Waiting>();
  /** Where the last notice says that the projector is. */
  #notified: Position = START;
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(options: ReadModelCheckpointOptions) {
    this.#options = options;
  }

  /** A notice says that the projector has got to `after`. */
  notified(after: Position): void {
    // Of a store that was restored: it goes back.
    this.#notified = after;
    for (const { position } of this.#waiting) {
      if (comparePositions(position, after) > 0) continue;
      this.#askSoon(0);
      return;
    }
  }

  /**
   * True once the read model has got to `position`; false if it hasn't after `ms`, or if too many wait already.
   * @throws reading's error
   */
  async reached(position: Position, ms: number): Promise<boolean> {
    const { maxWaiting = MAX_WAITING } = this.#options;
    if (ms <= 0 || this.#waiting.size >= maxWaiting) return false;
    const waiting: Waiting = { position, answered: Promise.withResolvers() };
    const timer = setTimeout(() => waiting.answered.resolve(false), ms);
    this.#waiting.add(waiting);
    this.#askSoon(comparePositions(position, this.#notified) <= 0 ? 0 : undefined);
    try {
      return await waiting.answered.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    }
  }

  /** @param ms unless it is given, at the usual time */
  #askSoon(ms: number | undefined): void {
    if (this.#asking || (this.#timer && ms === undefined)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), ms ?? this.#options.everyMs ?? EVERY_MS);
  }

  async #ask(): Promise<void> {
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    this.#asking = true;
    try {
      const position = await this.#options.read();
      for (const waiting of this.#waiting)
        if (comparePositions(position, waiting.position) >= 0) waiting.answered.resolve(true);
    } catch (error) {
      for (const { answered } of this.#waiting) answered.reject(error);
    }
    this.#asking = false;
    // Those who have their answer leave in a moment; a question too many costs nothing.
    if (this.#waiting.size > 0) this.#askSoon(undefined);
  }
}

const READ = `
SELECT c.position_commit::text AS commit, c.position_prepare::text AS prepare FROM ${CHECKPOINT}`;

export async function readCheckpoint(db: Queryable): Promise<Position> {
  const { rows } = await db.query<{ commit: string | null; prepare: string | null }>({
    name: 'read_model_checkpoint',
    text: READ,
  });
  const [row] = rows;
  return row ? positionOf(row.commit, row.prepare) : START;
}
