import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRequest, signUp } from '../../../support/requests/api.ts';
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
const call = (resource: string, request: ApiRequest) => askChecked(node.url, resource, request);
const newEmail = () => `${randomUUID()}@example.com`;
const newId = () => `cus_${randomUUID()}`;

describe('staff and their customers', () => {
  it('make one: 201, and under the same external id 200 with the same one', async () => {
    const body = { email: newEmail(), name: 'Ada Lovelace', external_id: newId() };
    const made = await post('/v1/users', staff, body);
    expect(made).toMatchObject({
      status: 201,
      body: { ...body, status: 'active', email_verified: false, user_id: expect.any(String) },
    });
    expect(made.headers.get('Location')).toBe(`/v1/users/${made.body.user_id}`);
    expect(made.headers.get('ETag')).toBe('"0"');
    const again = await post('/v1/users', staff, { external_id: body.external_id, name: 'Eve' });
    expect(again).toMatchObject({ status: 200, body: made.body });
    const taken = await post('/v1/users', staff, { email: body.email });
    expect(taken).toMatchObject({ status: 409, body: { code: 'email_taken' } });
  });

  it('say who it is: 400 without an email, a name or an external id', async () => {
    const answer = await post('/v1/users', staff, {});
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ pointer: '/email' }] } });
    const personal = await post('/v1/users', staff, { external_id: 'ada@example.com' });
    expect(personal).toMatchObject({ status: 400, body: { errors: [{ pointer: '/external_id' }] } });
  });

  it('compare external ids by their letters: another form of Unicode is the same id', async () => {
    const id = newId();
    const first = await post('/v1/users', staff, { external_id: `${id}-\u00e9` });
    const second = await post('/v1/users', staff, { external_id: `${id}-e\u0301` });
    expect(second).toMatchObject({ status: 200, body: { user_id: first.body.user_id } });
  });

  it('help with a lost password: a token that works once', async () => {
    const { email, userId, token: session } = await signUp(node.url);
    const issued = await post(`/v1/users/${userId}/password-reset`, staff);
    expect(issued).toMatchObject({ status: 201, body: { token: expect.any(String) } });
    const lives = Date.parse(String(issued.body.expires_at)) - Date.now();
    expect(lives / 3_600_000).toBeCloseTo(24, 1);
    const body = { token: issued.body.token, new_password: 'not a common one' };
    expect((await post('/v1/password-resets/confirm', undefined, body)).status).toBe(204);
    const again = await post('/v1/password-resets/confirm', undefined, body);
    expect(again).toMatchObject({
      status: 400,
      body: { code: 'token_invalid', type: 'urn:license-system:problem:token_invalid' },
    });
    expect((await post('/v1/login', undefined, { email, password: 'not a common one' })).status).toBe(200);
    expect((await post('/v1/subscriptions', session, { plan: 'free', months: 1 })).body.code).toBe(
      'token_ended',
    );
  });

  it('set an email first for who has none', async () => {
    const made = await post('/v1/users', staff, { name: 'Ada' });
    const path = `/v1/users/${made.body.user_id}`;
    expect(await post(`${path}/password-reset`, staff)).toMatchObject({
      status: 409,
      body: { code: 'email_required' },
    });
    const email = newEmail();
    expect(await post(`${path}/email`, staff, { email })).toMatchObject({
      status: 200,
      body: { email, name: 'Ada' },
    });
    expect((await post(`${path}/password-reset`, staff)).status).toBe(201);
  });

  it('end the sessions, and erase; nobody else does', async () => {
    const { userId, token } = await signUp(node.url);
    const path = `/v1/users/${userId}`;
    for (const request of [
      ['POST', '/v1/users', { name: 'Ada' }],
      ['POST', `${path}/sessions/end`],
      ['POST', `${path}/password-reset`],
      ['POST', `${path}/email`, { email: newEmail() }],
      ['DELETE', path],
      ['POST', '/v1/emails/release', { email: newEmail() }],
    ] as const) {
      const [method, resource, body] = request;
      expect(await call(resource, { method, token, ...(body && { body }) })).toMatchObject({
        status: 403,
        body: { code: 'role_not_allowed' },
      });
    }
    expect((await post(`${path}/sessions/end`, staff)).status).toBe(204);
    expect((await post('/v1/logout', token)).status).toBe(204);
    expect((await post('/v1/subscriptions', token, { plan: 'free', months: 1 })).status).toBe(401);
    expect((await call(path, { method: 'DELETE', token: staff })).status).toBe(204);
    expect((await post(`${path}/sessions/end`, staff)).status).toBe(404);
    expect((await post('/v1/emails/release', staff, { email: newEmail() })).status).toBe(204);
  });
});

describe('customers and their own account', () => {
  it('change the email with their password', async () => {
    const { email: first, password, token } = await signUp(node.url);
    const email = newEmail();
    const wrong = await post('/v1/me/email', token, { email, password: 'not it' });
    expect(wrong).toMatchObject({ status: 403, body: { code: 'wrong_password' } });
    expect(await post('/v1/me/email', token, { email, password })).toMatchObject({
      status: 200,
      body: { email, status: 'active' },
    });
    expect((await post('/v1/login', undefined, { email, password })).status).toBe(200);
    expect((await post('/v1/login', undefined, { email: first, password })).status).toBe(401);
    expect((await post('/v1/subscriptions', token, { plan: 'free', months: 1 })).status).toBe(201);
  });

  it('erase themselves with their password', async () => {
    const { email, password, token, userId } = await signUp(node.url);
    expect(await call(`/v1/users/${userId}`, { method: 'DELETE', token })).toMatchObject({
      status: 403,
      body: { code: 'role_not_allowed' },
    });
    const wrong = await post('/v1/me/erase', token, { password: 'not it' });
    expect(wrong).toMatchObject({ status: 403, body: { code: 'wrong_password' } });
    expect((await post('/v1/me/erase', token, { password })).status).toBe(204);
    expect((await post('/v1/me/erase', token, { password })).status).toBe(204);
    expect((await post('/v1/signup', undefined, { email, password: 'someone else' })).status).toBe(201);
  });
});

describe('at level 1', () => {
  it('what it can not say is 409 not_enabled_yet; a customer can still be erased at their own request', async () => {
    const old = await node.another({ EVENT_SCHEMA_LEVEL: '1' });
    const asked = (resource: string, body = {}) =>
      askChecked(old.url, resource, { method: 'POST', token: staff, body });
    const { userId, email, password, token } = await signUp(old.url);
    for (const answer of [
      await asked('/v1/users', { email: newEmail() }),
      await asked(`/v1/users/${userId}/password-reset`),
      await asked(`/v1/users/${userId}/email`, { email: newEmail() }),
      await asked(`/v1/users/${userId}/sessions/end`),
    ])
      expect(answer).toMatchObject({ status: 409, body: { code: 'not_enabled_yet' } });
    const erased = await askChecked(old.url, '/v1/me/erase', { method: 'POST', token, body: { password } });
    expect(erased.status).toBe(204);
    expect((await post('/v1/signup', undefined, { email, password: 'someone else' })).status).toBe(201);
  });
});
