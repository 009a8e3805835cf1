import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { licensesOf } from '../../../command-service/domain/licenses/state.ts';
import { createSnapshots } from '../../../command-service/execute/states/snapshots.ts';
import { EventStoreUnavailable } from '../../../shared/event-log/errors.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { userStream } from '../../../shared/events/streams.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import {
  activate,
  Backend,
  type Customer,
  codeOf,
  done,
  licenseOf,
  type Node,
  OPERATOR,
  subscribe,
} from './nodes.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await Backend.start();
}, 60_000);
afterAll(() => backend.close());

type Subscribed = Customer & { readonly subscriptionId: string };

const lastRevision = async (stream: string): Promise<number> => {
  for await (const event of backend.log.readStream(stream, { direction: 'backwards', limit: 1 }))
    return event.revision;
  throw new Error(`${stream} has no event`);
};

/** Writes so many activations and deactivations, in turn, after a customer's last event. */
async function live(node: Node, customer: Subscribed, count: number): Promise<void> {
  const { userId, subscriptionId } = customer;
  const codec = createCodec({ writeLevel: 1, vault: node.vault });
  const stream = userStream(userId);
  const commandId = () => ({
    commandId: randomUUID(),
    $causationId: randomUUID(),
    $correlationId: 'test',
    actor: { role: 'user', id: userId } as const,
  });
  let licenseId = '';
  const next = (n: number): NewUserEvent => {
    const clientId = `client-${n >> 1}`;
    if (n % 2 === 1)
      return { type: 'LicenseDeactivated', data: { userId, licenseId, clientId, personal: {} } };
    licenseId = uuidv7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
    return {
      type: 'LicenseActivated',
      data: { userId, licenseId, subscriptionId, product: 'app', clientId, personal: {} },
    };
  };
  let expected = await lastRevision(stream);
  for (let from = 0; from < count; from += 500) {
    const events = await Promise.all(
      Array.from({ length: Math.min(500, count - from) }, (_, index) =>
        codec.encode(next(from + index), { stream, index, metadata: commandId() }),
      ),
    );
    expected = (await backend.log.append(stream, expected, events, { deadlineMs: 10_000 })).revision;
  }
}

const grown = async (node: Node, count: number): Promise<Subscribed> => {
  const customer = await subscribe(node, 'enterprise');
  await live(node, customer, count);
  return customer;
};

const logIn = (node: Node, { email, password }: Customer) =>
  node.logIn({ email, password, correlationId: 'test' });

const saved = async (userId: string): Promise<number | undefined> => {
  const { rows } = await backend.pool.query<{ revision: string }>(
    'SELECT revision FROM write_side.snapshots WHERE user_id = $1',
    [userId],
  );
  return rows[0] && Number(rows[0].revision);
};

/** Asks again after each 503, as a client does; answers with the number of tries. */
async function untilAnswered<T>(ask: () => Promise<T>): Promise<{ answer: T; tries: number }> {
  for (let tries = 1; tries <= 1_000; tries += 1) {
    try {
      return { answer: await ask(), tries };
    } catch (error) {
      if (!(error instanceof EventStoreUnavailable)) throw error;
    }
  }
  throw new Error('locked out: 1,000 reads were all cut off');
}

