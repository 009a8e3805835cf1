import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandService } from '../../../command-service/app.ts';
import { SELF_SERVICE } from '../../support/catalogues.ts';
import { ask, signUp, subscribe } from '../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

let node: CommandNode;
let other: CommandService;
/** Believes nobody: as if this test were a caller from outside. */
let distrustful: CommandService;
beforeAll(async () => {
  node = await startCommandNode({ settings: { PLAN_CATALOGUE_FILE: SELF_SERVICE } });
  other = await node.another();
  distrustful = await node.another({ TRUSTED_PROXIES: '192.0.2.1' });
});
afterAll(() => node[Symbol.asyncDispose]());

/** What Nginx adds to a request, in every attempt. */
const attempt = () => ({ 'X-Retry-Key': randomBytes(16).toString('hex') });

async function subscribed() {
  const customer = await signUp(node.url);
  const { body, headers } = await subscribe(node.url, customer, { plan: 'pro' });
  return {
    ...customer,
    renewal: `/v1/subscriptions/${body.subscription_id}/renew`,
    etag: String(headers.get('ETag')),
  };
}

describe('a request that a trusted proxy sends twice', () => {
  it('to another node, and at once: one effect, the same answer', async () => {
    const { token, renewal, etag } = await subscribed();
    const request = { token, body: { months: 1 }, headers: { ...attempt(), 'If-Match': etag } };
    const answers = await Promise.all([ask(node.url, renewal, request), ask(other.url, renewal, request)]);
    answers.push(await ask(other.url, renewal, request));
    expect(answers.map(({ status, body, headers }) => [status, body, headers.get('ETag')])).toEqual(
      answers.map(() => [200, answers[0]?.body, '"2"']),
    );
  });

  it('after its token was ended by the first attempt: as it was answered then', async () => {
    const { token, password } = await signUp(node.url);
    const request = { token, body: { password, new_password: 'another password' }, headers: attempt() };
    expect((await ask(node.url, '/v1/password', request)).status).toBe(204);
    expect((await ask(other.url, '/v1/password', request)).status).toBe(204);
    expect((await ask(other.url, '/v1/password', { ...request, headers: attempt() })).status).toBe(401);
  });

  it('signs up once, and its answer has a token', async () => {
    const body = { email: `${randomBytes(8).toString('hex')}@example.com`, password: 'a good password' };
    const request = { body, headers: attempt() };
    const answers = [
      await ask(node.url, '/v1/signup', request),
      await ask(other.url, '/v1/signup', request),
      await ask(other.url, '/v1/signup', { body, headers: attempt() }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 409]);
    expect(answers[1]?.body.user_id).toBe(answers[0]?.body.user_id);
    expect(answers[1]?.body.access_token).toEqual(expect.any(String));
  });
});

describe('its key', () => {
  it('is no Idempotency-Key: a renewal still needs one, or an If-Match', async () => {
    const { token, renewal } = await subscribed();
    const answer = await ask(node.url, renewal, { token, body: { months: 1 }, headers: attempt() });
    expect(answer).toMatchObject({ status: 428, body: { code: 'precondition_required' } });
  });

  it.each([
    ['from whoever is no trusted proxy', () => distrustful.url, attempt()],
    ['in another form', () => node.url, { 'X-Retry-Key': 'mine' }],
  ])('%s is not looked at', async (_what, url, headers) => {
    const { token } = await subscribed();
    // The same key with another command: taken for a repeat, it would be answered as the first one was.
    for (const client_id of ['one', 'two']) {
      const answer = await ask(url(), '/v1/activations', { token, body: { client_id }, headers });
      expect(answer).toMatchObject({ status: 201, body: { client_id } });
    }
  });
});
