import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eraseDeliveries } from '../../../projector/notifier/deliveries/erase.ts';
import { sweepDeliveries } from '../../../projector/notifier/deliveries/sweep.ts';
import { inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { enqueue } from '../../../shared/notifications/deliveries.ts';
import { eventually } from '../../support/eventually.ts';
import { createNotifierSystem, type NotifierSystem } from './system.ts';

let system: NotifierSystem;
beforeAll(async () => {
  system = await createNotifierSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

const delivery = (webhookId: string, userId: string, commit: bigint, body = '{}') => ({
  webhookId,
  eventId: randomUUID(),
  queueId: userId,
  userId,
  position: { commit, prepare: commit },
  type: 'customer.tried',
  body,
});
const put = (...deliveries: ReturnType<typeof delivery>[]) =>
  inTransaction(system.pool, (tx) => enqueue(tx, deliveries));

describe('what is kept', () => {
  it('is swept when it is old, whatever became of it, in pieces', async () => {
    const { webhookId } = await system.endpoint();
    const old = Array.from({ length: 4_500 }, (_, i) => delivery(webhookId, randomUUID(), BigInt(i)));
    expect(await put(...old)).toBe(4_500);
    await system.pool.query("UPDATE notifications.deliveries SET created_at = now() - interval '31 days'");
    const young = delivery(webhookId, randomUUID(), 9_000n);
    await put(young);
    await system.pool.query(
      `INSERT INTO notifications.webhooks (webhook_id, url, status, secret_id, revision, created_at, updated_at)
       VALUES ($1, 'https://example.com', 'removed', $1, 0, now(), now() - interval '31 days')`,
      [randomUUID()],
    );
    expect(await sweepDeliveries(system.pool, 30)).toBe(4_500);
    expect((await system.deliveries(webhookId)).map(({ event_id }) => event_id)).toEqual([young.eventId]);
    const { rows } = await system.pool.query('SELECT status FROM notifications.webhooks');
    expect(rows).toEqual([{ status: 'enabled' }]);
  });

  it('loses what is personal with the user, sent or not', async () => {
    const { webhookId } = await system.endpoint();
    const [erased, other] = [randomUUID(), randomUUID()];
    const body = JSON.stringify({ data: { email: 'a@example.com', plan: 'pro' } });
    await put(delivery(webhookId, erased, 1n, body), delivery(webhookId, other, 2n, body));
    await put(delivery(webhookId, erased, 3n, body));
    await inTransaction(system.pool, (tx) =>
      eraseDeliveries(tx, erased, (text) => text.replace('"a@example.com"', 'null')),
    );
    expect((await system.deliveries(webhookId)).map((row) => JSON.parse(row.body).data)).toEqual([
      { email: null, plan: 'pro' },
      { email: 'a@example.com', plan: 'pro' },
      { email: null, plan: 'pro' },
    ]);
  });

  it('is enqueued once, and by two at a time without a deadlock', async () => {
    const { webhookId } = await system.endpoint();
    const all = Array.from({ length: 200 }, (_, i) => delivery(webhookId, randomUUID(), BigInt(i)));
    const counts = await Promise.all([put(...all), put(...all.toReversed())]);
    expect(counts.reduce((a, b) => a + b)).toBe(200);
    expect(await put(...all)).toBe(0);
  });
});

describe('two notifiers', () => {
  beforeAll(async () => {
    await system.pool.query(
      'TRUNCATE notifications.deliveries, notifications.delivery_queues, notifications.webhooks',
    );
  });

  it('send nothing twice, and the second one takes over', async () => {
    const first = await system.notifier();
    const endpoint = await system.endpoint();
    await system.notifier();
    const users = Array.from({ length: 12 }, () => system.authors());
    for (const author of users) await author.signUp();
    await eventually('all came', () => endpoint.received.length >= 12);
    await first.stop();
    for (const author of users) await author.subscribe();
    await eventually('all came again', () => endpoint.received.length >= 24);
    for (const { userId } of users) expect(endpoint.of(userId)).toEqual([0, 1]);
  });

  it('close a queue of which nothing is left', async () => {
    const { webhookId } = await system.endpoint();
    await system.pool.query('INSERT INTO notifications.delivery_queues VALUES ($1, $2, now())', [
      webhookId,
      randomUUID(),
    ]);
    await eventually('it is closed', async () => {
      const { rowCount } = await system.pool.query(
        'SELECT FROM notifications.delivery_queues WHERE webhook_id = $1',
        [webhookId],
      );
      return rowCount === 0;
    });
  });
});
