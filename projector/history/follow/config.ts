import { z } from 'zod';
import { connectionUrl, integer, readConfig, serviceSettings } from '../../../shared/config.ts';
import { httpSettings } from '../../../shared/http/settings.ts';

/** Every setting of this service. */
export const historySettings = z.object({
  ...serviceSettings,
  ...httpSettings,
  PORT: integer(0, 65_535).default(3006).describe('Port of health and metrics; 0 for any free one'),
  EVENTSTORE_URL: connectionUrl('esdb://', 'esdb+discover://').describe('Connection string of the event log'),
  DATABASE_URL: connectionUrl('postgres://', 'postgresql://').describe(
    'PostgreSQL with the live read models and usage: what operators skipped, and machines in use',
  ),
  HISTORY_DATABASE_URL: connectionUrl('postgres://', 'postgresql://')
    .optional()
    .describe('PostgreSQL with the history tables; DATABASE_URL unless set'),
  HISTORY_BATCH_EVENTS: integer(1, 50_000).default(2_000).describe('Most events of one transaction'),
});

export type HistoryConfig = z.infer<typeof historySettings>;

/** @throws ConfigError */
export const readHistoryConfig = (env: Record<string, string | undefined> = process.env): HistoryConfig =>
  readConfig(historySettings, env);
