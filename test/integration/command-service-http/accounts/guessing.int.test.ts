import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { type Customer, signUp } from '../../../support/requests/api.ts';
import { totpCode, welcomeMember } from '../../../support/requests/staff.ts';
import { type CommandNode, startCommandNode } from '../command-node.ts';

let node: CommandNode;
/** A second node over the same Redis. */
let other: { readonly url: string };
let customer: Customer;
beforeAll(async () => {
  node = await startCommandNode({
    settings: {
      TRUSTED_PROXIES: '127.0.0.1',
      WRONG_GUESSES_PER_ADDRESS: '5',
      WRONG_GUESSES_PER_ACCOUNT: '3',
    },
  });
  other = await node.another();
}, 60_000);
afterAll(() => node[Symbol.asyncDispose]());

/** Nobody else's: the Redis, with its counts of this hour, is everybody's. */
const network = () => `2001:db8:${randomUUID().slice(0, 4)}:${randomUUID().slice(0, 4)}`;
let ownerAt: string;

const post = (url: string, path: string, address: string, body: object, token?: string) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'X-Forwarded-For': address,
      ...(token && { Authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
  });

const logIn = (address: string, password: string, { url = node.url, email = customer.email } = {}) =>
  post(url, '/v1/login', address, { email, password });

const statusesOf = async (...answers: readonly Promise<Response>[]) =>
  (await Promise.all(answers)).map(({ status }) => status);

it('an account that is guessed at from everywhere stays reachable for its owner, on every node', async () => {
  customer = await signUp(node.url);
  ownerAt = network();
  expect((await logIn(`${ownerAt}::1`, customer.password)).status).toBe(200);
  for (let n = 0; n < 3; n += 1) expect((await logIn(`${network()}::1`, 'not it')).status).toBe(401);
  const refused = await logIn(`${network()}::1`, customer.password);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    code: 'rate_limited',
    detail: expect.stringContaining('at this account'),
  });
  // A node learns of what the others counted with the first that it counts itself.
  expect((await logIn(`${network()}::1`, 'not it', { url: other.url })).status).toBe(401);
  await eventually('the other node knows of it', async () => {
    return (await logIn(`${network()}::1`, customer.password, { url: other.url })).status === 429;
  });
  // Another host of the same /64.
  for (const { url } of [node, other])
    expect((await logIn(`${ownerAt}::2`, customer.password, { url })).status).toBe(200);
});

it('an account that nobody has looks the same', async () => {
  const email = `${randomUUID()}@example.com`;
  for (let n = 0; n < 3; n += 1)
    expect((await logIn(`${network()}::1`, 'not it', { email })).status).toBe(401);
  const refused = await logIn(`${network()}::1`, 'not it', { email });
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('at this account') });
});

it('a stolen token serves no more guesses at the password than the log-in does', async () => {
  const victim = await signUp(node.url);
  const guess = (password: string) =>
    post(
      node.url,
      '/v1/password',
      `${network()}::1`,
      { password, new_password: 'battery staple horse' },
      victim.token,
    );
  for (let n = 0; n < 3; n += 1) expect((await guess('not it')).status).toBe(403);
  expect((await guess(victim.password)).status).toBe(429);
  expect((await logIn(`${network()}::1`, victim.password, victim)).status).toBe(429);
});

it('an address that guesses at many accounts, or asks which emails are taken, is refused', async () => {
  const [from, owner, asker] = [network(), await signUp(node.url), await signUp(node.url)];
  for (let n = 0; n < 5; n += 1)
    expect((await logIn(`${from}::${n}`, 'not it', { email: `${randomUUID()}@example.com` })).status).toBe(
      401,
    );
  const refused = await logIn(`${from}::9`, owner.password, owner);
  expect(refused.status).toBe(429);
  expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('from this address') });
  const taken = () =>
    post(node.url, '/v1/signup', `${from}::1`, { email: owner.email, password: 'battery staple horse' });
  for (let n = 0; n < 5; n += 1) expect((await taken()).status).toBe(409);
  const asking = () =>
    post(
      node.url,
      '/v1/me/email',
      `${from}::1`,
      { email: owner.email, password: asker.password },
      asker.token,
    );
  expect((await asking()).status).toBe(429);
  const fresh = { email: `${randomUUID()}@example.com`, password: 'battery staple horse' };
  expect(await statusesOf(taken(), post(node.url, '/v1/signup', `${from}::1`, fresh))).toEqual([429, 429]);
  expect((await post(node.url, '/v1/signup', `${network()}::1`, fresh)).status).toBe(201);
});