const inMs = async (work: () => Promise<unknown>): Promise<number> => {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

describe('a user with 10,000 events', () => {
  it('is not locked out by a small cache and a short deadline: a read that was cut off goes on where it was', async () => {
    const customer = await grown(backend.node(), 10_000);
    const node = backend.node({ stateCacheBytes: 100_000, readDeadlineMs: 100 });
    const first = await untilAnswered(() => logIn(node, customer));
    expect(codeOf(first.answer)).toBe('done');
    const { answer } = await untilAnswered(() => node.execute(customer.request(activate('new'))));
    expect(codeOf(answer)).toBe('done');
  }, 180_000);

  // A second is the target (measured: 80 ms and 141 ms); what is read does not depend on what else the machine does.
  it('needs few of its events to log in and activate after a restart', async () => {
    const node = backend.node();
    const customer = await grown(node, 10_000);
    await untilAnswered(() => logIn(node, customer));
    await expect.poll(() => saved(customer.userId)).toBeGreaterThan(9_000);
    const restarted = backend.node();
    expect(codeOf(await logIn(restarted, customer))).toBe('done');
    expect(restarted.eventsRead).toBeLessThan(1_200);
    const other = backend.node();
    expect(codeOf(await other.execute(customer.request(activate('new'))))).toBe('done');
    expect(other.eventsRead).toBeLessThan(1_200);
  });

  it('activates its next client in at most twice the time of the first', async () => {
    const node = backend.node({ stateCacheBytes: 128 * 2 ** 20 });
    const big = await grown(node, 10_000);
    const small = await subscribe(node, 'enterprise');
    await untilAnswered(() => logIn(node, big));
    const times = { big: [] as number[], small: [] as number[] };
    for (let n = 0; n < 60; n += 1) {
      for (const [name, customer] of Object.entries({ big, small }))
        times[name as 'big'].push(
          await inMs(() => node.execute(customer.request(activate(`n-${n}`), { caller: OPERATOR }))),
        );
    }
    expect(median(times.big)).toBeLessThan(2 * median(times.small));
  });
});

describe('a snapshot', () => {
  it('is saved every 1,000 events, also of those that this node appends', async () => {
    const node = backend.node();
    const customer = await grown(node, 995);
    await logIn(node, customer);
    expect(await saved(customer.userId)).toBeUndefined();
    for (let n = 0; n < 4; n += 1) await node.execute(customer.request(activate(`more-${n}`)));
    await expect.poll(() => saved(customer.userId)).toBe(999);
  });

  it('of a store that was restored since, or of another release, is not used', async () => {
    const node = backend.node();
    const customer = await grown(node, 1_500);
    const stream = userStream(customer.userId);
    const logger = createLogger({ service: 'test', level: 'silent' });
    const older = createSnapshots({ db: backend.pool, logger, version: 'another' });
    await logIn(node, customer);
    await expect.poll(() => saved(customer.userId)).toBe(await lastRevision(stream));
    expect(await older.load(customer.userId)).toBeUndefined();

    // The state as it would be if the log had gone on otherwise.
    const snapshots = createSnapshots({ db: backend.pool, logger });
    const state = await snapshots.load(customer.userId);
    if (!state) throw new Error('no snapshot');
    await snapshots.remove(customer.userId);
    state.lastEventId = randomUUID();
    const held = licensesOf(state.licenses, 'app');
    held.active = 9_999;
    await snapshots.save(state);
    const restarted = backend.node();
    expect(licenseOf(await restarted.execute(customer.request(activate('new'))))).toBeTruthy();
    const again = await backend.node().execute(customer.request(activate('new')));
    expect(done(again).changed).toBe(false);
    const active = async () => (await snapshots.load(customer.userId))?.licenses.ofProduct.get('app')?.active;
    await expect.poll(active).not.toBe(9_999);
  });

  it('goes when its user is erased, and none is made afterwards', async () => {
    const node = backend.node();
    const customer = await grown(node, 1_200);
    await logIn(node, customer);
    await expect.poll(() => saved(customer.userId)).toBeGreaterThan(1_000);
    const { userId, caller } = customer;
    done(await node.erase({ userId, caller, correlationId: 'test' }));
    expect(await saved(userId)).toBeUndefined();
    await backend.node().erase({ userId, caller: OPERATOR, correlationId: 'test' });
    expect(await saved(userId)).toBeUndefined();
  });

  it('that is being saved while its user is erased goes too', async () => {
    const node = backend.node();
    const customer = await grown(node, 1_200);
    const { userId, caller } = customer;
    await logIn(node, customer);
    await expect.poll(() => saved(userId)).toBeGreaterThan(1_000);
    const logger = createLogger({ service: 'test', level: 'silent' });
    const state = await createSnapshots({ db: backend.pool, logger }).load(userId);
    if (!state) throw new Error('no snapshot');
    const saving = await backend.pool.connect();
    await saving.query('BEGIN');
    await createSnapshots({ db: saving, logger, version: 'of another node' }).save(state);
    let erased = false;
    const erasing = node.erase({ userId, caller, correlationId: 'test' }).then((outcome) => {
      erased = true;
      return outcome;
    });
    const isWaiting = async () =>
      (await backend.pool.query('SELECT FROM pg_locks WHERE NOT granted')).rowCount !== 0;
    await expect.poll(async () => erased || (await isWaiting())).toBe(true);
    await saving.query('COMMIT');
    saving.release();
    done(await erasing);
    expect(await saved(userId)).toBeUndefined();
  });
});
