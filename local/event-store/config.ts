import { z } from 'zod';
import { connectionUrl, integer, readConfig, serviceSettings } from '../../shared/config.ts';

const schema = z.object({
  LOG_LEVEL: serviceSettings.LOG_LEVEL,
  /** Address to listen on. There is no authentication: it belongs on a private one. */
  EVENT_STORE_HOST: z.string().default('127.0.0.1'),
  EVENT_STORE_PORT: integer(0, 65_535).default(2113),
  /** PostgreSQL; the log is kept in its schema `event_store`. */
  EVENT_STORE_DATABASE_URL: connectionUrl('postgres://', 'postgresql://'),
});

export type EventStoreConfig = z.infer<typeof schema>;

/** @throws ConfigError */
export const eventStoreConfig = (): EventStoreConfig => readConfig(schema, process.env);
