import { z } from 'zod';
import { flag, readConfig, SECRET } from '../../config.ts';

const BROKER = /^[^\s,:]+:\d{1,5}$/;

/** How a process reaches Kafka. */
export const kafkaSettings = {
  KAFKA_BROKERS: z
    .string({ error: 'required: host:port of one or more brokers, separated by commas' })
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .refine((brokers) => brokers.every((broker) => BROKER.test(broker)), {
      error: 'expected host:port of one or more brokers, separated by commas',
    })
    .describe('Kafka brokers to ask first, `host:port`, separated by commas'),
  KAFKA_TOPIC: z
    .string()
    .regex(/^[\w.-]{1,249}$/, { error: 'expected a topic name: letters, digits, ".", "_", "-"' })
    .default('license-events')
    .describe('Topic of the events'),
  KAFKA_TLS: flag.prefault('false').describe('Whether to connect over TLS'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], {
      error: 'expected plain, scram-sha-256 or scram-sha-512',
    })
    .optional()
    .describe('How to log in; not at all unless set'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User name for the log-in'),
  KAFKA_SASL_PASSWORD: z.string().meta(SECRET).optional().describe('Password for the log-in'),
};

const settings = z.object(kafkaSettings);
export type KafkaConfig = z.infer<typeof settings>;

/** For those who have no settings but these: tests, and the launcher. @throws ConfigError one is missing or malformed */
export const kafkaConfig = (env: Record<string, string | undefined>): KafkaConfig =>
  readConfig(settings, env);
