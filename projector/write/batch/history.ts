import type { PoolClient, Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import type { DecodedEvent, SeenEvent } from '../decode.ts';

/** What one batch adds to the history tables. */
export interface HistoryBatch {
  /**
   * Loads what these events may change, before any of them is applied. Called again with those that come next, it loads what is not
   * here yet.
   * @param rows as they are before them, of what the events name
   */
  load(db: Queryable, events: readonly DecodedEvent[], rows: Rows): Promise<void>;
  /**
   * The read models' rows were changed by an event.
   * @param at the event's time, as the rows have it
   * @param rows as they are after it
   */
  applied(event: DecodedEvent, at: number, rows: Rows): void;
  /** Writes everything that changed. */
  save(client: PoolClient): Promise<void>;
  /** Writes what no later event changes, so that it needs not be kept until everything is written. */
  saveFinished(client: PoolClient): Promise<void>;
}

/** The history tables, which are written in the transactions of the read models that they are made beside. */
export interface HistoryTables {
  batch(): HistoryBatch;
  /** For events that are given part by part: {@link HistoryBatch.load} is called before each part. */
  parts(): HistoryBatch;
  /** Notes events of any stream, parked and skipped ones too; each is given once. */
  seen(db: Queryable, events: readonly SeenEvent[]): Promise<void>;
}
