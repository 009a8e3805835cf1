import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadFirst } from '../../../projector/notifier/deliveries/due.ts';
import { inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { resumeDeliveries, retryDelivery } from '../../../shared/notifications/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import { createNotifierSystem, type NotifierSystem } from './system.ts';

let system: NotifierSystem;
let before: string;
beforeAll(async () => {
  system = await createNotifierSystem();
  const old = system.authors();
  await old.signUp();
  before = old.userId;
  await system.notifier();
});
afterAll(() => system[Symbol.asyncDispose]());

/** A user with so many events. */
async function userWith(events: number) {
  const author = system.authors();
  await author.signUp();
  if (events > 1) await author.subscribe();
  for (let i = 2; i < events; i++) await author.activate(`client-${i}`);
  return author;
}

describe('deliveries', () => {
  it('come in order within a user, signed as the standard says, under the id of the event', async () => {
    const endpoint = await system.endpoint();
    const [a, b] = [await userWith(5), await userWith(4)];
    const rows = await eventually('all are delivered', async () => {
      const some = await system.settled(endpoint.webhookId);
      return some.length === 9 && some;
    });
    expect(rows.map(({ status, attempts, last_status }) => ({ status, attempts, last_status }))).toEqual(
      Array(9).fill({ status: 'delivered', attempts: 1, last_status: 204 }),
    );
    expect(endpoint.of(a.userId)).toEqual([0, 1, 2, 3, 4]);
    expect(endpoint.of(b.userId)).toEqual([0, 1, 2, 3]);
    expect(endpoint.received.map(({ id }) => id).sort()).toEqual(rows.map((row) => row.event_id).sort());
    expect(endpoint.received[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'License-System-Webhooks/1',
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
    expect(endpoint.unverified).toEqual([]);
    // The log's end was where the notifier began.
    expect(endpoint.of(before)).toEqual([]);
    const { rows: open } = await system.pool.query(
      'SELECT FROM notifications.delivery_queues WHERE webhook_id = $1',
      [endpoint.webhookId],
    );
    expect(open).toEqual([]);
  });

  it('are signed by the secret before too, while it is good', async () => {
    const endpoint = await system.endpoint();
    const rotated = '0192d8a0-0000-7000-8000-000000000001';
    await system.pool.query(
      `UPDATE notifications.webhooks SET secret_id = $2, previous_secret_id = webhook_id,
         previous_secret_until = now() + interval '1 day' WHERE webhook_id = $1`,
      [endpoint.webhookId, rotated],
    );
    endpoint.expect(
      await system.vault.derive('webhook_secret', rotated),
      await system.vault.derive('webhook_secret', endpoint.webhookId),
    );
    await userWith(2);
    await eventually('both came', () => endpoint.received.length === 2);
    expect(endpoint.unverified).toEqual([]);
  });

  it('wait behind the one that fails, of their user alone', async () => {
    const endpoint = await system.endpoint();
    const other = await userWith(1);
    // A redirect is no success either: nothing has taken the delivery.
    const failures = [500, 307, 404, 503];
    endpoint.behave(({ userId, revision }) =>
      userId !== other.userId && revision === 1 ? (failures.shift() ?? 200) : 200,
    );
    const failing = await userWith(4);
    await other.subscribe();
    await eventually('all came', () => endpoint.of(failing.userId).at(-1) === 3);
    expect(endpoint.of(failing.userId)).toEqual([0, 1, 1, 1, 1, 1, 2, 3]);
    expect(endpoint.of(other.userId)).toEqual([0, 1]);
    const rows = await system.settled(endpoint.webhookId);
    expect(rows.map(({ status }) => status)).toEqual(Array(6).fill('delivered'));
    expect(Math.max(...rows.map(({ attempts }) => attempts))).toBe(5);
    // The package of the standard has verified the repeats too: each is signed at its own time.
    expect(endpoint.unverified).toEqual([]);
  });

  it('go on to others while endpoints never answer', async () => {
    const silent = await system.endpoint(() => undefined);
    const endpoint = await system.endpoint();
    for (let i = 0; i < 12; i++) await userWith(1);
    await eventually('the others came', () => endpoint.received.length === 12);
    // Eight users at once, and no more of them.
    await eventually('the silent one is full', () => silent.received.length === 8);
    silent.behave(() => 200);
    await silent.close();
    await silent.open();
    expect((await system.settled(silent.webhookId)).map(({ status }) => status)).toEqual(
      Array(12).fill('delivered'),
    );
  });

  it('are not sent any more where the endpoint says 410', async () => {
    const endpoint = await system.endpoint(() => 410);
    const { userId } = await userWith(3);
    await eventually('it is found', async () => (await system.found(endpoint.webhookId)) === 'gone');
    await userWith(1);
    const last = await system.endpoint();
    await userWith(1);
    await eventually('a later one came elsewhere', () => last.received.length === 1);
    expect(endpoint.received.length).toBe(1);
    expect((await system.deliveries(endpoint.webhookId)).map(({ status }) => status)).toEqual([
      'failed',
      ...Array(4).fill('pending'),
    ]);
    // Whoever was told before that something is due finds it is not: given up, then put off.
    const { webhookId } = endpoint;
    const queue = { webhookId, queueId: userId };
    expect(await loadFirst(system.pool, queue)).toBeUndefined();
    await system.pool.query(
      "UPDATE notifications.delivery_queues SET next_at = now() + interval '1 hour' WHERE webhook_id = $1",
      [webhookId],
    );
    await system.pool.query(
      'UPDATE notifications.webhooks SET found = NULL, found_at = NULL WHERE webhook_id = $1',
      [webhookId],
    );
    expect(await loadFirst(system.pool, queue)).toBeUndefined();
    await system.pool.query(
      'UPDATE notifications.delivery_queues SET next_at = now() WHERE webhook_id = $1',
      [webhookId],
    );
    await eventually('it is found again', async () => (await system.found(webhookId)) === 'gone');
    expect(endpoint.received.length).toBeGreaterThan(1);
  });

  it('end after ten attempts, and go on in order once the endpoint is enabled', async () => {
    const endpoint = await system.endpoint(() => 503);
    const { userId } = await userWith(3);
    await eventually('it is given up', async () => (await system.found(endpoint.webhookId)) === 'failing');
    const [first, ...others] = await system.deliveries(endpoint.webhookId);
    expect(first).toMatchObject({
      status: 'failed',
      attempts: 10,
      last_status: 503,
      last_error: 'answered 503',
    });
    expect(others.map(({ status, attempts }) => ({ status, attempts }))).toEqual(
      Array(2).fill({ status: 'pending', attempts: 0 }),
    );
    expect(endpoint.of(userId)).toEqual(Array(10).fill(0));
    endpoint.behave(() => 200);
    await inTransaction(system.pool, async (tx) => {
      await tx.query(
        'UPDATE notifications.webhooks SET found = NULL, found_at = NULL WHERE webhook_id = $1',
        [endpoint.webhookId],
      );
      await resumeDeliveries(tx, endpoint.webhookId);
    });
    await system.settled(endpoint.webhookId);
    expect(endpoint.of(userId).slice(10)).toEqual([0, 1, 2]);
  });

  it('are sent again by hand, under the same id', async () => {
    const endpoint = await system.endpoint();
    await userWith(1);
    const [row] = await system.settled(endpoint.webhookId);
    const again = (id: string) =>
      inTransaction(system.pool, (tx) => retryDelivery(tx, endpoint.webhookId, id));
    expect(await again(row?.event_id ?? '')).toBe(true);
    await eventually('it came again', () => endpoint.received.length === 2);
    expect(new Set(endpoint.received.map(({ id }) => id)).size).toBe(1);
    expect(await again(endpoint.webhookId)).toBe(false);
  });

  it('go on while the event store is down, and a restart begins where the last one was', async () => {
    await using own = await createNotifierSystem();
    const first = await own.notifier();
    const endpoint = await own.endpoint(() => 500);
    const author = own.authors();
    await author.signUp();
    await eventually('it was tried', () => endpoint.received.length > 0);
    await own.stopStore();
    endpoint.behave(() => 200);
    await own.settled(endpoint.webhookId);
    await first.stop();
    await own.startStore();
    await author.subscribe();
    await own.notifier();
    await eventually('the next one came', () => endpoint.of(author.userId).includes(1));
    expect(endpoint.of(author.userId).filter((revision) => revision === 1)).toEqual([1]);
  });
});

describe('an endpoint', () => {
  it('that asks for time gets it, and one that leads inside gets nothing', async () => {
    await using own = await createNotifierSystem();
    const notifier = await own.notifier();
    const at: number[] = [];
    const endpoint = await own.endpoint((_one, response) => {
      at.push(performance.now());
      if (at.length > 1) return 200;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return undefined;
    });
    await own.authors().signUp();
    await own.settled(endpoint.webhookId);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(995);
    await notifier.stop();
    await leadsInside(own);
  });
});

/** With the settings as they come nothing is sent to this machine, by its address or its name. */
async function leadsInside(own: NotifierSystem) {
  await own.notifier({ WEBHOOK_ALLOW_PRIVATE: 'false' });
  const byAddress = await own.endpoint();
  const byName = await own.endpoint(undefined, `http://localhost:${byAddress.port}/`);
  await own.authors().signUp();
  const [refused] = await own.settled(byAddress.webhookId);
  expect(refused).toMatchObject({
    status: 'failed',
    attempts: 10,
    last_status: null,
    last_error: '127.0.0.1 is not a public address',
  });
  const [named] = await own.settled(byName.webhookId);
  expect(named?.last_error).toMatch(/^localhost leads to .*, which is not a public address$/);
  expect(byAddress.connections).toBe(0);
}
