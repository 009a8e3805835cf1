import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CheckpointMoved, FeedStop, Fenced } from '../../../projector/errors.ts';
import { Consumer, type Session, type Work } from '../../../projector/follow/consumer.ts';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { silent } from './system.ts';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDatabase();
  pool = createPool({ connectionString: database.url, applicationName: 'test', max: 8, logger: silent });
});
afterAll(async () => {
  await pool.end();
  await database[Symbol.asyncDispose]();
});

let locks = 0;

/** Consumers of one lock, each with work that a test says. */
function group() {
  const name = `consumer ${++locks}`;
  const consumers: Consumer[] = [];
  return {
    consumer(work: Work): Consumer {
      const consumer = new Consumer({
        name: 'feed',
        pool,
        lock: { group: 7, name },
        missingMigrations: async () => [],
        waiting: () => ({ events: 0, since: undefined }),
        work,
        clock: systemClock,
        logger: silent,
      });
      consumers.push(consumer);
      consumer.start();
      return consumer;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(consumers.map((consumer) => consumer.stop()));
    },
  };
}

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function follows({ signal, started }: Session): Promise<void> {
  started();
  await untilAborted(signal);
}

/** Work that fails as often as there are errors, and then follows. Records what it did. */
function failing(...errors: Error[]) {
  const did: string[] = [];
  const states: string[] = [];
  let consumer: Consumer | undefined;
  return {
    did,
    /** What the consumer was before each session. */
    states,
    of: (one: Consumer) => {
      consumer = one;
    },
    async prepare() {
      did.push('prepare');
    },
    async follow(session: Session) {
      if (consumer) states.push(consumer.status.state);
      const error = errors.shift();
      did.push(error ? error.name : 'follow');
      if (error) throw error;
      await follows(session);
    },
  };
}

const reaches = (consumer: Consumer, state: string) =>
  eventually(`it is ${state}`, () => consumer.status.state === state, 10_000);

const refusal = (code: string) => Object.assign(new Error(`SQLSTATE ${code}`), { code, name: code });

describe('an error that passes by itself', () => {
  test.each([
    ['a serialization failure', refusal('40001')],
    ['a deadlock', refusal('40P01')],
    ['a transaction that was ended for its silence', refusal('25P03')],
    ['an event store that was lost', new EventStoreUnavailable()],
  ])('%s: it is waited for, and nobody is called', async (_what, error) => {
    await using one = group();
    const work = failing(error, error);
    const consumer = one.consumer(work);
    work.of(consumer);
    await reaches(consumer, 'following');
    expect(work.states).not.toContain('stopped');
    expect(() => consumer.status.assertRunning()).not.toThrow();
  });

  test('of the source alone keeps the lock, and reads the checkpoint once', async () => {
    await using one = group();
    const work = failing(new EventStoreUnavailable(), new EventStoreUnavailable());
    await reaches(one.consumer(work), 'following');
    expect(work.did).toEqual(['prepare', 'EventStoreUnavailable', 'EventStoreUnavailable', 'follow']);
  });

  test('a checkpoint that was moved is read again', async () => {
    await using one = group();
    const work = failing(new CheckpointMoved());
    await reaches(one.consumer(work), 'following');
    expect(work.did).toEqual(['prepare', 'CheckpointMoved', 'prepare', 'follow']);
  });
});

describe('an error that needs a person', () => {
  test('stops it: not ready, with the reason and the way out', async () => {
    await using one = group();
    const consumer = one.consumer(failing(new FeedStop('code', 'this is wrong', 'do that')));
    await reaches(consumer, 'stopped');
    expect(() => consumer.status.assertRunning()).toThrow('the feed is stopped: this is wrong; do that');
  });

  test('it tries again, and counts as running once nothing has gone wrong for a while', async () => {
    await using one = group();
    const work = failing(new FeedStop('code', 'this is wrong', 'do that'));
    const consumer = one.consumer(work);
    await eventually('it follows again', () => work.did.includes('follow'), 10_000);
    expect(consumer.status.state).toBe('stopped');
    await reaches(consumer, 'following');
  });
});

describe('one of several leads', () => {
  test('the others stand by, and one takes over when it stops', async () => {
    await using one = group();
    const first = one.consumer({ follow: follows });
    await reaches(first, 'following');
    const second = one.consumer({ follow: follows });
    await reaches(second, 'standby');
    await first.stop();
    await reaches(second, 'following');
  });

  test('whoever is fenced gives way', async () => {
    await using one = group();
    const fenced = one.consumer({
      async follow(session) {
        await follows({ ...session, signal: AbortSignal.any([session.signal, AbortSignal.timeout(300)]) });
        throw new Fenced('another one writes', 'run one of them');
      },
    });
    await reaches(fenced, 'following');
    const other = one.consumer({ follow: follows });
    await reaches(other, 'following');
    await reaches(fenced, 'standby');
  });

  test('PostgreSQL is asked each second whether it still does', async () => {
    await using one = group();
    let confirmed = 0;
    one.consumer({ follow: follows, confirmed: () => confirmed++ });
    await eventually('three times', () => confirmed >= 3, 10_000);
  });
});

test('what was taken and not written is the lag; once interrupted it is counted as time', async () => {
  await using one = group();
  const hold = Promise.withResolvers<void>();
  const since = new Date(Date.now() - 60_000);
  const consumer = one.consumer({
    async follow({ started, taken, written }) {
      started();
      taken(3, since);
      taken(2, new Date());
      written(4);
      await hold.promise;
      throw new EventStoreUnavailable();
    },
  });
  await eventually('one is left', () => consumer.status.lag.events === 1);
  expect(consumer.status.lag.seconds).toBeLessThan(30);
  hold.resolve();
  await eventually('it comes again', () => consumer.status.lag.events === 0);
});
