import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { type ApiRequest, ask, signUp, subscribe } from '../../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let operator: string;

beforeAll(async () => {
  node = await startCommandNode();
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const PATH = '/v1/service-accounts';
const post = (path: string, token: string, body: unknown = {}, more: ApiRequest = {}) =>
  ask(node.url, path, { method: 'POST', token, body, ...more });

async function addAccount(scopes: readonly string[], name = 'billing'): Promise<string> {
  const { status, body } = await post(PATH, operator, { name, scopes });
  expect(status).toBe(201);
  return String(body.service_account_id);
}

async function issueKey(id: string, body: unknown = {}): Promise<{ keyId: string; secret: string }> {
  const answer = await post(`${PATH}/${id}/keys`, operator, body);
  expect(answer.status).toBe(201);
  return { keyId: String(answer.body.key_id), secret: String(answer.body.secret) };
}

/** Asks the token endpoint as RFC 6749 says, the credentials in the body unless a header has them. */
async function askToken(
  fields: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
  url = node.url,
) {
  const response = await fetch(`${url}/v1/token`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
  });
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

const grant = { grant_type: 'client_credentials' };
const withSecret = (id: string, secret: string, more: Readonly<Record<string, string>> = {}) =>
  askToken({ ...grant, client_id: id, client_secret: secret, ...more });

async function tokenOf(
  scopes: readonly string[],
): Promise<{ id: string; keyId: string; secret: string; token: string }> {
  const id = await addAccount(scopes);
  const { keyId, secret } = await issueKey(id);
  return { id, keyId, secret, token: String((await withSecret(id, secret)).body.access_token) };
}

describe('a service account', () => {
  it('gets a token, and does with it what its scopes say, as itself', async () => {
    const { id, token } = await tokenOf(['subscriptions:write']);
    const customer = await signUp(node.url);
    const started = await subscribe(node.url, customer, { staff: token, plan: 'pro' });
    expect(started.status).toBe(201);
    const erased = await ask(node.url, `/v1/users/${customer.userId}`, { method: 'DELETE', token });
    expect(erased).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope', scope: 'customers:erase' },
    });
    expect(erased.headers.get('WWW-Authenticate')).toBe(
      'Bearer realm="license-system", error="insufficient_scope", scope="customers:erase"',
    );
    expect(await post(PATH, token, { name: 'x', scopes: ['staff:write'] })).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope' },
    });
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('is shown without its secrets', async () => {
    const id = await addAccount(['customers:read']);
    const { keyId, secret } = await issueKey(id, { expires_at: '2035-01-31T00:00:00Z' });
    const { body, headers } = await post(`${PATH}/${id}/scopes`, operator, {
      scopes: ['customers:read', 'keys:write'],
    });
    expect(body).toMatchObject({
      service_account_id: id,
      name: 'billing',
      status: 'active',
      scopes: ['customers:read', 'keys:write'],
      keys: [{ key_id: keyId, status: 'good', expires_at: '2035-01-31T00:00:00.000Z' }],
    });
    expect(JSON.stringify(body)).not.toContain(secret);
    expect(headers.get('ETag')).toBe('"2"');
    expect(node.log.join()).not.toContain(secret);
  });

  it('added again under the same key is the same one, and shows the same secret again', async () => {
    const headers = { 'Idempotency-Key': randomUUID() };
    const body = { name: 'worker', scopes: ['keys:write'] };
    const [one, other] = [
      await post(PATH, operator, body, { headers }),
      await post(PATH, operator, body, { headers }),
    ];
    expect(other.body).toEqual(one.body);
    const id = String(one.body.service_account_id);
    const issue = () => post(`${PATH}/${id}/keys`, operator, {}, { headers });
    const [first, again] = [await issue(), await issue()];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect((await withSecret(id, String(first.body.secret))).status).toBe(200);
    expect((await post(PATH, operator, { ...body, name: 'other' }, { headers })).status).toBe(422);
  });

  it('is changed only from the revision that If-Match names', async () => {
    const id = await addAccount(['keys:write']);
    const change = (etag: string) =>
      post(
        `${PATH}/${id}/scopes`,
        operator,
        { scopes: ['licenses:write'] },
        { headers: { 'If-Match': etag } },
      );
    expect((await change('"4"')).status).toBe(412);
    expect((await change('"0"')).status).toBe(200);
  });

  it('that is not there is not found; one that was removed neither, but removed again', async () => {
    expect((await post(`${PATH}/${randomUUID()}/keys`, operator)).body.code).toBe('not_found');
    const { id, secret } = await tokenOf(['keys:write']);
    const remove = () => ask(node.url, `${PATH}/${id}`, { method: 'DELETE', token: operator });
    expect([(await remove()).status, (await remove()).status]).toEqual([204, 204]);
    expect((await post(`${PATH}/${id}/keys`, operator)).body.code).toBe('not_found');
    expect((await withSecret(id, secret)).body.error).toBe('invalid_client');
  });

  it.each([
    { name: 'billing', scopes: ['customers:erase', 'staff:write'] },
    { name: 'billing', scopes: ['history:read'] },
  ])('gives nobody a scope that it does not have: $scopes', async (account) => {
    const { token } = await tokenOf(['staff:write', 'customers:read']);
    const refused = await post(PATH, token, account);
    expect(refused).toMatchObject({ status: 403, body: { code: 'insufficient_scope' } });
    expect((await post(PATH, token, { ...account, scopes: ['customers:read'] })).status).toBe(201);
  });

  it('can not get at the scopes of a stronger one: neither by a key of it, nor by changing its own', async () => {
    const strong = await addAccount(['customers:erase', 'staff:write']);
    const { id, token } = await tokenOf(['staff:write']);
    const refused = { status: 403, body: { code: 'insufficient_scope', scope: 'customers:erase' } };
    expect(await post(`${PATH}/${strong}/keys`, token)).toMatchObject(refused);
    const scopes = ['staff:write', 'customers:erase'];
    expect(await post(`${PATH}/${id}/scopes`, token, { scopes })).toMatchObject(refused);
    // Taking away is not giving.
    expect((await post(`${PATH}/${strong}/scopes`, token, { scopes: ['staff:write'] })).status).toBe(200);
  });
});

