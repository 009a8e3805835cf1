import { afterEach, beforeEach, expect, test } from 'vitest';
import { readiness } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { startKafka } from '../support/kafka.ts';
import { startPostgres, type TestServer } from '../support/servers.ts';
import { compareWithDirect, differing } from './direct-build.ts';
import { caughtUp, createFeedSystem, type FeedSystem } from './feed-system.ts';

let broker: TestServer;
let postgres: TestServer;
let system: FeedSystem;
beforeEach(async () => {
  [broker, postgres] = await Promise.all([startKafka(), startPostgres()]);
  system = await createFeedSystem({ brokers: broker.url, postgresUrl: postgres.url });
});
afterEach(async () => {
  await system[Symbol.asyncDispose]();
  await Promise.all([broker[Symbol.asyncDispose](), postgres[Symbol.asyncDispose]()]);
});

type Projector = Awaited<ReturnType<FeedSystem['projectKafka']>>;
const becomes = (projector: Projector, status: 200 | 503, dependency?: string) =>
  eventually(
    `${status} ${dependency ?? ''}`,
    async () => {
      const found = await readiness(projector);
      return found.status === status && (!dependency || found.body.dependencies[dependency] === 'down');
    },
    60_000,
  );
const customer = async () => {
  const user = system.author();
  await user.signUp();
  await user.activate('laptop');
  await system.relay();
};

test('goes on by itself when Kafka was killed, when PostgreSQL was, and when Redis was away', async () => {
  const projector = await system.projectKafka();
  await customer();
  await caughtUp(system);
  await becomes(projector, 200);

  await broker.kill();
  await becomes(projector, 503, 'kafka');
  await broker.start();
  await eventually('the topic takes records', () => customer().then(() => true), 60_000);
  await caughtUp(system);
  await becomes(projector, 200);

  await postgres.kill();
  await becomes(projector, 503, 'database');
  await postgres.start();
  await becomes(projector, 200);
  await system.redisServer.stop();
  await customer();
  await caughtUp(system);
  await system.redisServer.start();
  // The event store is needed for what Kafka has dropped and for parked events, not for following.
  await becomes(projector, 200);
  expect(differing(await compareWithDirect(system))).toEqual([]);
}, 240_000);

test('waits for a Kafka that is away at start, and for a topic that is not there yet', async () => {
  await broker.stop();
  const projector = await system.projectKafka();
  await becomes(projector, 503, 'feed');
  await broker.start();
  await becomes(projector, 200);
  const other = await system.projectKafka({ KAFKA_TOPIC: 'not-yet', KAFKA_GROUP: 'another' });
  await becomes(other, 503, 'feed');
}, 240_000);
