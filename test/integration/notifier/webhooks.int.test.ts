import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { webhooks as webhooksCommand } from '../../../cli/commands/webhooks.ts';
import { settle } from '../../../projector/notifier/deliveries/due.ts';
import { loadEndpoints, saveEndpoint } from '../../../projector/notifier/webhooks/endpoints.ts';
import { replayWebhooks } from '../../../projector/notifier/webhooks/replay.ts';
import { UserStates } from '../../../projector/notifier/webhooks/user-states.ts';
import { inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';
import { createReader } from '../../../shared/events/codec.ts';
import type { NewUserEvent } from '../../../shared/events/types.ts';
import { enqueue } from '../../../shared/notifications/deliveries.ts';
import { type MessageType, WEBHOOK_MESSAGES } from '../../../shared/webhooks/message.ts';
import { WEBHOOK_TYPES } from '../../../shared/webhooks/types.ts';
import type { Webhook } from '../../../shared/webhooks/webhook.ts';
import { eventually } from '../../support/eventually.ts';
import { type Author, instant, newId, TERMS } from '../projector/author.ts';
import { silent } from '../projector/system.ts';
import { startEndpoint, type TestEndpoint } from './endpoint.ts';
import { createNotifierSystem, type NotifierSystem } from './system.ts';
import { createWebhookAuthor } from './webhook-author.ts';

type Json = Readonly<Record<string, unknown>>;

let system: NotifierSystem;
let before: Awaited<ReturnType<typeof webhook>>;
let notifier: Awaited<ReturnType<NotifierSystem['notifier']>>;
const endpoints: TestEndpoint[] = [];

/** The one that turns events into deliveries, as it is run. */
const start = () => system.notifier({}, { enqueuers: 'its own' });

/** An endpoint that is told of what comes once this is done. */
async function webhook(settings: { types?: string[]; product?: string } = {}) {
  const endpoint = await startEndpoint();
  endpoints.push(endpoint);
  const author = createWebhookAuthor(system.log, system.vault);
  await author.append('WebhookAdded', { url: endpoint.url, ...settings });
  const messages = () =>
    endpoint.received.map(({ body }) => JSON.parse(body) as { type: string; data: Json });
  return {
    ...author,
    endpoint,
    messages,
    types: () => messages().map(({ type }) => type),
    /** Waits for so many deliveries. */
    got: (count: number) =>
      eventually(`${count} deliveries`, () => endpoint.received.length >= count && messages()),
  };
}

beforeAll(async () => {
  system = await createNotifierSystem();
  before = await webhook();
  await system.authors().signUp();
  notifier = await start();
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  for (const endpoint of endpoints) await endpoint[Symbol.asyncDispose]();
});

const renewed = (author: Author, subscriptionId: string, at: number): NewUserEvent => ({
  type: 'SubscriptionRenewed',
  data: { userId: author.userId, subscriptionId, endDate: instant(at) },
});
/** The command of the tool, in this process. Answers what it wrote. */
async function tool(...args: string[]): Promise<string> {
  for (const [name, value] of Object.entries(system.env)) vi.stubEnv(name, value);
  const lines: string[] = [];
  try {
    await webhooksCommand.run(args, { out: (line) => void lines.push(line), err: () => undefined });
  } finally {
    vi.unstubAllEnvs();
  }
  return lines.join('\n');
}

const YEAR = 365 * 86_400_000;

/** A user to whom everything happens that somebody may be told of. */
async function wholeLife(author: Author): Promise<void> {
  const { userId } = author;
  await author.signUp();
  await author.append({
    type: 'EmailChanged',
    data: { userId, emailDigest: 'b'.repeat(64), personal: { email: `new-${author.email}` } },
  });
  const subscriptionId = await author.subscribe();
  const keyId = newId();
  const of = { userId, subscriptionId };
  const endDate = instant(Date.now() + 2 * YEAR);
  await author.append(
    renewed(author, subscriptionId, Date.now() + 2 * YEAR),
    {
      type: 'SubscriptionPlanChanged',
      data: { ...of, product: 'app', plan: 'basic', terms: TERMS, quantity: 3 },
    },
    { type: 'SubscriptionSuspended', data: { ...of, personal: { reason: 'unpaid' } } },
    { type: 'SubscriptionReinstated', data: { ...of, personal: {} } },
    {
      type: 'LicenseKeyIssued',
      data: { userId, keyId, product: 'app', keyDigest: 'c'.repeat(64), uses: 2, personal: { note: 'lab' } },
    },
    { type: 'LicenseKeyRevoked', data: { userId, keyId, personal: {} } },
  );
  const first = await author.activate('laptop-1', 'Ada’s laptop');
  const second = newId();
  const license = { userId, licenseId: second, clientId: 'laptop-2' };
  await author.append(
    {
      type: 'LicenseActivated',
      data: { ...license, subscriptionId, product: 'app', replaces: first, personal: { clientName: 'New' } },
    },
    { type: 'LicenseRevoked', data: { ...license, personal: {} } },
    { type: 'LicenseReinstated', data: { ...license, personal: {} } },
    { type: 'LicenseDeactivated', data: { ...license, personal: {} } },
    { type: 'SubscriptionCancelled', data: { ...of, endDate, personal: {} } },
    { type: 'SubscriptionCancellationWithdrawn', data: of },
    { type: 'SubscriptionEnding', data: { ...of, endDate, days: 7 } },
    { type: 'SubscriptionLapsed', data: { ...of, endDate } },
    { type: 'SessionsEnded', data: { userId } },
  );
}

describe('a webhook', () => {
  it('is told of everything, in order, with the resource as it was right after', async () => {
    const hook = await webhook();
    const author = system.authors();
    await wholeLife(author);
    // Until all of it was sent: erasing blanks what waits.
    await hook.got(WEBHOOK_TYPES.length - 1);
    await author.erase();
    const messages = await hook.got(WEBHOOK_TYPES.length);
    expect(messages.map(({ type }) => type)).toHaveLength(WEBHOOK_TYPES.length);
    expect(new Set(hook.types())).toEqual(new Set(WEBHOOK_TYPES));
    for (const message of messages) {
      const checked = WEBHOOK_MESSAGES[message.type as MessageType].safeParse(message);
      expect(checked.error?.issues).toBeUndefined();
    }
    expect(hook.endpoint.received.map(({ id }) => id)).toEqual(
      messages.map(({ data }) => (data.event as Json).id),
    );
    const positions = messages.map(({ data }) => Number(String((data.event as Json).position).split('/')[0]));
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    const of = (type: string) => messages.find((message) => message.type === type)?.data;
    expect(of('subscription.started')).toMatchObject({ plan_type: 'pro', quantity: 1, status: 'active' });
    expect(of('subscription.suspended')).toMatchObject({
      plan_type: 'basic',
      quantity: 3,
      status: 'suspended',
    });
    expect(of('subscription.reinstated')).toMatchObject({ status: 'active' });
    expect(of('subscription.cancelled')).toMatchObject({ cancelled_by: 'user' });
    expect(of('license.replaced')).toMatchObject({
      client_id: 'laptop-2',
      status: 'active',
      replaces: { client_id: 'laptop-1', status: 'deactivated' },
      event: { actor: { role: 'system', id: 'test' } },
    });
    expect(of('license_key.issued')).toMatchObject({ uses: 2, status: 'good' });
    expect(of('license_key.revoked')).toMatchObject({ status: 'revoked' });
    expect(of('customer.erased')).toMatchObject({ email: null, status: 'erased' });
  });

  it('was there before the notifier: it is known, and told of what comes', async () => {
    await eventually('it was told of the last event', () => before.types().includes('customer.erased'));
    expect(before.types()[0]).toBe('customer.created');
    const first = before.messages()[0]?.data;
    expect(first?.email).not.toBeNull();
  });

  it('is told of its types and its product alone, and of customers', async () => {
    const types = await webhook({ types: ['license.activated', 'customer.created'] });
    const studio = await webhook({ product: 'studio' });
    const author = system.authors();
    await author.signUp();
    await author.subscribe();
    await author.activate('laptop-1');
    await types.got(2);
    await system.caughtUp();
    expect(types.types()).toEqual(['customer.created', 'license.activated']);
    await studio.got(1);
    expect((await system.deliveries(studio.webhookId)).map(({ body }) => JSON.parse(body).type)).toEqual([
      'customer.created',
    ]);
  });

  it('is told of a state that the log has left behind, also of users it knows nothing of', async () => {
    const author = system.authors();
    await author.signUp();
    const subscriptionId = await author.subscribe();
    const hook = await webhook({ types: ['subscription.renewed', 'subscription.suspended'] });
    await system.caughtUp();
    await notifier.stop();
    const [one, two] = [Date.now() + YEAR, Date.now() + 2 * YEAR];
    await author.append(renewed(author, subscriptionId, one));
    await author.append({
      type: 'SubscriptionSuspended',
      data: { userId: author.userId, subscriptionId, personal: {} },
    });
    await author.append(renewed(author, subscriptionId, two));
    notifier = await start();
    expect((await hook.got(3)).map(({ data }) => [data.end_date, data.status])).toEqual([
      [instant(one), 'active'],
      [instant(one), 'suspended'],
      [instant(two), 'suspended'],
    ]);
  });

  it('signs with the secret before a rotation too', async () => {
    const hook = await webhook();
    const secretId = randomUUID();
    await hook.append('WebhookSecretRotated', { secretId });
    await system.caughtUp();
    const secrets = await Promise.all(
      [secretId, hook.webhookId].map((id) => system.vault.derive('webhook_secret', id)),
    );
    hook.endpoint.expect(...secrets);
    await system.authors().signUp();
    await hook.got(1);
    expect(hook.endpoint.unverified).toEqual([]);
  });

  it('is told nothing while it is disabled, and gets what waited once it is enabled; removed, it gets nothing', async () => {
    const hook = await webhook();
    hook.endpoint.behave(() => 410);
    await system.authors().signUp();
    await eventually('it was found gone', async () => (await system.found(hook.webhookId)) === 'gone');
    await hook.append('WebhookDisabled', { reason: 'gone' });
    await system.caughtUp();
    expect(await system.found(hook.webhookId)).toBeNull();
    await system.authors().signUp();
    await system.caughtUp();
    expect(await system.deliveries(hook.webhookId)).toMatchObject([{ status: 'failed' }]);

    hook.endpoint.behave(() => 204);
    await hook.append('WebhookEnabled', {});
    await system.caughtUp();
    expect(await system.settled(hook.webhookId)).toMatchObject([{ status: 'delivered' }]);

    await hook.endpoint.close();
    await system.authors().signUp();
    await system.caughtUp();
    await hook.append('WebhookRemoved', {});
    await system.caughtUp();
    const rows = await system.deliveries(hook.webhookId);
    expect(rows.map(({ status, last_error }) => [status, last_error])).toEqual([
      ['delivered', null],
      ['failed', 'the webhook was removed'],
    ]);
  });

  it('is not told who somebody was once they are erased, in what was sent and in what waits', async () => {
    const hook = await webhook({ types: ['customer.created', 'license.activated', 'license.replaced'] });
    const author = system.authors();
    await author.signUp();
    const first = await author.activate('laptop-1', 'Ada’s laptop');
    await author.append({
      type: 'LicenseActivated',
      data: {
        ...{ userId: author.userId, licenseId: newId(), subscriptionId: newId(), product: 'app' },
        ...{ clientId: 'laptop-2', replaces: first, personal: { clientName: 'Ada’s new one' } },
      },
    });
    await hook.got(3);
    await author.erase();
    await system.caughtUp();
    const bodies = (await system.deliveries(hook.webhookId)).map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    for (const body of bodies) expect(body).not.toMatch(/example\.com|laptop|Ada/);
    expect(JSON.parse(bodies[2] ?? '').data).toMatchObject({
      ...{ user_id: author.userId, client_id: null, client_name: null },
      replaces: { client_id: null, client_name: null },
    });
  });

  it('is not told of what the read models do not hold, and of everybody else it is', async () => {
    const hook = await webhook();
    const author = system.authors();
    await author.signUp();
    const nobodys = { userId: author.userId, licenseId: newId(), clientId: 'laptop-1' };
    await author.append({ type: 'LicenseDeactivated', data: { ...nobodys, personal: {} } });
    const other = system.authors();
    await other.signUp();
    await hook.got(2);
    await system.caughtUp();
    // Those of different users overtake each other.
    expect(
      hook
        .messages()
        .map(({ data }) => data.user_id)
        .sort(),
    ).toEqual([author.userId, other.userId].sort());
    const metrics = await (await fetch(`${notifier.url}/metrics`)).text();
    expect(metrics).toMatch(/webhook_events_left_out_total\S* 1\n/);
  });

  it('is told again of what it missed, as it was then, once however often it is replayed', async () => {
    const missed = await webhook({ types: ['license.activated', 'customer.created'] });
    await missed.append('WebhookDisabled', { reason: 'staff' });
    const author = system.authors();
    const from = await author.signUp();
    const erased = system.authors();
    await erased.signUp();
    await author.activate('laptop-1', 'Ada’s laptop');
    await erased.activate('laptop-9');
    await erased.erase();
    await missed.append('WebhookEnabled', {});
    await system.caughtUp();
    expect(missed.types()).toEqual([]);

    const enqueued = await tool('replay', '--from', from, '--webhook', missed.webhookId);
    expect(enqueued).toBe('4');
    const messages = await missed.got(4);
    const of = (userId: string) => messages.filter(({ data }) => data.user_id === userId);
    expect(of(author.userId).map(({ type, data }) => [type, data.client_name ?? data.email])).toEqual([
      ['customer.created', author.email],
      ['license.activated', 'Ada’s laptop'],
    ]);
    expect(of(erased.userId)).toMatchObject([
      { data: { email: null, status: 'active' } },
      { data: { client_id: null, status: 'active' } },
    ]);
    expect(await tool('replay', '--from', from, '--webhook', missed.webhookId)).toBe('0');
    const again = await tool(
      'replay',
      '--from',
      from,
      '--to',
      from,
      '--webhook',
      missed.webhookId,
      '--again',
    );
    expect(again).toBe('1');
    await missed.got(5);

    const listed = (await tool('list')).split('\n').find((line) => line.startsWith(missed.webhookId));
    expect(listed?.split('\t')).toEqual([
      ...[missed.webhookId, 'enabled', '', 'all', 'license.activated,customer.created', '0', '0'],
      missed.endpoint.url,
    ]);
    await missed.append('WebhookDisabled', { reason: 'staff' });
    await system.caughtUp();
    const refused = tool('replay', '--from', from, '--webhook', missed.webhookId);
    await expect(refused).rejects.toThrow('enable it first');
  });

  it('is not told who somebody was who is erased while it is told again', async () => {
    const hook = await webhook({ types: ['customer.created'] });
    await hook.append('WebhookDisabled', { reason: 'staff' });
    const author = system.authors();
    const from = await author.signUp();
    await hook.append('WebhookEnabled', {});
    await system.caughtUp();
    const { log, vault, pool } = system;
    const reader = createReader();
    const states = new UserStates({ log, reader, vault, db: pool });
    const after = states.after.bind(states);
    // Between reading who they are and writing it down.
    vi.spyOn(states, 'after').mockImplementation(async (recorded) => {
      const read = await after(recorded);
      await author.erase();
      await system.caughtUp();
      return read;
    });
    const enqueued = await replayWebhooks({
      ...{ log, reader, pool, states, logger: silent, leftOut: { inc: () => undefined } },
      ...{ from: parsePosition(from) as Position, webhookId: hook.webhookId, again: false },
      signal: AbortSignal.timeout(10_000),
    });
    expect(enqueued).toBe(1);
    const [delivery] = await system.deliveries(hook.webhookId);
    expect(JSON.parse(delivery?.body ?? '').data).toMatchObject({ user_id: author.userId, email: null });
    expect(delivery?.body).not.toContain(author.email);
  });

  it('is removed while an attempt of its fails: neither waits for the other in a circle', async () => {
    const hook = await webhook({ types: ['customer.created'] });
    await system.caughtUp();
    await notifier.stop();
    const { pool } = system;
    const endpoint = (await loadEndpoints(pool)).get(hook.webhookId) as Webhook;
    const queueId = randomUUID();
    const queue = {
      ...{ webhookId: hook.webhookId, queueId, url: endpoint.url },
      secretId: endpoint.secretId,
      previousSecretId: undefined,
    };
    const eventId = randomUUID();
    const delivery = { eventId, body: '{}', attempts: 0 };
    await inTransaction(pool, (tx) =>
      enqueue(tx, [{ webhookId: hook.webhookId, queueId, eventId, type: 'customer.created', body: '{}' }]),
    );
    let settling: Promise<void> | undefined;
    const failed = { kind: 'failed', found: 'gone', status: 410, error: 'answered 410: gone' } as const;
    await inTransaction(pool, async (tx) => {
      const query = tx.query.bind(tx) as (...args: unknown[]) => Promise<unknown>;
      // Once the endpoint's row is locked here, the sender writes down what it found, until it waits for this transaction.
      vi.spyOn(tx, 'query').mockImplementation(async (...args: unknown[]) => {
        const result = await query(...args);
        if (!settling) {
          settling = settle(pool, queue, delivery, failed);
          await eventually('the sender waits', async () => {
            const waiting = await pool.query(
              "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
            );
            return waiting.rowCount === 1;
          });
        }
        return result;
      });
      await saveEndpoint(tx, { ...endpoint, status: 'removed' }, 'WebhookRemoved');
      vi.restoreAllMocks();
    });
    await settling;
    expect(await system.deliveries(hook.webhookId)).toContainEqual(
      expect.objectContaining({ event_id: eventId, status: 'failed', last_error: 'the webhook was removed' }),
    );
    notifier = await start();
  });
});
