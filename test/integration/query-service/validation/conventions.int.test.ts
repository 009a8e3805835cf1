import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../../query-service/app.ts';
import { DAY_MS } from '../../../../shared/calendar.ts';
import { eventually } from '../../../support/eventually.ts';
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

describe('a lease', () => {
  const lease = async (token: string, query = '') => {
    const response = await fetch(`${node.url}${PATH}${query}`, {
      headers: { Authorization: `Bearer ${token}`, Accept: 'application/jwt' },
    });
    return { type: response.headers.get('Content-Type'), text: await response.text() };
  };
  it('is signed, says what the answer says, and ends with the grace', async () => {
    const endDate = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 6 * DAY_MS);
    const startDate = new Date(endDate.getTime() - 30 * DAY_MS);
    const user = await system.it.readModel.addUser({ startDate, endDate });
    const { type, text } = await lease(await system.it.keyOf(user), '?nonce=n1');
    expect(type).toBe('application/jwt');
    const published = (await ask(node.url, '/.well-known/jwks.json')).body as unknown as JSONWebKeySet;
    const { payload, protectedHeader } = await jwtVerify(text, createLocalJWKSet(published), {
      typ: 'lease+jwt',
      audience: 'license-system:client',
      issuer: 'license-system',
    });
    expect(protectedHeader.alg).toBe('EdDSA');
    expect(payload).toMatchObject({
      sub: user.licenseId,
      nonce: 'n1',
      exp: (endDate.getTime() + 7 * DAY_MS) / 1_000,
      license: { status: 'valid', code: 'VALID', grace: true, license_id: user.licenseId },
    });
    expect(payload.jti).toBeDefined();
  });
  it('is not given for an invalid answer: that is JSON as always', async () => {
    const user = await system.it.readModel.addUser();
    await system.it.readModel.revoke(user);
    const { type, text } = await lease(await system.it.keyOf(user));
    expect(type).toBe('application/json');
    expect(JSON.parse(text)).toMatchObject({ code: 'REVOKED' });
  });
});

describe('bad input', () => {
  it.each<[string, string, ApiRequest, number, string, string | undefined]>([
    ['an unknown field', '?foo=1', {}, 400, 'invalid_request', '?foo'],
    ['a field twice', '?client_id=a&client_id=b', {}, 400, 'invalid_request', '?client_id'],
    ['a control character', '?client_id=a%07', {}, 400, 'invalid_request', '?client_id'],
    ['a wrong type', '', { body: { client_id: 7 } }, 400, 'invalid_request', '/client_id'],
    ['a body that is none', '', { method: 'POST', body: undefined }, 200, 'INVALID_KEY', undefined],
    ['PUT', '', { method: 'PUT', body: {} }, 405, 'method_not_allowed', undefined],
    ['a large body', '', { body: { nonce: 'x'.repeat(20_000) } }, 413, 'body_too_large', undefined],
  ])('%s', async (_name, query, request, status, code, pointer) => {
    const answer = await validate(undefined, query, request);
    expect(answer.status).toBe(status);
    expect(answer.body.code).toBe(code);
    if (status !== 200) expect(answer.headers.get('X-Request-Id')).toBe(answer.body.request_id);
    if (pointer !== undefined) expect(answer.body.errors).toMatchObject([{ pointer }]);
    if (status === 405) expect(answer.headers.get('Allow')).toBe('GET, HEAD, OPTIONS, POST');
  });
  it('another type, broken JSON', async () => {
    const post = (body: string, type: string) =>
      fetch(`${node.url}${PATH}`, { method: 'POST', body, headers: { 'Content-Type': type } });
    expect((await post('a=b', 'application/x-www-form-urlencoded')).status).toBe(415);
    expect(await (await post('{', 'application/json')).json()).toMatchObject({ code: 'malformed_json' });
  });
  it('HEAD and OPTIONS', async () => {
    const user = await system.it.readModel.addUser();
    const headers = { Authorization: `Bearer ${await system.it.keyOf(user)}` };
    const head = await fetch(`${node.url}${PATH}`, { method: 'HEAD', headers });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('Content-Length'))).toBeGreaterThan(100);
    const options = await fetch(`${node.url}${PATH}`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('Allow')]).toEqual([204, 'GET, HEAD, OPTIONS, POST']);
  });
  it('a path that only begins like it is none', async () => {
    for (const path of [`${PATH}/`, `${PATH}x`, `${PATH}%20`])
      expect((await ask(node.url, path)).body.code).not.toBe('INVALID_KEY');
  });
});

