import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRequest, ask } from '../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

let node: CommandNode;
let operator: string;

beforeAll(async () => {
  node = await startCommandNode();
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const PATH = '/v1/webhooks';
const URL = 'https://hooks.example.com/licenses';
const send = (method: string, path: string, body?: unknown, more: ApiRequest = {}) =>
  ask(node.url, path, { method, token: operator, ...(body === undefined ? {} : { body }), ...more });
const post = (path: string, body: unknown = {}, more: ApiRequest = {}) => send('POST', path, body, more);

const add = async (body: Readonly<Record<string, unknown>> = { url: URL }) => {
  const answer = await post(PATH, body);
  expect(answer.status).toBe(201);
  return answer;
};
const idOf = async (): Promise<string> => String((await add()).body.webhook_id);

/** A token with these scopes: of a service account. */
async function tokenWith(...scopes: string[]): Promise<string> {
  const account = await post('/v1/service-accounts', { name: 'hooks', scopes });
  const id = String(account.body.service_account_id);
  const { body } = await post(`/v1/service-accounts/${id}/keys`);
  const credentials = { grant_type: 'client_credentials', client_id: id, client_secret: String(body.secret) };
  const response = await fetch(`${node.url}/v1/token`, {
    method: 'POST',
    body: new URLSearchParams(credentials),
  });
  return String(((await response.json()) as Record<string, unknown>).access_token);
}

describe('a webhook', () => {
  it('is added, changed, disabled, enabled and removed, each with its ETag', async () => {
    const types = ['license.activated'];
    const { body, headers } = await add({ url: URL, types, description: 'CRM' });
    const id = String(body.webhook_id);
    expect(headers.get('Location')).toBe(`${PATH}/${id}`);
    expect(headers.get('ETag')).toBe('"0"');
    expect(headers.get('Event-Position')).toMatch(/^\d+\/\d+$/);
    const { secret, ...shown } = body;
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(shown).toMatchObject({ url: URL, types, product: null, description: 'CRM', status: 'enabled' });

    const changed = await send('PATCH', `${PATH}/${id}`, { types: null, product: 'app' });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({
      ...shown,
      types: null,
      product: 'app',
      updated_at: changed.body.updated_at,
    });
    const stale = await send('PATCH', `${PATH}/${id}`, { product: null }, { headers: { 'If-Match': '"0"' } });
    expect([stale.status, stale.headers.get('ETag')]).toEqual([412, '"1"']);

    const disabled = await post(`${PATH}/${id}/disable`);
    expect(disabled.body).toMatchObject({ status: 'disabled', disabled_reason: 'staff' });
    expect((await post(`${PATH}/${id}/disable`)).headers.get('ETag')).toBe(disabled.headers.get('ETag'));
    expect((await post(`${PATH}/${id}/test`)).body.code).toBe('webhook_disabled');
    const enabled = await post(`${PATH}/${id}/enable`);
    expect(enabled.body).toMatchObject({ status: 'enabled', disabled_reason: null });

    expect((await send('DELETE', `${PATH}/${id}`)).status).toBe(204);
    expect((await send('DELETE', `${PATH}/${id}`)).status).toBe(204);
    expect((await post(`${PATH}/${id}/enable`)).status).toBe(404);
    expect((await post(`${PATH}/${id}/test`)).status).toBe(404);
  });

  it('gets another secret, and a repeat shows the same one', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const first = await post(PATH, { url: URL }, { headers });
    const again = await post(PATH, { url: URL }, { headers });
    expect(again.body).toEqual(first.body);
    expect((await post(PATH, { url: `${URL}/2` }, { headers })).status).toBe(422);

    const path = `${PATH}/${first.body.webhook_id}/rotate-secret`;
    const rotated = await post(path, {}, { headers });
    expect((await post(path, {}, { headers })).body).toEqual(rotated.body);
    expect(rotated.body.secret).not.toBe(first.body.secret);
    expect((await post(path)).body.secret).not.toBe(rotated.body.secret);
  });

  it.each([
    ['http://hooks.example.com/', /begins with https/],
    ['hooks.example.com', /such as https/],
    ['https://ada:secret@hooks/', /without a user name/],
    ['https://169.254.169.254/latest/meta-data', /public address/],
    ['https://localhost.example.com/?for=ada@example.com', /looks like an email/],
    ['https://hooks.example.com/#part', /fragment/],
  ])('is refused with the address %s, and not changed to it', async (url, detail) => {
    const wrong = {
      status: 400,
      body: { errors: [{ pointer: '/url', detail: expect.stringMatching(detail) }] },
    };
    expect(await post(PATH, { url })).toMatchObject(wrong);
    expect(await send('PATCH', `${PATH}/${await idOf()}`, { url })).toMatchObject(wrong);
  });

  it('takes only types that there are, each once', async () => {
    for (const types of [['license.sold'], [], ['license.revoked', 'license.revoked']]) {
      expect((await post(PATH, { url: URL, types })).body.code).toBe('invalid_request');
    }
  });

  it('may go to this machine over plain http where a setting says so', async () => {
    const open = await node.another({ WEBHOOK_ALLOW_PRIVATE: 'true' });
    const body = { url: 'http://127.0.0.1:9000/hook' };
    expect((await ask(open.url, PATH, { method: 'POST', token: operator, body })).status).toBe(201);
  });

  it('is made by who may read customers, for deliveries name them', async () => {
    const narrow = await tokenWith('webhooks:write');
    const refused = await post(PATH, { url: URL }, { token: narrow });
    expect([refused.status, refused.body.scope]).toEqual([403, 'customers:read']);
    const id = await idOf();
    const moved = await send('PATCH', `${PATH}/${id}`, { url: `${URL}/2` }, { token: narrow });
    expect([moved.status, moved.body.scope]).toEqual([403, 'customers:read']);
    expect((await send('PATCH', `${PATH}/${id}`, { product: 'app' }, { token: narrow })).status).toBe(200);
    const none = await post(PATH, { url: URL }, { token: await tokenWith('customers:read') });
    expect([none.status, none.body.scope]).toEqual([403, 'webhooks:write']);
  });
});

describe('a delivery', () => {
  const rows = async (webhookId: string) =>
    (await node.pool.query('SELECT * FROM notifications.deliveries WHERE webhook_id = $1', [webhookId])).rows;

  it('of a test is queued; any is sent again when staff say so', async () => {
    const id = await idOf();
    const queued = await post(`${PATH}/${id}/test`);
    expect(queued.status).toBe(202);
    const [row] = await rows(id);
    expect(row).toMatchObject({
      ...{ event_id: queued.body.event_id, type: 'webhook.test', status: 'pending', user_id: null },
    });
    expect(JSON.parse(row.body)).toMatchObject({ type: 'webhook.test', data: { webhook_id: id } });

    await node.pool.query(
      "UPDATE notifications.deliveries SET status = 'failed', attempts = 10 WHERE webhook_id = $1",
      [id],
    );
    const retry = await post(`${PATH}/${id}/deliveries/${queued.body.event_id}/retry`);
    expect([retry.status, retry.body]).toEqual([202, queued.body]);
    expect(await rows(id)).toMatchObject([{ status: 'pending', attempts: 0 }]);
    expect((await post(`${PATH}/${id}/deliveries/${randomUUID()}/retry`)).status).toBe(404);
  });
});
