import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../../query-service/app.ts';
import { type ApiRequest, ask } from '../../../support/requests/api.ts';
import { useSystem } from '../system.ts';

const system = useSystem();
let node: QueryService;
beforeAll(async () => {
  system.it.projector.start();
  node = await system.it.startNode();
});

const PATH = '/v1/licenses/validate';
const validate = (token: string | undefined, query = '', request: ApiRequest = {}) =>
  ask(node.url, `${PATH}${query}`, { token, ...request });

describe('a good key', () => {
  it('gets every field, from PostgreSQL first and then from memory', async () => {
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    for (let i = 0; i < 3; i += 1) {
      const answer = await validate(token, `?client_id=${user.clientId}`);
      expect(answer).toMatchObject({
        status: 200,
        body: {
          status: 'valid',
          code: 'VALID',
          premium: true,
          plan_type: 'pro',
          product: 'app',
          trial: false,
          license_id: user.licenseId,
          client_id: user.clientId,
          entitlements: ['core', 'export', 'api'],
          grace: false,
        },
      });
      expect(Object.keys(answer.body)).toHaveLength(13);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
      expect(answer.headers.get('Content-Type')).toBe('application/json');
      expect(answer.headers.has('Age')).toBe(false);
      expect(answer.headers.get('RateLimit-Policy')).toBe('"validations";q=600;w=60');
      expect(answer.headers.get('RateLimit')).toMatch(/^"validations";r=59\d;t=\d+$/);
      expect(answer.headers.get('X-Request-Id')).toMatch(/^[\w-]{8,64}$/);
    }
    const { text } = await metrics();
    expect(text).toMatch(/validations_total\{code="VALID",layer="memory",service="query-service"\} [1-9]/);
    expect(text).toMatch(/validations_total\{code="VALID",layer="postgres",service="query-service"\} [1-9]/);
  });

  it('gets the same by POST, and keeps the request id it sent', async () => {
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    const body = { client_id: user.clientId, product: 'app', entitlements: ['api'], app_version: '2.1' };
    const answer = await validate(token, '', { body, headers: { 'X-Request-Id': 'my-request-1' } });
    expect(answer).toMatchObject({ status: 200, body: { code: 'VALID', license_id: user.licenseId } });
    expect(answer.headers.get('X-Request-Id')).toBe('my-request-1');
    const empty = await validate(token, '', { method: 'POST' });
    expect(empty).toMatchObject({ status: 200, body: { code: 'VALID' } });
  });

  it('is answered by what is asked, not by what was asked before', async () => {
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    const codes: unknown[] = [];
    for (const query of [
      '',
      '?client_id=other',
      '',
      '?product=pdf&client_id=other&app_version=2.1.0',
      '?product=app',
      '?entitlements=sso',
      '?entitlements=api',
      '?client_id=other',
    ])
      codes.push((await validate(token, query)).body.code);
    expect(codes).toEqual([
      'VALID',
      'CLIENT_MISMATCH',
      'VALID',
      'PRODUCT_MISMATCH',
      'VALID',
      'ENTITLEMENTS_MISSING',
      'VALID',
      'CLIENT_MISMATCH',
    ]);
  });

  it('is answered by the subscription of its own product', async () => {
    const user = await system.it.readModel.addUser({ plan: 'basic' });
    const [licenseId, subscriptionId] = [randomUUID(), randomUUID()];
    const { query } = system.it.readModel;
    const read = (sql: string, values: unknown[]) => query.call(system.it.readModel, sql, values);
    await read(
      `INSERT INTO read_model.subscriptions (subscription_id, user_id, product, plan_type, terms, trial, suspended, cancelled,
         start_date, end_date, created_at, updated_at)
       SELECT $2, user_id, 'pdf', 'studio', terms || '{"onExpiry": "downgrade", "graceDays": 0, "validationsPerMinute": 7}',
         true, false, false, start_date, now() - interval '1 hour', created_at, updated_at
       FROM read_model.subscriptions WHERE user_id = $1`,
      [user.userId, subscriptionId],
    );
    await read(
      `INSERT INTO read_model.licenses (license_id, user_id, subscription_id, product, client_id, status, activated_at,
         created_at, updated_at)
       SELECT $2, user_id, $3, 'pdf', client_id, 'active', activated_at, created_at, updated_at
       FROM read_model.licenses WHERE user_id = $1`,
      [user.userId, licenseId, subscriptionId],
    );
    await read(
      `UPDATE read_model.users SET counting = jsonb_build_object('pdf', jsonb_build_object('id', $2::text, 'start', (
         SELECT start_date FROM read_model.subscriptions WHERE subscription_id = $2::uuid))) WHERE user_id = $1`,
      [user.userId, subscriptionId],
    );
    const token = await system.it.keyOf({ ...user, licenseId });
    for (let i = 0; i < 2; i += 1) {
      const answer = await validate(token, `?client_id=${user.clientId}&product=pdf`);
      // Its terms say downgrade, and the product has no free plan.
      expect(answer.body).toMatchObject({
        status: 'invalid',
        code: 'EXPIRED',
        product: 'pdf',
        plan_type: 'studio',
        trial: true,
      });
      expect(answer.headers.get('RateLimit-Policy')).toBe('"validations";q=7;w=60');
    }
    expect((await validate(token, '?product=app')).body.code).toBe('PRODUCT_MISMATCH');
    const first = await validate(await system.it.keyOf(user), '?product=app');
    expect(first.body).toMatchObject({ code: 'VALID', product: 'app', plan_type: 'basic', trial: false });
  });

  it('of a subscription that ends while it is remembered is told so at that instant, without any event', async () => {
    let now = Date.now();
    const other = await system.it.startNode({ clock: () => now });
    const endDate = new Date(now + 60_000);
    const user = await system.it.readModel.addUser({ plan: 'free', endDate });
    const token = await system.it.keyOf(user);
    const code = async () => (await ask(other.url, PATH, { token })).body.code;
    expect(await code()).toBe('VALID');
    now = endDate.getTime() - 1;
    expect(await code()).toBe('VALID');
    now = endDate.getTime();
    expect(await code()).toBe('EXPIRED');
  });
});

