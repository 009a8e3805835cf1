import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TWO_PRODUCTS } from '../../support/catalogues.ts';
import { signUp, signUpLicensed } from '../../support/requests/api.ts';
import { postTo } from './ask-checked.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

let node: CommandNode;
let staff: string;
beforeAll(async () => {
  node = await startCommandNode({ settings: { EVENT_SCHEMA_LEVEL: '1' } });
  staff = await node.operatorToken();
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);

it('goes on selling and activating what release 0.1.0 could', async () => {
  const { userId, token } = await signUp(node.url);
  const free = await post('/v1/subscriptions', token, { plan: 'free', months: 1 });
  expect(free.status).toBe(201);
  const machine = await post('/v1/activations', token, { client_id: 'a' });
  expect(machine.status).toBe(201);
  // The old one is cancelled and the new one started: both can be said.
  const paid = await post('/v1/subscriptions', staff, { user_id: userId, plan: 'pro', months: 1 });
  expect(paid).toMatchObject({ status: 201, body: { plan_type: 'pro' } });
  expect(await post('/v1/activations', token, { client_id: 'a' })).toMatchObject({
    status: 200,
    body: { license_id: machine.body.license_id },
  });
  expect((await post('/v1/activations', token, { client_id: 'b' })).status).toBe(201);
});

it('says of the rest that it is not enabled yet, and changes nothing', async () => {
  const { userId, token } = await signUp(node.url);
  const trial = await post('/v1/subscriptions', token, { plan: 'pro', trial: true });
  const several = { user_id: userId, plan: 'pro', months: 1, quantity: 2 };
  expect([trial, await post('/v1/subscriptions', staff, several)]).toMatchObject(
    Array.from({ length: 2 }, () => ({ status: 409, body: { code: 'not_enabled_yet' } })),
  );
  const licensed = await signUpLicensed(node.url, { staff });
  const path = `/v1/subscriptions/${licensed.subscriptionId}`;
  const cancelled = await post(`${path}/cancel`, licensed.token);
  for (const answer of [
    await post(`${path}/uncancel`, licensed.token),
    await post('/v1/activations', licensed.token, { client_id: 'b', replaces: licensed.clientId }),
  ])
    expect(answer).toMatchObject({ status: 409, body: { code: 'not_enabled_yet' } });
  const invitation = { email: `${randomUUID()}@example.com`, name: 'Grace', scopes: ['customers:read'] };
  expect(await post('/v1/staff', staff, invitation)).toMatchObject({
    status: 409,
    body: { code: 'not_enabled_yet' },
  });
  const email = `${randomUUID()}@example.com`;
  const signUpToVerify = { email, password: 'not a common one', verify: true };
  for (const answer of [
    await post('/v1/signup', undefined, signUpToVerify),
    await post('/v1/email-verifications', token),
    await post('/v1/password-resets', undefined, { email: licensed.email }),
    await post('/v1/password-resets', undefined, { email: 'nobody@example.com' }),
  ])
    expect(answer).toMatchObject({ status: 409, body: { code: 'not_enabled_yet' } });
  // Nothing was reserved for the sign-up that could not be.
  expect((await post('/v1/signup', undefined, { ...signUpToVerify, verify: false })).status).toBe(201);
  const again = await post(`${path}/cancel`, licensed.token);
  expect(again.headers.get('ETag')).toBe(cancelled.headers.get('ETag'));
});

it('has no other product than the first one to sell', async () => {
  const both = await node.another({ PLAN_CATALOGUE_FILE: TWO_PRODUCTS });
  const at = postTo(() => both.url);
  const { token } = await signUp(node.url);
  const months = { months: 1 };
  expect(
    (await at('/v1/subscriptions', token, { product: 'studio', plan: 'solo', ...months })).body.code,
  ).toBe('not_enabled_yet');
  expect((await at('/v1/subscriptions', token, { product: 'app', plan: 'free', ...months })).status).toBe(
    201,
  );
});
