import { eventStoreFeed } from '../../projector/feeds/event-store.ts';
import { historyDecoder } from '../../projector/history/upkeep/decoder.ts';
import { HISTORY_TABLES } from '../../projector/history/upkeep/errors.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { readHistoryConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';

/** Events that are read at once. */
const BATCH_EVENTS = 5_000;

/** What the commands on the history tables talk to. Nothing is connected yet. @throws ConfigError */
export function connectHistory() {
  const config = readHistoryConfig();
  const logger = toolLogger(config.LOG_LEVEL);
  const connectionString = config.HISTORY_DATABASE_URL ?? config.DATABASE_URL;
  const common = { applicationName: 'cli history-tables', max: 3, logger, statementTimeoutMs: 600_000 };
  const database = createPool({ ...common, connectionString });
  const live = createPool({ ...common, connectionString: config.DATABASE_URL });
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  return {
    logger,
    connectionString,
    liveConnectionString: config.DATABASE_URL,
    /** PostgreSQL with the history tables. */
    database,
    /** PostgreSQL with the live read models. */
    live,
    log,
    feed: eventStoreFeed(log, BATCH_EVENTS, HISTORY_TABLES),
    decoder: historyDecoder(logger),
    async close() {
      await Promise.all([log.close(), database.end(), live.end()]);
    },
  };
}
