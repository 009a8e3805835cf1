import { z } from 'zod';
import { type KafkaConfig, kafkaSettings } from '../shared/adapters/kafka/settings.ts';
import { ConfigError, connectionUrl, flag, integer, readConfig, serviceSettings } from '../shared/config.ts';
import { httpSettings } from '../shared/http/settings.ts';
import { tracingSettings } from '../shared/tracing/settings.ts';
import { vaultSettings } from '../shared/vault/master-key.ts';

/** Every setting of this service. */
export const projectorSettings = z.object({
  ...serviceSettings,
  ...httpSettings,
  ...kafkaSettings,
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
  PROJECTOR_FEED: z
    .enum(['event_store', 'kafka'], { error: 'expected event_store or kafka' })
    .default('event_store')
    .describe(
      'Where events come from: `event_store`, one process at a time; or `kafka`, partitions shared by all processes. May be changed process by process',
    ),
  KAFKA_BROKERS: kafkaSettings.KAFKA_BROKERS.optional(),
  KAFKA_GROUP: z
    .string()
    .regex(/^[\w.-]{1,249}$/, { error: 'expected a name: letters, digits, ".", "_", "-"' })
    .default('license-projector')
    .describe('Consumer group of the projectors with `PROJECTOR_FEED=kafka`'),
  KAFKA_SESSION_TIMEOUT_MS: integer(1_000, 300_000)
    .default(10_000)
    .describe(
      'After this long the others take over the partitions of a projector that was killed; not below what the brokers allow (6,000 unless they are told otherwise)',
    ),
  USAGE_RETENTION_DAYS: integer(1, 3_650).default(90).describe('How long usage counts are kept'),
});

export type ProjectorConfig = z.infer<typeof projectorSettings>;

/** @throws ConfigError */
export function readProjectorConfig(env: Record<string, string | undefined> = process.env): ProjectorConfig {
  const config = readConfig(projectorSettings, env);
  if (config.PROJECTOR_FEED === 'kafka') kafkaOf(config);
  return config;
}

/** How to reach Kafka. @throws ConfigError nobody has said */
export function kafkaOf({ KAFKA_BROKERS, ...config }: ProjectorConfig): KafkaConfig {
  if (!KAFKA_BROKERS) throw new ConfigError(['KAFKA_BROKERS: required with PROJECTOR_FEED=kafka']);
  return { ...config, KAFKA_BROKERS };
}
