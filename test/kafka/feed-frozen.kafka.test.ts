import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startKafka } from '../support/kafka.ts';
import type { TestServer } from '../support/servers.ts';
import { caughtUp, createFeedSystem, type FeedSystem } from './feed-system.ts';

/** Of the 20 s that a process has to stop, with time for what else it has to do. */
const STOP_MS = 10_000;

let broker: TestServer;
let system: FeedSystem;
beforeEach(async () => {
  broker = await startKafka();
  system = await createFeedSystem({ brokers: broker.url });
});
afterEach(async () => {
  broker.thaw();
  await system[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
});

type Projector = Awaited<ReturnType<FeedSystem['projectKafka']>>;

async function stopTakes(projector: Projector): Promise<number> {
  const began = performance.now();
  await projector.stop();
  return performance.now() - began;
}

test('a projector stops in time while Kafka is frozen, whether it follows or is about to join', async () => {
  await system.author().signUp();
  await system.relay();
  const following = await system.projectKafka();
  await caughtUp(system);
  broker.freeze();
  const joining = await system.projectKafka();
  await eventually('it waits', async () => {
    const text = await (await fetch(`${joining.url}/metrics`)).text();
    return /projector_feed_state\{.*state="waiting".*\} 1/.test(text);
  });
  expect(await stopTakes(following)).toBeLessThan(STOP_MS);
  expect(await stopTakes(joining)).toBeLessThan(STOP_MS);
}, 240_000);
