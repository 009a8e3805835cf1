import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { migrateAll } from '../../../projector/schemas/migrate.ts';
import type { QueryService } from '../../../query-service/app.ts';
import { uuidv7 } from '../../../shared/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { type ApiRequest, ask } from '../../support/requests/api.ts';
import type { LicensedUser } from './read-model.ts';
import { useSystem } from './system.ts';

const system = useSystem();
let node: QueryService;
let user: LicensedUser;
let other: LicensedUser;
let own: string;
let operator: string;
let analyst: string;

beforeAll(async () => {
  system.it.projector.start();
  node = await system.it.startNode();
  user = await system.it.readModel.addUser();
  other = await system.it.readModel.addUser({ plan: 'basic' });
  own = await system.it.accessToken(user.userId);
  operator = await system.it.accessToken('ops', 'operator');
  analyst = await system.it.accessToken('ana', 'analyst');
});

const get = (path: string, token?: string, request: ApiRequest = {}) =>
  ask(node.url, path, { token, ...request });
const nobody = () => uuidv7(Date.now(), randomBytes(10));

describe('the caller', () => {
  it('is shown with the subscription that counts', async () => {
    const answer = await get('/v1/me', own);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      user_id: user.userId,
      email: user.email,
      status: 'active',
      subscription: { subscription_id: user.subscriptionId, plan_type: 'pro', status: 'active' },
    });
    expect(answer.body.subscriptions).toEqual([answer.body.subscription]);
    expect(Object.keys(answer.body).sort()).toEqual([
      'created_at',
      'email',
      'email_verified',
      'external_id',
      'name',
      'status',
      'subscription',
      'subscriptions',
      'updated_at',
      'user_id',
    ]);
  });
  it('has subscriptions', async () => {
    const { body } = await get('/v1/me/subscriptions', own);
    expect(body).toMatchObject({
      items: [{ subscription_id: user.subscriptionId, external_id: `ext-${user.userId}` }],
      next_cursor: null,
    });
  });
  it('has licenses, page by page, each once and in order', async () => {
    const many = await system.it.readModel.addUser();
    await system.it.readModel.query(
      `INSERT INTO read_model.licenses SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, user_id,
         subscription_id, 'c' || n, null, 'active', activated_at, created_at, updated_at
       FROM read_model.licenses, generate_series(1, 25) n WHERE user_id = $1`,
      [many.userId],
    );
    const token = await system.it.accessToken(many.userId);
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: unknown = ''; cursor !== null; pages += 1) {
      const { body } = await get(
        `/v1/me/licenses?limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`,
        token,
      );
      seen.push(...(body.items as { license_id: string }[]).map(({ license_id }) => license_id));
      cursor = body.next_cursor;
    }
    expect(pages).toBe(3);
    expect(new Set(seen).size).toBe(26);
    expect(seen).toEqual([...seen].sort());
  });
});

describe('a subscription and a license', () => {
  it('are shown to the owner, operators and analysts, and do not exist for others', async () => {
    for (const path of [`/v1/subscriptions/${user.subscriptionId}`, `/v1/licenses/${user.licenseId}`]) {
      for (const token of [own, operator, analyst]) expect((await get(path, token)).status).toBe(200);
      const foreign = await get(path, await system.it.accessToken(other.userId));
      expect(foreign).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect((await get(path)).status).toBe(401);
    }
    expect((await get(`/v1/licenses/${user.licenseId}`, own)).body).toMatchObject({
      client_id: user.clientId,
      client_name: 'A laptop',
    });
  });
  it('that are not there are not found', async () => {
    for (const path of ['/v1/subscriptions', '/v1/licenses'])
      for (const token of [own, operator]) expect((await get(`${path}/${nobody()}`, token)).status).toBe(404);
    expect((await get('/v1/subscriptions/4c1c0a54-8f6b-4d39-9d8e-7b1d8f6f5b11', operator)).status).toBe(404);
  });
});