describe('a token', () => {
  const allowed = async (token: string, url = node.url) =>
    (await ask(url, `/v1/licenses/${randomUUID()}/revoke`, { method: 'POST', token, body: {} })).body.code;

  it('has all scopes of the account, or those that were asked for', async () => {
    const { id, secret } = await tokenOf(['licenses:write', 'customers:read']);
    expect((await withSecret(id, secret)).body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 900,
      scope: 'licenses:write customers:read',
    });
    const narrow = (await withSecret(id, secret, { scope: 'customers:read' })).body;
    expect(narrow.scope).toBe('customers:read');
    expect(await allowed(String(narrow.access_token))).toBe('insufficient_scope');
    expect((await withSecret(id, secret, { scope: 'staff:write' })).body.error).toBe('invalid_scope');
  });

  it('of a rotated key goes on until that key is revoked; the other one is not touched', async () => {
    const { id, keyId, secret, token } = await tokenOf(['licenses:write']);
    const next = await issueKey(id);
    expect(next.secret).not.toBe(secret);
    const fresh = String((await withSecret(id, next.secret)).body.access_token);
    expect([await allowed(token), await allowed(fresh)]).toEqual(['not_found', 'not_found']);
    const revoke = () => post(`${PATH}/${id}/keys/${keyId}/revoke`, operator);
    expect((await revoke()).status).toBe(200);
    expect((await revoke()).status).toBe(200);
    expect(await allowed(token)).toBe('token_ended');
    expect(await allowed(fresh)).toBe('not_found');
    expect((await withSecret(id, secret)).body.error).toBe('invalid_client');
    expect((await post(`${PATH}/${id}/keys/${randomUUID()}/revoke`, operator)).body.code).toBe('not_found');
  });

  it('is ended by other scopes and by the removal, on another node too', async () => {
    await using other = { node: await node.another(), async [Symbol.asyncDispose]() {} };
    const { url } = other.node;
    for (const end of [
      (id: string) => post(`${PATH}/${id}/scopes`, operator, { scopes: ['licenses:write', 'keys:write'] }),
      (id: string) => ask(node.url, `${PATH}/${id}`, { method: 'DELETE', token: operator }),
    ]) {
      const { id, token } = await tokenOf(['licenses:write']);
      expect(await allowed(token, url)).not.toBe('token_ended');
      expect((await end(id)).status).toBeLessThan(300);
      await eventually('the token has ended', async () => (await allowed(token, url)) === 'token_ended');
    }
  });

  it('lives no longer than its key', async () => {
    const id = await addAccount(['licenses:write']);
    const { secret } = await issueKey(id, { expires_at: new Date(Date.now() + 60_000).toISOString() });
    const { body } = await withSecret(id, secret);
    expect(body.expires_in).toBeGreaterThan(50);
    expect(body.expires_in).toBeLessThanOrEqual(60);
    const short = await issueKey(id, { expires_at: new Date(Date.now() + 1_500).toISOString() });
    expect((await withSecret(id, short.secret)).status).toBe(200);
    await eventually('the key has expired', async () => (await withSecret(id, short.secret)).status === 401);
    const past = await post(`${PATH}/${id}/keys`, operator, { expires_at: '2020-01-01T00:00:00Z' });
    expect(past).toMatchObject({ status: 400, body: { errors: [{ pointer: '/expires_at' }] } });
  });

  it('notes the day on which its key was used', async () => {
    const { keyId, token } = await tokenOf(['licenses:write']);
    await allowed(token);
    await eventually('the day is noted', async () => {
      const { rows } = await node.pool.query(
        'SELECT last_used_on::text FROM usage.service_key_uses WHERE key_id = $1',
        [keyId],
      );
      return rows[0]?.last_used_on === new Date().toISOString().slice(0, 10);
    });
  });
});

