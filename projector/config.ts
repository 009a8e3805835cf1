import { z } from 'zod';
import { connectionUrl, flag, integer, readConfig, serviceSettings } from '../shared/config.ts';
import { httpSettings } from '../shared/http/settings.ts';
import { tracingSettings } from '../shared/tracing/settings.ts';
import { vaultSettings } from '../shared/vault/master-key.ts';

/** Every setting of this service. */
export const projectorSettings = z.object({
  ...serviceSettings,
  ...httpSettings,
  ...tracingSettings,
  ...vaultSettings,
  PORT: integer(0, 65_535).default(3003).describe('Port of health and metrics; 0 for any free one'),
  EVENTSTORE_URL: connectionUrl('esdb://', 'esdb+discover://').describe('Connection string of the event log'),
  DATABASE_URL: connectionUrl('postgres://', 'postgresql://').describe(
    'PostgreSQL with the read models and usage',
  ),
  VAULT_DATABASE_URL: connectionUrl('postgres://', 'postgresql://')
    .optional()
    .describe('PostgreSQL with the key vault; DATABASE_URL unless set'),
  REDIS_URL: connectionUrl('redis://', 'rediss://').describe('Redis, for the views and the notices'),
  MIGRATE_ON_START: flag
    .prefault('false')
    .describe('Whether to bring the schemas up to this version at start'),
  PROJECTOR_BATCH_EVENTS: integer(1, 50_000).default(2_000).describe('Most events of one transaction'),
  USAGE_RETENTION_DAYS: integer(1, 3_650).default(90).describe('How long usage counts are kept'),
});

export type ProjectorConfig = z.infer<typeof projectorSettings>;

/** @throws ConfigError */
export const readProjectorConfig = (env: Record<string, string | undefined> = process.env): ProjectorConfig =>
  readConfig(projectorSettings, env);
