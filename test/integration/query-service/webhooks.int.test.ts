import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../query-service/app.ts';
import { migrate, readMigrations } from '../../../shared/adapters/postgres/migrate.ts';
import { enqueue } from '../../../shared/notifications/deliveries.ts';
import { type ApiRequest, ask } from '../../support/requests/api.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let node: QueryService;
let operator: string;

beforeAll(async () => {
  const migrations = path.resolve(import.meta.dirname, '../../../projector/schemas/migrations/notifications');
  await migrate({
    pool: system.it.pool,
    schema: 'notifications',
    migrations: await readMigrations(migrations),
  });
  node = await system.it.startNode();
  operator = await system.it.accessToken('ops', 'operator');
});

const PATH = '/v1/webhooks';
const get = (suffix = '', request: ApiRequest = {}) =>
  ask(node.url, `${PATH}${suffix}`, { token: operator, ...request });

async function webhook(status = 'enabled'): Promise<string> {
  const id = randomUUID();
  await system.it.pool.query(
    `INSERT INTO notifications.webhooks (webhook_id, url, types, status, secret_id, revision, created_at, updated_at)
     VALUES ($1, 'https://hooks.example.com/', '{license.activated}', $2, $1, 3, now(), now())`,
    [id, status],
  );
  return id;
}

/** The token of a service account with these scopes alone. */
async function tokenWith(...scopes: string[]): Promise<string> {
  const [staffId, keyId] = [randomUUID(), randomUUID()];
  const keys = [{ keyId, createdAt: 0, expiresAt: null, revokedAt: null }];
  await system.it.pool.query(
    `INSERT INTO read_model.staff (staff_id, kind, name, status, scopes, scopes_revision, keys, revision, created_at, updated_at)
     VALUES ($1, 'service', 'hooks', 'active', $2, 0, $3, 1, now(), now())`,
    [staffId, scopes, JSON.stringify(keys)],
  );
  const service = { keyId, scopes };
  const signed = { subject: staffId, role: 'staff', revision: 1, service } as const;
  return (await system.it.tokens.signAccessToken(signed)).token;
}

/** Deliveries about one user, a second apart; the oldest first. */
async function deliveries(webhookId: string, count: number): Promise<string[]> {
  const userId = randomUUID();
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const [i, eventId] of ids.entries()) {
    const body = JSON.stringify({ type: 'license.activated', data: { client_name: 'Ada' } });
    const position = { commit: BigInt(i + 1), prepare: BigInt(i + 1) };
    await enqueue(system.it.pool, [
      { webhookId, eventId, queueId: userId, userId, position, type: 'license.activated', body },
    ]);
    await system.it.pool.query(
      `UPDATE notifications.deliveries SET created_at = now() - $2 * interval '1 second' WHERE event_id = $1`,
      [eventId, count - i],
    );
  }
  return ids;
}

describe('webhooks', () => {
  it('are listed by id, without removed ones, and shown without a secret', async () => {
    const ids = [await webhook(), await webhook('disabled')].sort();
    const removed = await webhook('removed');
    const first = await get('?limit=1');
    expect(first.body).toMatchObject({ items: [{ webhook_id: ids[0] }], next_cursor: ids[0] });
    const rest = await get(`?cursor=${ids[0]}`);
    expect(rest.body).toMatchObject({ items: [{ webhook_id: ids[1] }], next_cursor: null });
    const one = await get(`/${ids[0]}`);
    expect([one.status, one.headers.get('ETag')]).toEqual([200, '"3"']);
    expect(JSON.stringify(one.body)).not.toContain('secret');
    for (const id of [removed, randomUUID()]) expect((await get(`/${id}`)).status).toBe(404);
  });

  it('are as of the position that was asked for, or it is said that they are behind', async () => {
    const id = await webhook();
    const at = { headers: { 'Min-Event-Position': '50/50' } };
    const behind = await get(`/${id}`, at);
    expect([behind.status, behind.body.code]).toEqual([503, 'read_model_behind']);
    const waiting = get(`/${id}`, at);
    await system.it.pool.query(
      `INSERT INTO notifications.checkpoints (name, last_event_id, last_event_commit, last_event_prepare, last_event_at)
       VALUES ('notifier', $1, 50, 50, now())`,
      [randomUUID()],
    );
    expect((await waiting).status).toBe(200);
  });

  it('take webhooks:write', async () => {
    const analyst = await system.it.accessToken('ada', 'analyst');
    for (const suffix of ['', `/${randomUUID()}`, `/${randomUUID()}/deliveries`])
      expect((await get(suffix, { token: analyst })).body.code).toBe('insufficient_scope');
  });
});

describe('deliveries', () => {
  it('are listed by status, the latest first, page by page', async () => {
    const id = await webhook();
    const ids = (await deliveries(id, 5)).toReversed();
    await system.it.pool.query(
      `UPDATE notifications.deliveries SET status = 'failed', attempts = 10, last_status = 503,
         last_error = 'answered 503', next_at = NULL WHERE event_id = ANY ($1)`,
      [[ids[1], ids[3]]],
    );
    const seen: unknown[] = [];
    for (let cursor: unknown = ''; cursor !== null; ) {
      const { body } = await get(`/${id}/deliveries?limit=2${cursor ? `&cursor=${cursor}` : ''}`);
      seen.push(...(body.items as { event_id: string }[]).map(({ event_id }) => event_id));
      cursor = body.next_cursor;
    }
    expect(seen).toEqual(ids);
    const { body } = await get(`/${id}/deliveries?status=failed`);
    expect(body.items).toMatchObject([
      { event_id: ids[1], attempts: 10, last_status: 503, last_error: 'answered 503', next_at: null },
      { event_id: ids[3] },
    ]);
    expect((await get(`/${randomUUID()}/deliveries`)).status).toBe(404);
    expect((await get(`/${id}/deliveries?status=lost`)).status).toBe(400);
  });

  it('show what is sent to who may read customers', async () => {
    const id = await webhook();
    const [eventId] = await deliveries(id, 1);
    const whole = await get(`/${id}/deliveries/${eventId}`);
    expect(JSON.parse(String(whole.body.body))).toMatchObject({ data: { client_name: 'Ada' } });
    const narrow = await get(`/${id}/deliveries/${eventId}`, { token: await tokenWith('webhooks:write') });
    expect(narrow.status).toBe(200);
    expect(narrow.body).not.toHaveProperty('body');
    expect((await get(`/${await webhook()}/deliveries/${eventId}`)).status).toBe(404);
  });
});