describe('the token endpoint', () => {
  const basic = (id: string, secret: string) => ({
    Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
  });

  it('takes the credentials from a header too, and not from both places', async () => {
    const { id, secret } = await tokenOf(['keys:write']);
    const answer = await askToken(grant, basic(id, secret));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    const both = await askToken({ ...grant, client_id: id, client_secret: secret }, basic(id, secret));
    expect(both).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    // Unknown parameters are ignored (RFC 6749, 3.2).
    expect((await withSecret(id, secret, { resource: 'x' })).status).toBe(200);
  });

  it.each([
    ['a wrong secret', { client_secret: `lss_${'A'.repeat(43)}` }, 401, 'invalid_client'],
    ['an unknown client', { client_id: randomUUID() }, 401, 'invalid_client'],
    ['a client id that is none', { client_id: 'billing' }, 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
    ['a scope that is none', { scope: 'a "b"' }, 400, 'invalid_request'],
  ])('%s is an error of RFC 6749', async (_what, change, status, error) => {
    const { id, secret } = await tokenOf(['keys:write']);
    const answer = await withSecret(id, secret, change);
    expect(answer).toMatchObject({ status, body: { error, error_description: expect.any(String) } });
    expect(answer.headers.get('Content-Type')).toBe('application/json');
    if (status === 401) expect(answer.headers.get('WWW-Authenticate')).toMatch(/^Basic /);
  });

  it('refuses what is no form, what is given twice, and what is missing', async () => {
    const raw = async (body: string, type = 'application/x-www-form-urlencoded') => {
      const response = await fetch(`${node.url}/v1/token`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
      });
      return [response.status, ((await response.json()) as Record<string, unknown>).error];
    };
    expect(await raw('{}', 'application/json')).toEqual([415, 'invalid_request']);
    expect(await raw('grant_type=client_credentials&grant_type=password')).toEqual([400, 'invalid_request']);
    expect(await raw('')).toEqual([400, 'invalid_request']);
    expect(await raw('grant_type=client_credentials')).toEqual([401, 'invalid_client']);
  });
});

it('without the event store staff are told so, with 503', async () => {
  const { id, secret, token } = await tokenOf(['licenses:write']);
  await node.stopEventStore();
  try {
    await eventually('staff are told so', async () => {
      const { status, body } = await post(`/v1/licenses/${randomUUID()}/revoke`, token);
      return status === 503 && body.code === 'event_store_unavailable';
    });
    expect((await withSecret(id, secret)).status).toBe(503);
  } finally {
    await node.startEventStore();
  }
});

it('at schema level 1 there are none, and that is said', async () => {
  const older = await node.another({ EVENT_SCHEMA_LEVEL: '1' });
  const answer = await ask(older.url, PATH, { token: operator, body: { name: 'x', scopes: ['keys:write'] } });
  expect(answer).toMatchObject({ status: 409, body: { code: 'not_enabled_yet' } });
});