describe('a user, and their subscriptions,', () => {
  it('are shown to staff with the revision that a command needs for If-Match', async () => {
    const one = await system.it.readModel.addUser();
    const etags = async () => {
      const paths = [`/v1/users/${one.userId}`, `/v1/users/${one.userId}/subscriptions`];
      const answers = await Promise.all(paths.map((path) => get(path, operator)));
      return answers.map(({ headers }) => headers.get('ETag'));
    };
    expect(await etags()).toEqual(Array(2).fill('"2"'));
    await system.it.readModel.suspend(one);
    expect(await etags()).toEqual(Array(2).fill('"3"'));
  });
});

describe('users', () => {
  const ids = (body: Record<string, unknown>) =>
    (body.items as { user_id: string }[]).map(({ user_id }) => user_id);

  it('are found by email, client, license and external id', async () => {
    for (const filter of [
      `email=${encodeURIComponent(` ${user.email.toUpperCase()} `)}`,
      `client_id=${user.clientId}`,
      `license_id=${user.licenseId}`,
      `external_id=ext-${user.userId}`,
      `email=${user.email}&client_id=${user.clientId}`,
    ]) {
      const { status, body } = await get(`/v1/users?${filter}`, operator);
      expect([status, ids(body)]).toEqual([200, [user.userId]]);
    }
    const none = await get(`/v1/users?email=${user.email}&client_id=${other.clientId}`, operator);
    expect(ids(none.body)).toEqual([]);
  });
  it('are found by the beginning of the email, taken as it is', async () => {
    const someone = await system.it.readModel.addUser();
    const email = `100%_é\\-${someone.email}`;
    const query = 'UPDATE read_model.users SET email = $2 WHERE user_id = $1';
    await system.it.readModel.query(query, [someone.userId, email]);
    const found = async (prefix: string) =>
      ids((await get(`/v1/users?email_prefix=${encodeURIComponent(prefix)}`, operator)).body);
    expect(await found(email)).toEqual([someone.userId]);
    expect(await found(' 100%_E\u0301\\')).toEqual([someone.userId]);
    for (const none of ['100__', '1%', '00%']) expect(await found(none)).toEqual([]);
    expect(await found(user.userId.slice(0, -1))).toContain(user.userId);
    const refused = await get('/v1/users?email_prefix=a', analyst);
    expect(refused).toMatchObject({ status: 403, body: { scope: 'customers:read' } });
  });
  it('are found by email whatever its case, also where PostgreSQL knows no letters but ASCII', async () => {
    const someone = await system.it.readModel.addUser();
    const email = `é-${someone.email}`;
    const query = 'UPDATE read_model.users SET email = $2 WHERE user_id = $1';
    await system.it.readModel.query(query, [someone.userId, email]);
    const { body } = await get(`/v1/users?email=${encodeURIComponent(email.toUpperCase())}`, operator);
    expect(body).toMatchObject({ items: [{ user_id: someone.userId }] });
  });
  it('are found by an address with a plus, raw as well as escaped, and in another form of Unicode', async () => {
    const someone = await system.it.readModel.addUser();
    const email = `ada+x-${someone.userId}@xn--bcher-kva.example`;
    const { query } = system.it.readModel;
    const set = 'UPDATE read_model.users SET email = $2 WHERE user_id = $1';
    await query.call(system.it.readModel, set, [someone.userId, email]);
    const clientSet = 'UPDATE read_model.licenses SET client_id = $2 WHERE user_id = $1';
    await query.call(system.it.readModel, clientSet, [someone.userId, `Bu\u0308ro+${someone.userId}`]);
    const typed = email.replace('xn--bcher-kva', 'b\u00fccher');
    for (const filter of [
      `email=${email}`,
      `email=${encodeURIComponent(email)}`,
      `email=${typed}`,
      `client_id=B\u00fcro+${someone.userId}`,
    ]) {
      const { body } = await get(`/v1/users?${filter}`, operator);
      expect(ids(body), filter).toEqual([someone.userId]);
    }
  });
  it('are listed by pages', async () => {
    const first = (await get('/v1/users?limit=1', operator)).body;
    const second = (await get(`/v1/users?limit=1&cursor=${first.next_cursor}`, operator)).body;
    expect([...ids(first), ...ids(second)]).toHaveLength(2);
    expect(ids(first)[0]).not.toBe(ids(second)[0]);
  });
  it('are shown to an analyst without what names them', async () => {
    const one = await get(`/v1/users/${user.userId}`, analyst);
    expect(one.status).toBe(200);
    expect(one.body).not.toHaveProperty('email');
    const { body } = await get(`/v1/users?client_id=${user.clientId}`, analyst);
    expect(JSON.stringify(body)).not.toContain(user.email);
    expect((await get(`/v1/licenses/${user.licenseId}`, analyst)).body).not.toHaveProperty('client_name');
    const byEmail = await get(`/v1/users?email=${user.email}`, analyst);
    expect(byEmail).toMatchObject({
      status: 403,
      body: { code: 'insufficient_scope', scope: 'customers:read' },
    });
    expect((await get(`/v1/users/${user.userId}`, operator)).body.email).toBe(user.email);
  });
  it('have subscriptions and licenses', async () => {
    const mine = `/v1/users/${user.userId}`;
    for (const what of ['subscriptions', 'licenses'])
      expect((await get(`${mine}/${what}`, operator)).body).toEqual((await get(`/v1/me/${what}`, own)).body);
    const { body } = await get(`${mine}/licenses`, analyst);
    expect(body).toMatchObject({ items: [{ license_id: user.licenseId }] });
    expect(JSON.stringify(body)).not.toContain('client_name');
    for (const what of ['subscriptions', 'licenses']) {
      expect((await get(`/v1/users/${nobody()}/${what}`, operator)).status).toBe(404);
      expect((await get(`${mine}/${what}`, own)).status).toBe(403);
      const signedUp = await system.it.readModel.addUser();
      await system.it.readModel.query(`DELETE FROM read_model.${what} WHERE user_id = $1`, [signedUp.userId]);
      expect((await get(`/v1/users/${signedUp.userId}/${what}`, operator)).body).toEqual({
        items: [],
        next_cursor: null,
      });
    }
  });
  it('are no business of users', async () => {
    for (const path of ['/v1/users', `/v1/users/${user.userId}`, '/v1/stats'])
      expect((await get(path, own)).status).toBe(403);
    for (const path of ['/v1/me', '/v1/me/licenses']) expect((await get(path, operator)).status).toBe(403);
  });
});

