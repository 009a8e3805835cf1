import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { webhooksJob } from '../../../command-service/due/webhooks.ts';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import type { Webhook } from '../../../shared/webhooks/webhook.ts';
import { Backend, done, keyed, type Node, OPERATOR } from './nodes.ts';

let backend: Backend;
let one: Node;
let other: Node;

beforeAll(async () => {
  backend = await Backend.start();
  await migrateAll({ database: backend.pool, vault: backend.pool });
  one = backend.node();
  other = backend.node();
});
afterAll(() => backend.close());

const request = { caller: OPERATOR, correlationId: 'test' };
const settings = { url: 'https://hooks.example.com/', types: null, product: null, description: null };
const types = (id: string) => backend.types(`webhook-${id}`);

async function added(): Promise<string> {
  const { outcome } = await one.webhooks.add(
    { ...request, ...keyed(randomUUID(), settings, 'POST') },
    settings,
  );
  const { subject } = done(outcome);
  if (subject.kind !== 'webhook') throw new Error(`a ${subject.kind} was added`);
  return subject.webhook.webhookId;
}

/** As the notifier leaves it that has found the endpoint dead, having read its stream up to a revision. */
async function found(webhookId: string, what: 'gone' | 'failing', revision: number): Promise<void> {
  await backend.pool.query(
    `INSERT INTO notifications.webhooks
       (webhook_id, url, status, secret_id, found, found_at, revision, created_at, updated_at)
     VALUES ($1, $2, 'enabled', $1, $3, now(), $4, now(), now())
     ON CONFLICT (webhook_id) DO UPDATE SET found = excluded.found, revision = excluded.revision`,
    [webhookId, settings.url, what, revision],
  );
}
const job = (node: Node) => webhooksJob({ pool: backend.pool, webhooks: node.webhooks });
const look = (node: Node) => job(node).run(Date.now(), new AbortController().signal);

it('a webhook that was found dead is disabled once, whoever looks and however often', async () => {
  const [gone, failing] = [await added(), await added()];
  await found(gone, 'gone', 0);
  await found(failing, 'failing', 0);
  const counts = await Promise.all([look(one), look(other)]);
  expect(await look(one)).toBe(0);
  for (const [id, reason] of [
    [gone, 'gone'],
    [failing, 'failing'],
  ] as const) {
    const events = await backend.stream(`webhook-${id}`);
    expect(events.map(({ type }) => type)).toEqual(['WebhookAdded', 'WebhookDisabled']);
    expect(events[1]).toMatchObject({
      data: { webhookId: id, reason },
      metadata: { actor: { role: 'system', id: 'notifier' } },
    });
  }
  expect(counts[0] + counts[1]).toBeGreaterThanOrEqual(2);
});

it('what was found before it was enabled again, or moved, disables nothing', async () => {
  const [enabled, moved] = [await added(), await added()];
  done(await one.webhooks.execute(request, enabled, { type: 'DisableWebhook', reason: 'staff' }));
  done(await one.webhooks.execute(request, enabled, { type: 'EnableWebhook' }));
  done(await one.webhooks.execute(request, moved, { type: 'ChangeWebhook', url: `${settings.url}v2` }));
  // Its row is from before.
  await found(enabled, 'failing', 0);
  await found(moved, 'gone', 0);
  await look(other);
  expect(await types(enabled)).toEqual(['WebhookAdded', 'WebhookDisabled', 'WebhookEnabled']);
  expect(await types(moved)).toEqual(['WebhookAdded', 'WebhookChanged']);
  await found(enabled, 'failing', 2);
  await look(other);
  expect(await types(enabled)).toHaveLength(4);
});

it('a repeat a day later answers with the webhook that was added, unless it goes elsewhere by now', async () => {
  const late = backend.node();
  late.now = () => Date.now() + 25 * 3_600_000;
  const sent = { ...request, ...keyed(randomUUID(), settings, 'POST /v1/webhooks') };
  const first = await one.webhooks.add(sent, settings);
  const again = await late.webhooks.add(sent, settings);
  expect(again.secret).toBe(first.secret);
  const webhook = (outcome: typeof first.outcome): Webhook => {
    const { subject } = done(outcome);
    if (subject.kind !== 'webhook') throw new Error(`a ${subject.kind} was added`);
    return subject.webhook;
  };
  expect(webhook(again.outcome)).toEqual(webhook(first.outcome));
  const { webhookId } = webhook(first.outcome);
  done(await one.webhooks.execute(request, webhookId, { type: 'RemoveWebhook' }));
  expect(await late.webhooks.add(sent, settings)).toMatchObject({
    outcome: { kind: 'rejected', rejection: { code: 'idempotency_key_reused' } },
  });
});
