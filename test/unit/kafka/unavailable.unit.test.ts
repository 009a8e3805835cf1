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

/** As the driver makes them; its types leave the message out. */
const made = (kind: new () => Error, message: string): Error => Reflect.construct(kind, [message]);

const refused = new KafkaJSConnectionError('refused', { broker: 'kafka:9092' });
const nobody = made(KafkaJSGroupCoordinatorNotFound, 'nobody was asked');

it.each([
  ['a connection that is refused', refused],
  ['retries that are over', new KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 8, retryTime: 1 })],
  ['no broker to ask for the coordinator', nobody],
  [
    'the same, wrapped by the driver',
    Object.assign(new KafkaJSNonRetriableError(nobody.message), { cause: nobody }),
  ],
  [
    'a connection that was refused, wrapped by the driver',
    Object.assign(new KafkaJSNonRetriableError(refused.message), { cause: refused }),
  ],
  ['a connection that does not come about', made(KafkaJSLockTimeout, 'waited')],
  ['our own', new KafkaUnavailable({ cause: refused })],
])('%s says that Kafka is unreachable', (_what, error) => {
  expect(isKafkaUnavailable(error)).toBe(true);
});

it.each([
  ['a wrong password', made(KafkaJSSASLAuthenticationError, 'no')],
  ['a wrong call', new KafkaJSNonRetriableError('no such option')],
  ['any other fault', new TypeError('undefined is not a function')],
  ['nothing', undefined],
])('%s does not', (_what, error) => {
  expect(isKafkaUnavailable(error)).toBe(false);
});
