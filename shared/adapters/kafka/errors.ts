import kafkajs from 'kafkajs';

// The package is CommonJS, and Node sees of its names only those that it spells out: not these.
const { KafkaJSError, KafkaJSGroupCoordinatorNotFound, KafkaJSNumberOfRetriesExceeded, KafkaJSTimeout } =
  kafkajs;

/** Not retried by the driver, and no fault of the caller: its retries are over, or no broker was there to be asked. */
const AWAY = [KafkaJSNumberOfRetriesExceeded, KafkaJSGroupCoordinatorNotFound, KafkaJSTimeout];

/** Kafka can't be reached or can't serve now; trying again later may help. */
export class KafkaUnavailable extends Error {
  readonly code = 'kafka_unavailable';
  constructor(options?: ErrorOptions) {
    const cause = options?.cause instanceof Error ? `: ${options.cause.message}` : '';
    super(`Kafka is not available${cause}`, options);
    this.name = 'KafkaUnavailable';
  }
}

/** Whether an error of the client says that the brokers are unreachable, rather than that it was used wrongly. */
export function isKafkaUnavailable(error: unknown): boolean {
  if (error instanceof KafkaUnavailable) return true;
  if (!(error instanceof KafkaJSError)) return false;
  // The driver wraps what it does not retry any more, also a refused connection.
  return error.retriable || AWAY.some((kind) => error instanceof kind) || isKafkaUnavailable(error.cause);
}
