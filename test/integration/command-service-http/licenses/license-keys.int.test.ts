import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { licenseKeyForm, licenseKeyHash } from '../../../../shared/license-keys/text.ts';
import { type ApiRequest, signUp, subscribe } from '../../../support/requests/api.ts';
import { askChecked, postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let staff: string;
beforeAll(async () => {
  node = await startCommandNode();
  staff = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);
const get = (resource: string, token: string) => askChecked(node.url, resource, { token });
const call = (resource: string, request: ApiRequest) => askChecked(node.url, resource, request);

/** A customer with a running subscription. */
async function subscribed(plan = 'pro') {
  const customer = await signUp(node.url);
  await subscribe(node.url, customer, { staff, plan });
  return customer;
}
const issue = async (token: string, body: object, headers?: Record<string, string>) =>
  post('/v1/license-keys', token, body, headers);
const activate = (key: unknown, clientId: string, url = node.url) =>
  askChecked(url, '/v1/activations', { token: String(key), body: { client_id: clientId } });
/** What the projector would have written: staff name a key by its id alone. */
const projected = (keyId: unknown, userId: string) =>
  node.pool.query(
    `INSERT INTO read_model.license_keys (key_id, user_id, product, imported, used, revoked, created_at, updated_at)
     VALUES ($1, $2, 'app', false, 0, false, now(), now())`,
    [keyId, userId],
  );

describe('license keys', () => {
  it('are issued by staff for a customer, and the same again under the same Idempotency-Key', async () => {
    const { userId } = await signUp(node.url);
    const body = { user_id: userId, uses: 10, expires_at: '2090-01-01T00:00:00Z', note: 'the lab' };
    const key = randomUUID();
    const issued = await issue(staff, body, { 'Idempotency-Key': key });
    expect(issued).toMatchObject({
      status: 201,
      body: {
        user_id: userId,
        product: 'app',
        license_key: expect.stringMatching(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/),
        uses: 10,
        uses_left: 10,
        expires_at: '2090-01-01T00:00:00.000Z',
        status: 'good',
      },
    });
    expect(issued.headers.get('Location')).toBe(`/v1/license-keys/${issued.body.key_id}`);
    const again = await issue(staff, body, { 'Idempotency-Key': key });
    expect(again).toMatchObject({ status: 201, body: issued.body });
    const another = await issue(staff, body);
    expect(another.body.license_key).not.toBe(issued.body.license_key);
    const reused = await issue(staff, { ...body, uses: 11 }, { 'Idempotency-Key': key });
    expect(reused.body.code).toBe('idempotency_key_reused');
  });

  it('are found by staff by what a customer reads out, who has to be told apart from a guess by the text alone', async () => {
    const { userId, token } = await signUp(node.url);
    const issued = (await issue(staff, { user_id: userId })).body;
    const typed = String(issued.license_key).toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o');
    const find = (licenseKey: string, by = staff) =>
      post('/v1/license-keys/find', by, { license_key: licenseKey });
    expect(await find(typed)).toMatchObject({ status: 200, body: issued });
    expect(await find('7K3QF-9V2MX-D84TN-C6RPA-J1WEZ')).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
    expect(await find(typed, token)).toMatchObject({ status: 403, body: { code: 'role_not_allowed' } });
  });

  it('are shown to their user and to who issues keys; to others without the text', async () => {
    const customer = await signUp(node.url);
    const first = (await issue(customer.token, {})).body;
    const second = (await issue(staff, { user_id: customer.userId })).body;
    const mine = await get('/v1/me/license-keys', customer.token);
    expect(mine.body).toEqual({ items: [first, second], next_cursor: null });
    const page = await get('/v1/me/license-keys?limit=1', customer.token);
    expect(page.body).toEqual({ items: [first], next_cursor: first.key_id });
    const next = await get(`/v1/me/license-keys?limit=1&cursor=${first.key_id}`, customer.token);
    expect(next.body).toEqual({ items: [second], next_cursor: null });
    expect((await get(`/v1/license-keys/${first.key_id}`, customer.token)).body).toEqual(first);

    await projected(first.key_id, customer.userId);
    const theirs = `/v1/users/${customer.userId}/license-keys`;
    expect((await get(theirs, staff)).body).toEqual(mine.body);
    expect((await get(`/v1/license-keys/${first.key_id}`, staff)).body).toEqual(first);
    const reader = await service('customers:read');
    const { license_key: _, ...withoutText } = first;
    expect((await get(`/v1/license-keys/${first.key_id}`, reader)).body).toEqual(withoutText);
    expect((await get(theirs, reader)).body.items).toEqual([
      withoutText,
      expect.not.objectContaining({ license_key: expect.anything() }),
    ]);
  });

  it('of others are nobody’s business', async () => {
    const [customer, stranger] = [await signUp(node.url), await signUp(node.url)];
    const { body: key } = await issue(customer.token, {});
    const one = `/v1/license-keys/${key.key_id}`;
    expect((await get(one, stranger.token)).status).toBe(404);
    expect((await post(`${one}/revoke`, stranger.token)).status).toBe(404);
    expect((await get(`/v1/users/${customer.userId}/license-keys`, stranger.token)).status).toBe(403);
    const other = await issue(stranger.token, { user_id: customer.userId });
    expect(other).toMatchObject({ status: 400, body: { errors: [{ pointer: '/user_id' }] } });
    expect(await issue(staff, {})).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/user_id' }] },
    });
    const history = await service('history:read');
    expect((await get(one, history)).body.code).toBe('insufficient_scope');
    const billing = await service('customers:read', 'subscriptions:write');
    expect((await issue(billing, { user_id: customer.userId })).body.code).toBe('insufficient_scope');
    expect((await get(`/v1/users/${randomUUID()}/license-keys`, staff)).status).toBe(404);
    expect((await issue(staff, { user_id: randomUUID() })).status).toBe(404);
  });

  it('of a customer’s own are 20 good ones at most', async () => {
    const { token } = await signUp(node.url);
    for (let n = 1; n <= 20; n += 1) expect((await issue(token, {})).status).toBe(201);
    const full = await issue(token, {});
    expect(full).toMatchObject({ status: 409, body: { code: 'license_keys_limit_reached', limit: 20 } });
    const { items } = (await get('/v1/me/license-keys', token)).body as { items: { key_id: string }[] };
    const revoked = await post(`/v1/license-keys/${items[7]?.key_id}/revoke`, token, { reason: 'lost' });
    expect(revoked).toMatchObject({ status: 200, body: { status: 'revoked' } });
    expect((await issue(token, {})).status).toBe(201);
  });

  it('name a product that there is, and end ahead', async () => {
    const { token } = await signUp(node.url);
    const wrong = [
      [{ product: 'none' }, '/product', 'there are: app'],
      [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at', 'lies ahead'],
      [{ uses: 0 }, '/uses', '1 to 10000000'],
    ] as const;
    for (const [body, pointer, detail] of wrong)
      expect(await issue(token, body)).toMatchObject({
        status: 400,
        body: { errors: [{ pointer, detail: expect.stringContaining(detail) }] },
      });
    expect((await get('/v1/me/license-keys', token)).body.items).toEqual([]);
  });
});

describe('activating with a license key', () => {
  it('needs nothing else, and takes the key in any form', async () => {
    const customer = await subscribed();
    const { license_key: key, key_id } = (await issue(staff, { user_id: customer.userId })).body;
    const first = await activate(String(key).toLowerCase().replaceAll('-', ' '), 'one');
    expect(first).toMatchObject({ status: 201, body: { client_id: 'one' } });
    const again = await activate(String(key).replaceAll('-', ''), 'one');
    expect(again).toMatchObject({ status: 200, body: first.body });
    const byUser = await post('/v1/activations', customer.token, { client_id: 'one' });
    expect(byUser).toMatchObject({ status: 200, body: first.body });
    const mine = await get(`/v1/license-keys/${key_id}`, customer.token);
    expect(mine.body).toMatchObject({ uses: null, uses_left: null, status: 'good' });
  });

  it('is refused by one that is unknown, mistyped, revoked or expired', async () => {
    const customer = await subscribed();
    const good = (await issue(customer.token, {})).body;
    expect((await activate(good.license_key, 'one')).status).toBe(201);
    const form = licenseKeyForm(String(good.license_key));
    const lines = node.log.join();
    expect(lines).toContain('"role":"license_key"');
    for (const trace of [form, good.license_key, licenseKeyHash(form)]) expect(lines).not.toContain(trace);
    // Well formed, and nobody's.
    expect(await activate('A3C5H-R4RBV-67YR2-1HAQG-SHDBS', 'two')).toMatchObject({
      status: 401,
      body: { code: 'license_key_unknown' },
    });
    const swapped = String(good.license_key).replace(/^(.)(.)/, '$2$1');
    const wrong = swapped === good.license_key ? `${good.license_key}1` : swapped;
    const mistyped = await activate(wrong, 'two');
    expect(mistyped).toMatchObject({ status: 401, body: { code: 'license_key_unknown' } });
    expect(mistyped.headers.get('WWW-Authenticate')).toContain('Bearer');
    await post(`/v1/license-keys/${good.key_id}/revoke`, customer.token);
    expect((await activate(good.license_key, 'two')).body.code).toBe('license_key_revoked');
    // What it has activated goes on.
    expect((await post('/v1/activations', customer.token, { client_id: 'one' })).status).toBe(200);
    const soon = new Date(Date.now() + 1_000).toISOString();
    const brief = (await issue(customer.token, { expires_at: soon })).body;
    await expect
      .poll(async () => (await activate(brief.license_key, 'three')).body.code, { timeout: 10_000 })
      .toBe('license_key_expired');
  });

  it('obeys the rules for the user: subscription, places, and the erased one is unknown', async () => {
    const customer = await signUp(node.url);
    const { license_key: key } = (await issue(customer.token, {})).body;
    expect((await activate(key, 'one')).body.code).toBe('no_active_subscription');
    await subscribe(node.url, customer, { plan: 'free' });
    expect((await activate(key, 'one')).status).toBe(201);
    expect((await activate(key, 'two')).body.code).toBe('client_limit_reached');
    await call(`/v1/users/${customer.userId}`, { method: 'DELETE', token: staff });
    expect(await activate(key, 'one')).toMatchObject({ status: 401, body: { code: 'license_key_unknown' } });
  });

  it('is used up by different clients, and still answers for those that it has activated', async () => {
    const customer = await subscribed();
    const { license_key: key, key_id } = (await issue(staff, { user_id: customer.userId, uses: 2 })).body;
    for (const client of ['one', 'two']) expect((await activate(key, client)).status).toBe(201);
    const refused = await activate(key, 'three');
    expect(refused).toMatchObject({ status: 409, body: { code: 'license_key_used_up', uses: 2 } });
    expect((await activate(key, 'two')).status).toBe(200);
    await call('/v1/activations/one', { method: 'DELETE', token: customer.token });
    expect((await activate(key, 'one')).status).toBe(201);
    const shown = await get(`/v1/license-keys/${key_id}`, customer.token);
    expect(shown.body).toMatchObject({ uses: 2, uses_left: 0, status: 'used_up' });
    expect((await post('/v1/activations', customer.token, { client_id: 'three' })).status).toBe(201);
  });

  it('with one of ten uses, by two hundred machines at once over two nodes: ten', async () => {
    const other = await node.another();
    const customer = await subscribed('enterprise');
    const { license_key: key, key_id } = (await issue(staff, { user_id: customer.userId, uses: 10 })).body;
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, n) => activate(key, `machine-${n}`, n % 2 ? node.url : other.url)),
    );
    const codes = Map.groupBy(answers, ({ status, body }) => (status === 201 ? 'activated' : body.code));
    expect(Object.fromEntries([...codes].map(([code, all]) => [code, all.length]))).toEqual({
      activated: 10,
      license_key_used_up: 190,
    });
    const shown = await get(`/v1/license-keys/${key_id}`, customer.token);
    expect(shown.body).toMatchObject({ uses_left: 0, status: 'used_up' });
  });

  it('tells a mistyped key also while the log is unreachable', async () => {
    const customer = await subscribed();
    const [seen, unseen] = [(await issue(customer.token, {})).body, (await issue(customer.token, {})).body];
    expect((await activate(seen.license_key, 'one')).status).toBe(201);
    await node.stopEventStore();
    try {
      expect((await activate('A3C5H-R4RBV-67YR2-1HAQG-SHDBT', 'two')).body.code).toBe('license_key_unknown');
      for (const { license_key } of [seen, unseen])
        expect(await activate(license_key, 'two')).toMatchObject({
          status: 503,
          body: { code: 'event_store_unavailable' },
        });
      const listed = await get('/v1/me/license-keys', customer.token);
      expect(listed.body.code).toBe('event_store_unavailable');
    } finally {
      await node.startEventStore();
    }
    await expect
      .poll(async () => (await activate(unseen.license_key, 'two')).status, { timeout: 20_000 })
      .toBe(201);
  });

  it('guesses are counted by address, and refused before the log is asked', async () => {
    const other = await node.another({ WRONG_GUESSES_PER_ADDRESS: '3' });
    const customer = await subscribed();
    const { license_key: key } = (await issue(customer.token, {})).body;
    const guess = () => activate('A3C5H-R4RBV-67YR2-1HAQG-SHDBS', 'one', other.url);
    for (let n = 0; n < 3; n += 1) expect((await guess()).status).toBe(401);
    const slowed = await guess();
    expect(slowed).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(slowed.headers.get('Retry-After'))).toBeGreaterThan(0);
    // Typing mistakes tell themselves apart, and are still said to be such.
    expect((await activate('AAAAA', 'one', other.url)).status).toBe(401);
    // One that this node knows already is no guess.
    expect((await activate(key, 'one')).status).toBe(201);
  });
});

/** An access token of a service account with these scopes. */
async function service(...scopes: string[]): Promise<string> {
  const { body: account } = await post('/v1/service-accounts', staff, { name: 'support', scopes });
  const { body: key } = await post(`/v1/service-accounts/${account.service_account_id}/keys`, staff);
  const fields = { client_id: String(account.service_account_id), client_secret: String(key.secret) };
  const form = new URLSearchParams({ grant_type: 'client_credentials', ...fields });
  const answer = await fetch(`${node.url}/v1/token`, { method: 'POST', body: form });
  return ((await answer.json()) as { access_token: string }).access_token;
}
