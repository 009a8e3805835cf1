import { afterEach, beforeEach, expect, test } from 'vitest';
import { tool } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { compareWithDirect, differing } from './direct-build.ts';
import { caughtUp, createFeedSystem, type FeedSystem, lanesOf, PARTITIONS } from './feed-system.ts';

let system: FeedSystem;
beforeEach(async () => {
  system = await createFeedSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const users = async () =>
  Number((await system.pool.query('SELECT count(*) AS n FROM read_model.users')).rows[0].n);

/** Customers who come all the time, and a relay that sends their events on, until it is told to stop. */
function flowing() {
  let on = true;
  const write = async () => {
    while (on) {
      const user = system.author();
      await user.signUp();
      await user.subscribe();
      await user.activate('laptop');
    }
  };
  const relay = async () => {
    while (on) await system.relay();
  };
  const running = Promise.all([write(), relay()]);
  // Its failure is thrown where it is awaited.
  running.catch(() => undefined);
  return {
    goesOn: async () => {
      const before = await users();
      await eventually('it goes on', async () => (await users()) > before + 2, 60_000);
    },
    async stop() {
      on = false;
      await running;
      await system.relay();
    },
  };
}

test('a rebuild while projectors follow Kafka: the same rows, and the partitions go on', async () => {
  const events = flowing();
  await system.projectKafka();
  await system.projectKafka();
  await events.goesOn();
  const before = await lanesOf(system);
  expect(await tool(system, 'rebuild')).toMatchObject({ code: 0 });
  const lanes = await lanesOf(system);
  expect(lanes.map(({ name, generation }) => [name, generation])).toEqual(
    before.map(({ name, generation }) => [name, generation + 1]),
  );
  await events.goesOn();

  // What was lost or is of another store is built from the log alone, and the Kafka feed takes over from there.
  expect(await tool(system, 'rebuild', '--force')).toMatchObject({ code: 0 });
  await eventually(
    'the Kafka feed has taken over',
    async () => (await lanesOf(system)).length === PARTITIONS,
    30_000,
  );
  await events.goesOn();
  await events.stop();
  await caughtUp(system);
  expect(differing(await compareWithDirect(system))).toEqual([]);
  expect(await tool(system, 'rebuild', '--compare-only')).toMatchObject({ code: 0 });
});