it('a sign-up that finds the email taken has waited for a hash like any other', async () => {
  const settings = {
    PASSWORD_HASHES_AT_ONCE: '1',
    PASSWORD_HASHES_WAITING: '0',
    WRONG_GUESSES_PER_ADDRESS: '100',
  };
  const [busy, owner] = [await node.another(settings), await signUp(node.url)];
  const body = { email: owner.email, password: 'battery staple horse' };
  const from = `${network()}::1`;
  const statuses = await statusesOf(
    ...Array.from({ length: 20 }, () => post(busy.url, '/v1/signup', from, body)),
  );
  // Were it answered without one, none of them would find the only place taken.
  expect(new Set(statuses)).toEqual(new Set([409, 503]));
});

it('a password that is guessed among the first is refused: at sign-up, when it is changed, by a one-time token', async () => {
  const email = `${randomUUID()}@example.com`;
  const from = `${network()}::1`;
  for (const password of ['Password1', '12341234', email.toUpperCase()]) {
    const refused = await post(node.url, '/v1/signup', from, { email, password });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/password', detail: expect.stringMatching(/: choose another one$/) }],
    });
  }
  const owner = await signUp(node.url);
  for (const new_password of [
    'Password1',
    '12341234',
    owner.email.toUpperCase(),
    owner.email.split('@', 1)[0],
  ]) {
    const refused = await post(
      node.url,
      '/v1/password',
      from,
      { password: owner.password, new_password },
      owner.token,
    );
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ errors: [{ pointer: '/new_password' }] });
  }
  const staff = await node.operatorToken();
  const reset = await post(node.url, `/v1/users/${owner.userId}/password-reset`, from, {}, staff);
  const { token } = (await reset.json()) as { token: string };
  const confirm = (new_password: string) =>
    post(node.url, '/v1/password-resets/confirm', from, { token, new_password });
  for (const [password, status] of [
    ['Password1', 400],
    [owner.email, 400],
    ['battery staple horse', 204],
    // Only a good one uses the token up.
    ['battery staple horses', 400],
  ] as const)
    expect((await confirm(password)).status).toBe(status);
});

it('a service account is not locked out by who knows its id, from wherever it asks', async () => {
  const staff = await node.operatorToken();
  const added = await post(
    node.url,
    '/v1/service-accounts',
    `${network()}::1`,
    { name: 'billing', scopes: ['customers:read'] },
    staff,
  );
  const { service_account_id: id } = (await added.json()) as { service_account_id: string };
  const issued = await post(node.url, `/v1/service-accounts/${id}/keys`, `${network()}::1`, {}, staff);
  const { secret } = (await issued.json()) as { secret: string };
  const askToken = (address: string, given: string) =>
    fetch(`${node.url}/v1/token`, {
      method: 'POST',
      headers: { 'X-Forwarded-For': address },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: given,
      }),
    });
  for (let n = 0; n < 4; n += 1)
    expect((await askToken(`${network()}::1`, `lss_${'A'.repeat(43)}`)).status).toBe(401);
  expect((await askToken(`${network()}::1`, secret)).status).toBe(200);
  // An address that tries secret after secret is refused all the same.
  const from = network();
  for (let n = 0; n < 5; n += 1)
    expect((await askToken(`${from}::${n}`, `lss_${'A'.repeat(43)}`)).status).toBe(401);
  expect((await askToken(`${from}::9`, secret)).status).toBe(429);
});

it('the code of a member of staff is guessed at as a password is: the fourth attempt is not looked at', async () => {
  const grace = await welcomeMember(node.url, await node.operatorToken(), ['customers:read']);
  const secondStep = async (address: string, code: string) => {
    const { email, password } = grace;
    const first = await post(node.url, '/v1/staff/login', address, { email, password });
    const { ticket } = (await first.json()) as { readonly ticket: string };
    return post(node.url, '/v1/staff/login/second-factor', address, { ticket, code });
  };
  for (let n = 0; n < 3; n += 1) {
    const wrong = await secondStep(`${network()}::1`, '000000');
    expect([wrong.status, ((await wrong.json()) as { code: string }).code]).toEqual([403, 'wrong_code']);
  }
  expect((await secondStep(`${network()}::1`, totpCode(grace.totpSecret))).status).toBe(429);
});
