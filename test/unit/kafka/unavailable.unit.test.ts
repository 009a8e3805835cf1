import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { isKafkaUnavailable, KafkaUnavailable } from '../../../shared/adapters/kafka/errors.ts';

const {
  KafkaJSConnectionError,
  KafkaJSGroupCoordinatorNotFound,
  KafkaJSLockTimeout,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSSASLAuthenticationError,
} = kafkajs;

const refused = new KafkaJSConnectionError('refused', { broker: 'kafka:9092' });
const nobody = new KafkaJSGroupCoordinatorNotFound();

it.each([
  ['a connection that is refused', refused],
  ['retries that are over', new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 8, retryTime: 1 })],
  ['no broker to ask for the coordinator', nobody],
  ['the same, wrapped by the driver', Object.assign(new KafkaJSNonRetriableError(nobody), { cause: nobody })],
  ['a connection that does not come about', new KafkaJSLockTimeout()],
  ['our own', new KafkaUnavailable({ cause: refused })],
])('%s says that Kafka is away', (_what, error) => {
  expect(isKafkaUnavailable(error)).toBe(true);
});

it.each([
  ['a wrong password', new KafkaJSSASLAuthenticationError()],
  ['a wrong call', new KafkaJSNonRetriableError('no such option')],
  ['any other fault', new TypeError('undefined is not a function')],
  ['nothing', undefined],
])('%s does not', (_what, error) => {
  expect(isKafkaUnavailable(error)).toBe(false);
});
