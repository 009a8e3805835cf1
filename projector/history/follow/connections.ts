import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import { HISTORY } from '../upkeep/schemas.ts';
import { historyPool } from '../upkeep/writer.ts';
import type { HistoryConfig } from './config.ts';

export type Connections = ReturnType<typeof connect>;

/** Everything that the follower talks to. Nothing is connected yet: it starts with all of them unreachable. */
export function connect(config: HistoryConfig, logger: Logger) {
  const connectionString = config.HISTORY_DATABASE_URL ?? config.DATABASE_URL;
  const applicationName = 'history-tables';
  const statementTimeoutMs = 30_000;
  const common = { applicationName, statementTimeoutMs, logger };
  const database = createPool({ ...common, connectionString, max: 3 });
  const own = historyPool({
    ...common,
    connectionString,
    schemas: HISTORY,
    // One that is frozen in a transaction holds the checkpoint, which a standby waits for. Nobody else does: so a machine that
    // is busy with other things has time.
    settings: { idle_in_transaction_session_timeout: '15s' },
  });
  const live = createPool({ ...common, connectionString: config.DATABASE_URL, max: 2 });
  const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
  return {
    connectionString,
    /** With the default search path. */
    database,
    /** With the history's schemas as its search path. */
    own,
    /** The live read models, and usage. */
    live,
    log,
    async close() {
      await Promise.all([log.close(), database.end(), own.end(), live.end()]);
    },
  };
}
