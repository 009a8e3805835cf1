import { Kafka, type logCreator, logLevel, type SASLOptions } from 'kafkajs';
import { ConfigError } from '../../config.ts';
import type { Logger } from '../../process/logger.ts';
import { quietIdleConnections } from './request-queue.ts';
import type { KafkaConfig } from './settings.ts';

export type { Admin, KafkaMessage, Producer } from 'kafkajs';
export { Kafka } from 'kafkajs';

export interface KafkaOptions {
  readonly config: KafkaConfig;
  /** The client's name in the brokers' logs and metrics. */
  readonly clientId: string;
  readonly logger: Logger;
}

/** Its own partitioner is the default one of all clients; the notice about it says nothing to anybody here. */
process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
quietIdleConnections();

/**
 * A client that connects when it is first used.
 * @throws ConfigError a mechanism without name or password
 */
export function createKafka({ config, clientId, logger }: KafkaOptions): Kafka {
  return new Kafka({
    clientId,
    brokers: [...config.KAFKA_BROKERS],
    ssl: config.KAFKA_TLS,
    ...(config.KAFKA_SASL_MECHANISM && { sasl: saslOf(config) }),
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
    // Also what back-to-back transactions wait: the default of 300 ms holds a relay to three a second.
    retry: { initialRetryTime: 20, maxRetryTime: 1_000, retries: 8 },
    logLevel: logLevel.INFO,
    logCreator: logInto(logger),
  });
}

function saslOf(config: KafkaConfig): SASLOptions {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username,
    KAFKA_SASL_PASSWORD: password,
  } = config;
  if (username === undefined || password === undefined) {
    throw new ConfigError(['KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD: required with KAFKA_SASL_MECHANISM']);
  }
  return { mechanism, username, password } as SASLOptions;
}

/** The client logs every rebalance and retry as an error; what really fails is thrown, and logged by who catches it. */
const logInto =
  (logger: Logger): logCreator =>
  () =>
  ({ level, namespace, log: { message, timestamp: _, ...details } }) => {
    const fields = { kafka: namespace, ...details };
    if (level <= logLevel.WARN) logger.debug(fields, message);
    else logger.trace(fields, message);
  };