describe('a key that is not good', () => {
  it.each([undefined, 'x', 'a.b.c'])('%s: INVALID_KEY', async (token) => {
    const answer = await validate(token);
    expect(answer).toMatchObject({
      status: 200,
      body: { status: 'invalid', code: 'INVALID_KEY', premium: false, license_id: null, as_of: null },
    });
    expect(Object.keys(answer.body)).toHaveLength(13);
  });
  it('an access token is none, nor is another scheme', async () => {
    const user = await system.it.readModel.addUser();
    const access = await system.it.accessToken(user.userId);
    expect((await validate(access)).body.code).toBe('INVALID_KEY');
    const headers = { Authorization: `Basic ${await system.it.keyOf(user)}` };
    expect((await validate(undefined, '', { headers })).body.code).toBe('INVALID_KEY');
  });
  it('of a license that the read model has gone past: NOT_FOUND', async () => {
    const user = await system.it.readModel.addUser();
    const unknown = { ...user, licenseId: (await system.it.readModel.addUser()).userId };
    const answer = await validate(await system.it.keyOf(unknown));
    expect(answer).toMatchObject({ status: 200, body: { code: 'NOT_FOUND', license_id: unknown.licenseId } });
  });
});

describe('a key that is newer than the read model', () => {
  it('is waited for, and then answered', async () => {
    const { readModel } = system.it;
    const user = await readModel.addUser();
    const coming = { ...user, licenseId: user.subscriptionId };
    const token = await system.it.keyOf(coming, readModel.next);
    const answering = validate(token);
    await readModel.query(
      `INSERT INTO read_model.licenses SELECT $2, user_id, subscription_id, 'new', null, 'active', activated_at,
         created_at, updated_at FROM read_model.licenses WHERE license_id = $1`,
      [user.licenseId, coming.licenseId],
    );
    await readModel.touch(user);
    expect(await answering).toMatchObject({ status: 200, body: { code: 'VALID', client_id: 'new' } });
  });
  it('gets a 503 with Retry-After if that takes too long, and never NOT_FOUND', async () => {
    const { readModel } = system.it;
    const user = await readModel.addUser();
    const token = await system.it.keyOf({ ...user, licenseId: user.subscriptionId }, '99999/99999');
    const answer = await validate(token);
    expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    expect(answer.headers.get('Retry-After')).toBe('1');
  });
  it('of a parked user is not waited for; what is known of that user is answered', async () => {
    const { readModel } = system.it;
    const user = await readModel.addUser();
    const parkedAt = await readModel.park(user);
    const unknown = await validate(
      await system.it.keyOf({ ...user, licenseId: user.subscriptionId }, parkedAt),
    );
    expect(unknown).toMatchObject({ status: 503, body: { code: 'read_model_parked' } });
    expect((await validate(await system.it.keyOf(user))).body.code).toBe('VALID');
  });
});

describe('Min-Event-Position', () => {
  const at = (position: string) => ({ headers: { 'Min-Event-Position': position } });
  it('is answered once it is reached, by the user or by the whole read model', async () => {
    const { readModel } = system.it;
    const user = await readModel.addUser();
    const token = await system.it.keyOf(user);
    expect((await validate(token, '', at(user.position))).body.code).toBe('VALID');
    await readModel.advance();
    expect((await validate(token, '', at(readModel.checkpoint))).body.code).toBe('VALID');
    const answering = validate(token, '', at(readModel.next));
    await readModel.suspend(user);
    expect((await answering).body.code).toBe('SUSPENDED');
  });
  it('that is not reached in time is a 503', async () => {
    const user = await system.it.readModel.addUser();
    const answer = await validate(await system.it.keyOf(user), '', at('99999/99999'));
    expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
  });
  it('of a parked user is a 503 at once, unless it was reached before', async () => {
    const { readModel } = system.it;
    const user = await readModel.addUser();
    const token = await system.it.keyOf(user);
    const parkedAt = await readModel.park(user);
    const answer = await validate(token, '', at(parkedAt));
    expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_parked' } });
    expect((await validate(token, '', at(user.position))).body.code).toBe('VALID');
  });
  it('that is none is refused', async () => {
    const answer = await validate(undefined, '', at('x'));
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});

async function metrics() {
  const response = await fetch(`${node.url}/metrics`);
  return { text: await response.text() };
}
