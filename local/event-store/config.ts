import { z } from 'zod';
import { connectionUrl, integer, readConfig, serviceSettings } from '../../shared/config.ts';

/** Every setting of the local event store. */
export const eventStoreSettings = z.object({
  LOG_LEVEL: serviceSettings.LOG_LEVEL,
  EVENT_STORE_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on. There is no authentication: it belongs on a private one'),
  EVENT_STORE_PORT: integer(0, 65_535).default(2113).describe('Port to listen on'),
  EVENT_STORE_DATABASE_URL: connectionUrl('postgres://', 'postgresql://').describe(
    'PostgreSQL; the log is kept in its schema `event_store`',
  ),
});

export type EventStoreConfig = z.infer<typeof eventStoreSettings>;

/** @throws ConfigError */
export const eventStoreConfig = (): EventStoreConfig => readConfig(eventStoreSettings, process.env);
