import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TWO_PRODUCTS } from '../../../support/catalogues.ts';
import { type ApiAnswer, signUp } from '../../../support/requests/api.ts';
import { askChecked, postTo } from '../ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
beforeAll(async () => {
  node = await startCommandNode({ settings: { PLAN_CATALOGUE_FILE: TWO_PRODUCTS } });
});
afterAll(() => node[Symbol.asyncDispose]());

const post = postTo(() => node.url);
const remove = (client: string, token: string, query = '', headers: Record<string, string> = {}) =>
  askChecked(node.url, `/v1/activations/${client}${query}`, { method: 'DELETE', token, headers });
const errorsOf = (answer: ApiAnswer) => [answer.status, answer.body.errors];

/** A customer with a subscription of both products. */
async function withBoth() {
  const customer = await signUp(node.url);
  for (const [product, plan] of [
    ['app', 'free'],
    ['studio', 'solo'],
  ])
    expect((await post('/v1/subscriptions', customer.token, { product, plan, months: 12 })).status).toBe(201);
  return customer;
}

it('asks which product is meant, and names those that exist', async () => {
  const { token } = await signUp(node.url);
  const required = [{ pointer: '/product', detail: 'required; there are: app, studio' }];
  const subscription = { plan: 'free', months: 1 };
  expect(errorsOf(await post('/v1/subscriptions', token, subscription))).toEqual([400, required]);
  expect(errorsOf(await post('/v1/activations', token, { client_id: 'a' }))).toEqual([400, required]);
  expect(errorsOf(await post('/v1/subscriptions', token, { ...subscription, product: 'game' }))).toEqual([
    400,
    [{ pointer: '/product', detail: 'no such product; there are: app, studio' }],
  ]);
  expect(errorsOf(await post('/v1/subscriptions', token, { ...subscription, product: 'studio' }))).toEqual([
    400,
    [{ pointer: '/plan', detail: 'no such plan of "studio"; there are: solo, team' }],
  ]);
});

it('sells each to the same customer: limits and licenses are by product', async () => {
  const { token } = await withBoth();
  const activate = (product: string, client_id: string) =>
    post('/v1/activations', token, { product, client_id });
  const inApp = await activate('app', 'laptop');
  const inStudio = await activate('studio', 'laptop');
  expect([inApp.status, inStudio.status]).toEqual([201, 201]);
  expect(inStudio.body.license_id).not.toBe(inApp.body.license_id);
  for (const product of ['app', 'studio'])
    expect(await activate(product, 'desktop')).toMatchObject({
      status: 409,
      body: { code: 'client_limit_reached', limit: 1, active_clients: [{ client_id: 'laptop' }] },
    });
});

it('deactivates a client of one product; which one is asked for only where there are several', async () => {
  const { token } = await withBoth();
  const activated = await post('/v1/activations', token, { product: 'app', client_id: 'laptop' });
  expect((await remove('laptop', token)).status).toBe(204);
  await post('/v1/activations', token, { product: 'app', client_id: 'laptop' });
  const other = await post('/v1/activations', token, { product: 'studio', client_id: 'laptop' });
  expect(errorsOf(await remove('laptop', token))).toEqual([
    400,
    [{ pointer: '?product', detail: 'required; the client was activated for app, studio' }],
  ]);
  expect((await remove('laptop', token, '?product=game')).status).toBe(404);
  // An old key names its license, and so its product: the later license goes on.
  expect((await remove('laptop', String(activated.body.activation_key))).status).toBe(204);
  const headers = { 'Idempotency-Key': randomUUID() };
  expect((await remove('laptop', token, '?product=studio', headers)).status).toBe(204);
  expect((await remove('laptop', token, '?product=app', headers)).status).toBe(422);
  const again = await post('/v1/activations', token, { product: 'studio', client_id: 'laptop' });
  expect(again.status).toBe(201);
  expect(again.body.license_id).not.toBe(other.body.license_id);
});

it('gives a client’s place to another one, from that one, as often as the plan allows', async () => {
  const { token } = await withBoth();
  const activate = (client_id: string, replaces?: string) =>
    post('/v1/activations', token, { product: 'studio', client_id, replaces });
  expect((await activate('old')).status).toBe(201);
  expect(errorsOf(await activate('old', 'old'))).toEqual([
    400,
    [{ pointer: '/replaces', detail: 'expected a client other than client_id' }],
  ]);
  expect((await activate('new', 'nobody')).status).toBe(404);
  const replaced = await activate('new', 'old');
  expect(replaced.status).toBe(201);
  expect(await activate('new', 'old')).toMatchObject({ status: 200, body: replaced.body });
  const refused = await activate('newer', 'new');
  expect(refused).toMatchObject({ status: 409, body: { code: 'replacements_used_up', limit: 1 } });
  const days = (Date.parse(String(refused.body.next_at)) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29.9);
  expect(days).toBeLessThanOrEqual(30);
  // Not either by freeing the place first; but the client that left may come back to it.
  expect((await remove('new', token, '?product=studio')).status).toBe(204);
  expect((await activate('newer')).body.code).toBe('replacements_used_up');
  expect((await activate('new')).status).toBe(201);
});

it('multiplies the clients by the quantity, which staff sell', async () => {
  const { token, userId } = await signUp(node.url);
  const staff = await node.operatorToken();
  const body = { product: 'studio', plan: 'team', months: 1, quantity: 2 };
  expect(await post('/v1/subscriptions', token, body)).toMatchObject({
    status: 403,
    body: { code: 'plan_not_self_service', detail: expect.stringContaining('ask the seller') },
  });
  const sold = await post('/v1/subscriptions', staff, { ...body, user_id: userId });
  expect(sold).toMatchObject({ status: 201, body: { quantity: 2, product: 'studio' } });
  for (const client of ['a', 'b', 'c', 'd'])
    expect((await post('/v1/activations', token, { product: 'studio', client_id: client })).status).toBe(201);
  expect(await post('/v1/activations', token, { product: 'studio', client_id: 'e' })).toMatchObject({
    status: 409,
    body: { limit: 4 },
  });
});
