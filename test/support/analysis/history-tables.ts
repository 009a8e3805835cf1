import { eventStoreFeed } from '../../../projector/feeds/event-store.ts';
import { historyDecoder } from '../../../projector/history/upkeep/decoder.ts';
import { HISTORY_TABLES } from '../../../projector/history/upkeep/errors.ts';
import {
  type UpdateOptions,
  type UpdateResult,
  updateTables,
} from '../../../projector/history/upkeep/update.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

export interface HistoryTablesSystem {
  readonly log: EventLog;
  /** PostgreSQL with the live read models, in which the history tables are made too. */
  readonly databaseUrl: string;
}

/**
 * Makes the history tables in the schema `history`, or brings them to where the log ends, as `history-tables update` does
 * but without a process of its own.
 */
export const updateHistoryTables = (
  { log, databaseUrl }: HistoryTablesSystem,
  options: Partial<UpdateOptions> & { readonly batchEvents?: number } = {},
): Promise<UpdateResult> =>
  updateTables({
    connectionString: databaseUrl,
    liveConnectionString: databaseUrl,
    feed: eventStoreFeed(log, options.batchEvents ?? 5_000, HISTORY_TABLES),
    decoder: historyDecoder(logger),
    clock: systemClock,
    logger,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...options,
  });
