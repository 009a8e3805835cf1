// A development and small-site default: one server on one machine, for where EventStoreDB itself can't be run.
import { createLogger } from '../../shared/logger.ts';
import { eventStoreConfig } from './config.ts';
import { startEventStore } from './server.ts';

const config = eventStoreConfig();
const logger = createLogger({ service: 'event-store', level: config.LOG_LEVEL });

try {
  const store = await startEventStore({
    host: config.EVENT_STORE_HOST,
    port: config.EVENT_STORE_PORT,
    databaseUrl: config.EVENT_STORE_DATABASE_URL,
    logger,
  });
  const stop = (signal: NodeJS.Signals) => {
    logger.info({ signal }, 'event_store_stopping');
    store.close().then(
      () => logger.info('event_store_stopped'),
      (error: unknown) => {
        logger.error({ err: error }, 'event_store_stop_failed');
        process.exitCode = 1;
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  logger.fatal({ err: error }, 'event_store_start_failed');
  process.exitCode = 1;
}