describe('statistics', () => {
  it('are counted again behind the answer', async () => {
    await system.it.readModel.query(
      "INSERT INTO read_model.activations_by_day VALUES ('2030-01-02', 3), ('2030-01-01', 2)",
    );
    const { status, body } = await get('/v1/stats', analyst);
    expect(status).toBe(200);
    expect(body.activations).toEqual([
      { day: '2030-01-02', count: 3 },
      { day: '2030-01-01', count: 2 },
    ]);
    expect(body.active_subscriptions).toContainEqual({
      ...{ product: 'app', plan_type: 'basic', count: 1 },
      ...{ active: 1, grace: 0, cancelled: 0, paying: 0, trials: 0 },
    });
    expect(body.trials).toEqual([]);
    const trying = await system.it.readModel.addUser({ plan: 'basic' });
    await system.it.readModel.query(
      "UPDATE read_model.subscriptions SET trial = true, product = 'pdf' WHERE user_id = $1",
      [trying.userId],
    );
    const later = (await get('/v1/stats', analyst)).body;
    expect(later.as_of).toBe(body.as_of);
    await eventually(
      'counted again',
      async () => {
        const { trials } = (await get('/v1/stats', analyst)).body;
        return isDeepStrictEqual(trials, [{ product: 'pdf', plan_type: 'basic', count: 1 }]);
      },
      10_000,
    );
  });
});

