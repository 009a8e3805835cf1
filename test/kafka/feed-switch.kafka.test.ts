import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Author } from '../integration/projector/author.ts';
import { readiness } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { compareWithDirect, differing } from './direct-build.ts';
import { caughtUp, createFeedSystem, type FeedSystem, lanesOf, PARTITIONS } from './feed-system.ts';

let system: FeedSystem;
beforeEach(async () => {
  system = await createFeedSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

type Projector = Awaited<ReturnType<FeedSystem['project']>>;
const inState = async ({ url }: Projector, state: string) =>
  new RegExp(`projector_feed_state\\{.*state="${state}".*\\} 1`).test(
    await (await fetch(`${url}/metrics`)).text(),
  );
const reaches = (projector: Projector, state: string) =>
  eventually(
    `it is ${state}, and ready`,
    async () => (await inState(projector, state)) && (await readiness(projector)).status === 200,
    40_000,
  );
const users = async () =>
  Number((await system.pool.query('SELECT count(*) AS n FROM read_model.users')).rows[0].n);
const owner = async () => (await system.pool.query('SELECT feed FROM read_model.feed_owner')).rows[0]?.feed;

/** Customers who do things all the time, and a relay that sends them on, until it is told to stop. */
function flowing() {
  let on = true;
  let written = 0;
  const write = async () => {
    for (; on; written++) {
      const user: Author = system.author();
      await user.signUp();
      await user.subscribe();
      await user.activate('laptop');
    }
  };
  const relay = async () => {
    while (on) await system.relay();
    await system.relay();
  };
  const running = Promise.all([write(), relay()]);
  // Its failure is thrown where it is awaited.
  running.catch(() => undefined);
  return {
    goesOn: async () => {
      const before = await users();
      await eventually('it goes on', async () => (await users()) > before + 2);
    },
    async stop() {
      on = false;
      await running;
      await system.relay();
      return written;
    },
  };
}

describe('a rolling change of PROJECTOR_FEED', () => {
  test('from the event store to Kafka and back, while events come: each counts once', async () => {
    const events = flowing();
    const direct = [await system.project(), await system.project()];
    await events.goesOn();
    expect(await owner()).toBeUndefined();

    // One process after the other is replaced. As long as one of the old feed is there, the new ones stand by.
    await direct[0]?.stop();
    // It polls for the place: a new one that came before that would have it, and the old one would stand by.
    await reaches(direct[1] as Projector, 'following');
    const kafka = [await system.projectKafka()];
    await reaches(kafka[0] as Projector, 'standby');
    await events.goesOn();
    expect(await owner()).toBeUndefined();
    await direct[1]?.stop();
    kafka.push(await system.projectKafka());
    for (const projector of kafka) await reaches(projector, 'following');
    await events.goesOn();
    expect(await owner()).toBe('kafka');
    expect((await lanesOf(system)).map(({ generation }) => generation)).toEqual(Array(PARTITIONS).fill(1));

    await kafka[0]?.stop();
    const again = await system.project();
    await reaches(again, 'standby');
    await events.goesOn();
    await kafka[1]?.stop();
    await reaches(again, 'following');
    await events.goesOn();
    expect(await owner()).toBe('event_store');
    await again.stop();

    const last = await system.projectKafka();
    const written = await events.stop();
    await caughtUp(system);
    await reaches(last, 'following');
    expect(await users()).toBe(written);
    expect(differing(await compareWithDirect(system))).toEqual([]);
    const [sum] = (
      await system.pool.query('SELECT sum(activations)::int AS n FROM read_model.activations_by_day')
    ).rows;
    expect(sum.n).toBe(written);
  });

  test('a row that somebody changes under a running projector: nothing is written by it, and it says so', async () => {
    const projector = await system.projectKafka();
    await reaches(projector, 'following');
    const before = system.author();
    await before.signUp();
    await system.relay();
    await eventually('applied', async () => (await users()) === 1);
    await system.pool.query(
      `UPDATE read_model.feed_owner SET feed = 'event_store', topic = NULL, partitions = NULL`,
    );
    const moved = await lanesOf(system);
    await system.author().signUp();
    await system.relay();
    await eventually('it stands by, and says why', () =>
      projector.lines.some(({ msg, err }) => msg === 'feed_not_owned' && err?.code === 'feed_not_owned'),
    );
    expect(await users()).toBe(1);
    expect(await lanesOf(system)).toEqual(moved);
    expect(await inState(projector, 'standby')).toBe(true);
    // Nobody of the other feed is there: it takes the read models back, once, and goes on from where they are.
    await eventually('it goes on', async () => (await users()) === 2);
    expect(projector.lines.filter(({ msg }) => msg === 'feed_not_owned')).toHaveLength(1);
    await reaches(projector, 'following');
    expect(differing(await compareWithDirect(system))).toEqual([]);
  });
});