describe('the rate limit of a license', () => {
  it('is that of the terms, over all nodes together', async () => {
    const second = await system.it.startNode();
    const user = await system.it.readModel.addUser();
    await system.it.readModel.query(
      `UPDATE read_model.subscriptions SET terms = terms || '{"validationsPerMinute": 20}' WHERE user_id = $1`,
      [user.userId],
    );
    const token = await system.it.keyOf(user);
    const on = (url: string) => ask(url, PATH, { token });
    for (let i = 0; i < 10; i += 1) expect((await on(node.url)).status).toBe(200);
    await eventually('the second node knows what the first one counted', async () => {
      const { headers } = await on(second.url);
      return Number(/r=(\d+)/.exec(headers.get('RateLimit') ?? '')?.[1]) < 10;
    });
    const refused = await eventually('the limit is reached', async () => {
      const answer = await on(second.url);
      return answer.status === 429 && answer;
    });
    expect(refused.body.code).toBe('rate_limited');
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(refused.headers.get('RateLimit')).toMatch(/r=0/);
    await eventually('the first node refuses too', async () => (await on(node.url)).status === 429);
  });
});

describe('usage', () => {
  it('is written in batches, by user, minute and address, and sums up', async () => {
    const counting = await system.it.startNode();
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    const from = (address: string) =>
      ask(counting.url, PATH, { token, headers: { 'X-Forwarded-For': address } });
    for (let i = 0; i < 7; i += 1) expect((await from('203.0.113.7')).status).toBe(200);
    for (let i = 0; i < 3; i += 1) expect((await from('203.0.113.8')).status).toBe(200);
    await counting.stop();
    const { rows } = await system.it.pool.query(
      `SELECT host(address) AS address, endpoint, sum(count)::int AS count FROM usage.rate_limits
       WHERE user_id = $1 GROUP BY 1, 2 ORDER BY 1`,
      [user.userId],
    );
    const endpoint = 'GET /v1/licenses/validate';
    expect(rows).toEqual([
      { address: '203.0.113.7', endpoint, count: 7 },
      { address: '203.0.113.8', endpoint, count: 3 },
    ]);
  });

  it('the day on which a client was seen is written behind the answers, and nothing before', async () => {
    const counting = await system.it.startNode();
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    const seen = async () =>
      (
        await system.it.pool.query('SELECT app_version FROM usage.last_seen WHERE user_id = $1', [
          user.userId,
        ])
      ).rows;
    const asked = `${PATH}?app_version=2.1.0`;
    // The second one is answered from memory.
    for (const _ of [1, 2]) expect((await ask(counting.url, asked, { token })).status).toBe(200);
    expect(await seen()).toEqual([]);
    await counting.stop();
    expect(await seen()).toEqual([{ app_version: '2.1.0' }]);
  });
});

describe('a flood of forged keys', () => {
  it('is told apart, while good keys are answered from memory as before', async () => {
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    expect((await validate(token)).body.code).toBe('VALID');
    const body = token.slice(0, token.lastIndexOf('.') + 1);
    const forged = (n: number) => `${body}${String(n).padStart(85, 'A')}A`;
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, n) => validate(forged(round * 100 + n))),
      );
      expect(new Set(answers.map((answer) => answer.body.code))).toEqual(new Set(['INVALID_KEY']));
    }
    const fromMemory = async () => {
      const { text } = await metrics();
      return Number(/validations_total\{code="VALID",layer="memory".*\} (\d+)/.exec(text)?.[1]);
    };
    const before = await fromMemory();
    expect((await validate(token)).body.code).toBe('VALID');
    expect(await fromMemory()).toBe(before + 1);
  });
});

async function metrics() {
  const response = await fetch(`${node.url}/metrics`);
  return { text: await response.text() };
}
