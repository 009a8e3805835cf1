import { runProcess } from '../../shared/process/lifecycle.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { eventStoreConfig } from './config.ts';
import { startEventStore } from './server.ts';

/** A development and small-site default: one server on one machine, for where EventStoreDB itself can't be run. */
await runProcess('event-store', async () => {
  const config = eventStoreConfig();
  const store = await startEventStore({
    host: config.EVENT_STORE_HOST,
    port: config.EVENT_STORE_PORT,
    databaseUrl: config.EVENT_STORE_DATABASE_URL,
    logger: createLogger({ service: 'event-store', level: config.LOG_LEVEL }),
  });
  return { stop: () => store.close() };
});