describe('public keys', () => {
  it('are for everybody, and may be kept for five minutes', async () => {
    const { status, body, headers } = await get('/.well-known/jwks.json');
    expect(status).toBe(200);
    expect(body.keys).toEqual([
      { kty: 'OKP', crv: 'Ed25519', use: 'sig', x: expect.any(String), kid: expect.any(String) },
    ]);
    expect(JSON.stringify(body)).not.toContain('"d"');
    expect(headers.get('Cache-Control')).toBe('public, max-age=300');
  });
});

describe('for operation', () => {
  it('health, metrics and the document are there', async () => {
    expect((await get('/health')).body).toEqual({ status: 'ready' });
    expect((await get('/health/live')).body).toEqual({ status: 'live' });
    expect((await get('/health/ready')).body).toEqual({
      status: 'ready',
      dependencies: { database: 'up', redis: 'up', knowledge: 'up' },
    });
    expect((await get('/openapi.json')).body.paths).toHaveProperty('/v1/licenses/validate');
    expect(await (await fetch(`${node.url}/metrics`)).text()).toContain('validation_memory_entries');
  });
});

it('mails are listed to who writes about customers, the latest first, without what they say', async () => {
  await migrateAll({ database: system.it.pool, vault: system.it.pool });
  const user = await system.it.readModel.addUser();
  const ids = [1, 2, 3].map((n) => `0192d8a0-0000-7000-8000-00000000000${n}`);
  const text = `INSERT INTO notifications.mails (mail_id, user_id, kind, revision, data, status, next_at, try_until, last_error, created_at)
    SELECT id, $2, 'reset-password', 1, '{"resetId": "a secret"}', 'failed', NULL, now(), 'no such mailbox', now() + n * interval '1 s'
    FROM unnest($1::uuid[]) WITH ORDINALITY AS t (id, n)`;
  await system.it.pool.query(text, [ids, user.userId]);
  const page = await get(`/v1/mails?status=failed&user_id=${user.userId}&limit=2`, operator);
  expect(page).toMatchObject({
    status: 200,
    body: {
      items: [
        { mail_id: ids[2], kind: 'reset-password', last_error: 'no such mailbox', sent_at: null },
        { mail_id: ids[1] },
      ],
      next_cursor: ids[1],
    },
  });
  expect(JSON.stringify(page.body)).not.toContain('a secret');
  const rest = await get(`/v1/mails?user_id=${user.userId}&cursor=${ids[1]}`, operator);
  expect(rest.body).toMatchObject({ items: [{ mail_id: ids[0] }], next_cursor: null });
  expect((await get(`/v1/mails?user_id=${user.userId}&status=sent`, operator)).body.items).toEqual([]);
  expect((await get('/v1/mails?status=lost', operator)).status).toBe(400);
  for (const token of [own, analyst]) expect((await get('/v1/mails', token)).status).toBe(403);
});

it('events that could not be projected are listed in the order of the log, page by page, to who reads histories', async () => {
  const [first, second] = [await system.it.readModel.addUser(), await system.it.readModel.addUser()];
  const positions = [await system.it.readModel.park(first), await system.it.readModel.park(second)];
  const mine = (items: unknown) =>
    (items as { user_id: string; position: string }[]).filter(({ user_id: id }) =>
      [first.userId, second.userId].includes(id),
    );
  const { status, body } = await get('/v1/parked-events', analyst);
  expect(status).toBe(200);
  expect(mine(body.items)).toMatchObject([
    { user_id: first.userId, position: positions[0], mark: 'parked', attempts: expect.any(Number) },
    { user_id: second.userId, position: positions[1] },
  ]);
  const later = await get(`/v1/parked-events?cursor=${positions[0]}`, analyst);
  expect(mine(later.body.items)).toMatchObject([{ user_id: second.userId }]);
  expect((await get('/v1/parked-events?limit=1', analyst)).body.next_cursor).toEqual(expect.any(String));
  expect(await get('/v1/parked-events?cursor=1', analyst)).toMatchObject({ status: 400 });
  expect(await get('/v1/parked-events', own)).toMatchObject({ status: 403 });
});
