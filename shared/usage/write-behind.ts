import { isPostgresUnavailable, postgresFault } from '../adapters/postgres/faults.ts';
import type { Queryable } from '../adapters/postgres/pool.ts';
import type { Logger } from '../process/logger.ts';

export interface WriteBehindOptions<R> {
  readonly pool: Queryable;
  readonly logger: Logger;
  /** Writes a batch. Its parameters are {@link columns}. */
  readonly statement: string;
  readonly columns: (rows: readonly R[]) => unknown[];
  /** What two rows under one key are together. */
  readonly merge: (known: R, more: R) => R;
  /** Told of rows that won't be written. */
  readonly onDropped?: (row: R) => void;
  /** How often rows are written; default 5 s. It bounds what a crash loses. */
  readonly flushMs?: number | undefined;
  /** Most rows that are kept while PostgreSQL is unreachable; default 50,000, about 20 MB. */
  readonly maxRows?: number | undefined;
}

/** Rows of one statement. */
const BATCH = 1_000;

/**
 * Rows of measurements, added up in memory and written in batches behind the requests. A crash loses at most what came
 * since the last batch; `stop` writes the rest. While PostgreSQL is unreachable they are kept up to `maxRows`; what would
 * be a further one is dropped.
 */
export class WriteBehind<R> {
  readonly #options: WriteBehindOptions<R>;
  readonly #maxRows: number;
  #rows = new Map<string, R>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #failing = false;

  constructor(options: WriteBehindOptions<R>) {
    this.#options = options;
    this.#maxRows = options.maxRows ?? 50_000;
  }

  /** How many rows wait to be written. */
  get size(): number {
    return this.#rows.size;
  }

  start(): void {
    this.#timer = setInterval(() => void this.flush(), this.#options.flushMs ?? 5_000);
    this.#timer.unref();
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
    // What came while an earlier batch was under way.
    if (this.#rows.size > 0) await this.flush();
  }

  /** Never waits. */
  add(key: string, row: R): void {
    const known = this.#rows.get(key);
    if (known !== undefined) this.#rows.set(key, this.#options.merge(known, row));
    else if (this.#rows.size < this.#maxRows) this.#rows.set(key, row);
    else this.#options.onDropped?.(row);
  }

  /** Writes all rows now, or joins the writing that is under way. Failing is no error: they are kept. */
  flush(): Promise<void> {
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #write(): Promise<void> {
    const rows = [...this.#rows];
    this.#rows = new Map();
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = rows.slice(from, from + BATCH).map(([, row]) => row);
      try {
        await this.#options.pool.query(this.#options.statement, this.#options.columns(batch));
        this.#say(false);
      } catch (error) {
        this.#say(true, error);
        // A replica, or a role that may only read, takes no rows: an operator has to name another place for them.
        if (isPostgresUnavailable(error) || postgresFault(error) === 'denied') {
          for (const [key, row] of rows.slice(from)) this.add(key, row);
          return;
        }
        // A batch that PostgreSQL refuses would be refused again, and for ever.
        for (const row of batch) this.#options.onDropped?.(row);
      }
    }
  }

  #say(failing: boolean, error?: unknown): void {
    if (failing === this.#failing) return;
    this.#failing = failing;
    if (failing) this.#options.logger.warn({ err: error }, 'usage_not_written');
    else this.#options.logger.info('usage_written_again');
  }
}
