import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signUpLicensed } from '../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from '../command-service-http/command-node.ts';
import { useSystem } from '../query-service/system.ts';

const VALIDATE = '/v1/licenses/validate';
const KEYS = '/.well-known/jwks.json';
const ACTIVATE = '/v1/activations';

const system = useSystem();
let command: CommandNode;
let query: string;
beforeAll(async () => {
  command = await startCommandNode();
  query = (await system.it.startNode()).url;
});
afterAll(() => command[Symbol.asyncDispose]());

const list = (text: string | null): string[] =>
  (text ?? '').split(',').map((part) => part.trim().toLowerCase());
const ORIGIN = { Origin: 'https://program.example' };

interface PageRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Asks as a page of another origin does: a preflight first, by which the request is let out (Fetch Standard, 4.8). */
async function fromPage(url: string, { method = 'GET', headers = {}, body }: PageRequest = {}) {
  // A browser sends Accept without asking.
  const names = Object.keys(headers)
    .map((name) => name.toLowerCase())
    .filter((name) => name !== 'accept');
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      ...ORIGIN,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': names.sort().join(','),
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect(list(preflight.headers.get('Access-Control-Allow-Methods'))).toContain(method.toLowerCase());
  expect(list(preflight.headers.get('Access-Control-Allow-Headers'))).toEqual(expect.arrayContaining(names));
  expect(Number(preflight.headers.get('Access-Control-Max-Age'))).toBeGreaterThanOrEqual(7_200);
  const answer = await fetch(url, { method, headers: { ...headers, ...ORIGIN }, ...(body && { body }) });
  expect(answer.headers.get('Access-Control-Allow-Origin'), `${method} ${url}`).toBe('*');
  for (const given of [preflight, answer]) {
    expect(given.headers.has('Access-Control-Allow-Credentials')).toBe(false);
  }
  return { status: answer.status, exposed: list(answer.headers.get('Access-Control-Expose-Headers')) };
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const json = { 'Content-Type': 'application/json' };

describe('a page of any origin', () => {
  it('validates, and reads every answer: from the stores, from memory, refused, and limited', async () => {
    const user = await system.it.readModel.addUser();
    await system.it.readModel.query(
      `UPDATE read_model.subscriptions SET terms = terms || '{"validationsPerMinute": 4}' WHERE user_id = $1`,
      [user.userId],
    );
    const headers = bearer(await system.it.keyOf(user));
    const ask = (request: PageRequest = {}, more = '') => fromPage(`${query}${VALIDATE}${more}`, request);
    expect(await ask({ headers })).toMatchObject({ status: 200 });
    expect(await ask({ headers })).toMatchObject({ status: 200 });
    expect(await ask({ headers: { ...headers, Accept: 'application/jwt' } })).toMatchObject({ status: 200 });
    const post = { method: 'POST', headers: { ...headers, ...json }, body: '{}' };
    expect(await ask(post)).toMatchObject({ status: 200 });
    const limited = await ask({ headers });
    expect(limited.status).toBe(429);
    expect(limited.exposed).toEqual(expect.arrayContaining(['retry-after', 'ratelimit', 'x-request-id']));
    expect(await ask({ headers: bearer('x') })).toMatchObject({ status: 200 });
    expect(await ask({ headers }, '?unknown=1')).toMatchObject({ status: 400 });
    expect(await ask({ ...post, body: '{' })).toMatchObject({ status: 400 });
  });

  it('reads the key set', async () => {
    expect(await fromPage(`${query}${KEYS}`)).toMatchObject({ status: 200 });
  });

  it('activates, and reads why not', async () => {
    const { token } = await signUpLicensed(command.url, { staff: await command.operatorToken() });
    const activate = (authorization: string, clientId: string) =>
      fromPage(`${command.url}${ACTIVATE}`, {
        method: 'POST',
        headers: { ...json, ...bearer(authorization), 'Idempotency-Key': '1' },
        body: JSON.stringify({ client_id: clientId }),
      });
    const activated = await activate(token, 'page');
    expect(activated.status).toBe(201);
    expect(activated.exposed).toEqual(expect.arrayContaining(['event-position', 'location']));
    expect(await activate(token, '')).toMatchObject({ status: 400 });
    expect(await activate('x', 'page')).toMatchObject({ status: 401 });
  });

  it('deactivates, and reads why not', async () => {
    const { token, clientId } = await signUpLicensed(command.url, { staff: await command.operatorToken() });
    const deactivate = (authorization: string) =>
      fromPage(`${command.url}${ACTIVATE}/${clientId}`, { method: 'DELETE', headers: bearer(authorization) });
    expect(await deactivate('x')).toMatchObject({ status: 401 });
    expect(await deactivate(token)).toMatchObject({ status: 204 });
  });

  it('reads nothing else', async () => {
    for (const url of [`${query}/v1/me`, `${query}/v1/users`, `${command.url}/v1/login`]) {
      const answers = [
        await fetch(url, { headers: ORIGIN }),
        await fetch(url, {
          method: 'OPTIONS',
          headers: { ...ORIGIN, 'Access-Control-Request-Method': 'GET' },
        }),
      ];
      for (const { headers } of answers) expect(headers.has('Access-Control-Allow-Origin')).toBe(false);
    }
  });
});

it('a program that is no page is sent no word of it in a validation', async () => {
  const user = await system.it.readModel.addUser();
  const answer = await fetch(`${query}${VALIDATE}`, { headers: bearer(await system.it.keyOf(user)) });
  expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});
