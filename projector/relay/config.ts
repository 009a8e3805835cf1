import { z } from 'zod';
import { kafkaSettings } from '../../shared/adapters/kafka/settings.ts';
import { connectionUrl, integer, readConfig, serviceSettings } from '../../shared/config.ts';
import { httpSettings } from '../../shared/http/settings.ts';

/** Every setting of this service. */
export const relaySettings = z.object({
  ...serviceSettings,
  ...httpSettings,
  ...kafkaSettings,
  PORT: integer(0, 65_535).default(3004).describe('Port of health and metrics; 0 for any free one'),
  EVENTSTORE_URL: connectionUrl('esdb://', 'esdb+discover://').describe('Connection string of the event log'),
  DATABASE_URL: connectionUrl('postgres://', 'postgresql://').describe(
    'PostgreSQL with the checkpoints of the relay',
  ),
  KAFKA_TOPIC_PARTITIONS: integer(1, 10_000)
    .default(12)
    .describe('Partitions of a topic that is made here; an existing one keeps what it has'),
  KAFKA_TOPIC_REPLICATION: integer(1, 32)
    .optional()
    .describe("Copies of each record of a topic that is made here; the brokers' default unless set"),
  KAFKA_TOPIC_RETENTION_DAYS: integer(0, 36_500)
    .default(0)
    .describe('How long a topic that is made here keeps events, by their time; 0 for ever'),
  RELAY_BATCH_EVENTS: integer(1, 10_000).default(5_000).describe('Most events of one Kafka transaction'),
});

export type RelayConfig = z.infer<typeof relaySettings>;

/** @throws ConfigError */
export const readRelayConfig = (env: Record<string, string | undefined> = process.env): RelayConfig =>
  readConfig(relaySettings, env);
