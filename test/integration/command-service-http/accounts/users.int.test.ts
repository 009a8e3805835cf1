import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiRequest, signUp } from '../../../support/requests/api.ts';
import { askChecked, postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
let operator: string;
beforeAll(async () => {
  node = await startCommandNode();
  operator = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);
const call = (resource: string, request: ApiRequest) => askChecked(node.url, resource, request);

describe('users', () => {
  it('signs up: 201 with a token, the position and the revision', async () => {
    const email = `${randomUUID()}@example.com`;
    const answer = await post('/v1/signup', undefined, { email, password: 'correct horse' });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ user_id: expect.any(String), expires_in: 900 });
    expect(answer.headers.get('ETag')).toBe('"0"');
    expect(answer.headers.get('Location')).toBe(`/v1/users/${answer.body.user_id}`);
    expect(answer.headers.get('Cache-Control')).toBe('no-store');

    const again = await post('/v1/signup', undefined, {
      email: ` ${email.toUpperCase()} `,
      password: 'another horse',
    });
    expect(again).toMatchObject({ status: 409, body: { code: 'email_taken' } });
    expect(again.headers.get('Content-Type')).toBe('application/problem+json');
  });

  it('gives the same sign-up under the same key, and a token only to who knows the password', async () => {
    const body = { email: `${randomUUID()}@example.com`, password: 'correct horse' };
    const headers = { 'Idempotency-Key': `"${randomUUID()}"` };
    const first = await post('/v1/signup', undefined, body, headers);
    const bare = { 'Idempotency-Key': headers['Idempotency-Key'].replaceAll('"', '') };
    const second = await post('/v1/signup', undefined, body, bare);
    expect(second).toMatchObject({ status: 201, body: { user_id: first.body.user_id } });
    const guess = await post('/v1/signup', undefined, { ...body, password: 'wrong guess' }, headers);
    expect(guess).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(guess.body).not.toHaveProperty('access_token');
  });

  it('logs in, and tells a wrong password and an unknown email in the same words', async () => {
    const { email, password, userId } = await signUp(node.url);
    const good = await post('/v1/login', undefined, { email, password });
    expect(good).toMatchObject({ status: 200, body: { user_id: userId } });
    const wrong = await post('/v1/login', undefined, { email, password: 'not the password' });
    const unknown = await post('/v1/login', undefined, { email: 'nobody@example.com', password: 'whatever' });
    expect(wrong.status).toBe(401);
    expect(wrong.headers.get('WWW-Authenticate')).toBe('Bearer realm="license-system"');
    const { request_id: _, ...same } = wrong.body;
    expect(unknown.body).toMatchObject(same);
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
  });

  it('logs out: the token has ended, another one has not', async () => {
    const { email, password, token } = await signUp(node.url);
    const other = await post('/v1/login', undefined, { email, password });
    expect((await post('/v1/logout', token)).status).toBe(204);
    expect((await post('/v1/logout', token)).status).toBe(204);
    const refused = await post('/v1/subscriptions', token, { plan: 'free', months: 1 });
    expect(refused).toMatchObject({ status: 401, body: { code: 'token_ended' } });
    expect(refused.headers.get('WWW-Authenticate')).toContain('error="invalid_token"');
    const good = await post('/v1/subscriptions', String(other.body.access_token), {
      plan: 'free',
      months: 1,
    });
    expect(good.status).toBe(201);
  });

  it('changes the password: earlier tokens end', async () => {
    const { email, password, token } = await signUp(node.url);
    const wrong = await post('/v1/password', token, { password: 'not it', new_password: 'battery staple' });
    expect(wrong).toMatchObject({ status: 403, body: { code: 'wrong_password' } });
    const answer = await post('/v1/password', token, { password, new_password: 'battery staple' });
    expect(answer.status).toBe(204);
    expect((await post('/v1/subscriptions', token, { plan: 'free', months: 1 })).body.code).toBe(
      'token_ended',
    );
    expect((await post('/v1/login', undefined, { email, password })).status).toBe(401);
    expect((await post('/v1/login', undefined, { email, password: 'battery staple' })).status).toBe(200);
  });

  it('erases: by staff, again and again; the email is free', async () => {
    const { email, userId } = await signUp(node.url);
    const path = `/v1/users/${userId}`;
    expect((await call(path, { method: 'DELETE', token: operator })).status).toBe(204);
    expect((await call(path, { method: 'DELETE', token: operator })).status).toBe(204);
    expect((await call(`/v1/users/${randomUUID()}`, { method: 'DELETE', token: operator })).status).toBe(404);
    expect((await post('/v1/signup', undefined, { email, password: 'someone else' })).status).toBe(201);
  });
});
