import kafkajs from 'kafkajs';

// The package is CommonJS, and Node sees of its names only those that it spells out: not these.
const { KafkaJSError, KafkaJSNumberOfRetriesExceeded } = kafkajs;

/** Kafka can't be reached or can't serve now; trying again later may help. */
export class KafkaUnavailable extends Error {
  readonly code = 'kafka_unavailable';
  constructor(options?: ErrorOptions) {
    const cause = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(`Kafka is not available${cause}`, options);
    this.name = 'KafkaUnavailable';
  }
}

/** Whether an error of the client says that the brokers are away, rather than that it was used wrongly. */
export function isKafkaUnavailable(error: unknown): boolean {
  if (error instanceof KafkaUnavailable) return true;
  if (error instanceof KafkaJSNumberOfRetriesExceeded) return true;
  return error instanceof KafkaJSError && error.retriable;
}
