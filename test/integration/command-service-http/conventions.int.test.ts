import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { ask, signUp, signUpLicensed } from '../../support/requests/api.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

let node: CommandNode;
beforeAll(async () => {
  node = await startCommandNode();
});
afterAll(() => node[Symbol.asyncDispose]());

/** Sends bytes as they are, and answers everything that comes back. */
function raw(text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(node.service.port, '127.0.0.1', () => socket.write(text));
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('close', () => resolve(answer));
  socket.on('error', reject);
  return promise;
}

describe('what is no request of the API', () => {
  it('an unknown route: 404 as a problem', async () => {
    const answer = await ask(node.url, '/v1/nothing?email=a@b.c');
    expect(answer).toMatchObject({ status: 404, body: { code: 'route_not_found', status: 404 } });
    expect((await ask(node.url, '/V1/signup', { body: {} })).status).toBe(404);
    expect((await ask(node.url, '/v1/signup/', { body: {} })).status).toBe(404);
  });

  it('another method: 405 with the ones there are', async () => {
    const answer = await ask(node.url, '/v1/signup');
    expect(answer).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } });
    expect(answer.headers.get('Allow')).toBe('OPTIONS, POST');
    const options = await fetch(`${node.url}/v1/activations/x`, { method: 'OPTIONS' });
    expect(options.status).toBe(204);
    expect(options.headers.get('Allow')).toBe('DELETE, OPTIONS');
    expect((await ask(node.url, '/health', { method: 'POST' })).headers.get('Allow')).toBe('GET, HEAD');
  });

  it('a broken path, no HTTP at all, headers without end: 4xx problems', async () => {
    expect(await ask(node.url, '/v1/activations/%zz', { method: 'DELETE' })).toMatchObject({
      status: 400,
      body: { code: 'malformed_request' },
    });
    const nonsense = await raw('HELLO\r\n\r\n');
    expect(nonsense).toMatch(/^HTTP\/1\.1 400 /);
    expect(nonsense).toContain('"code":"malformed_request"');
    const long = await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 /);
    expect(long).toContain('"code":"headers_too_large"');
  });

  it('no token, another scheme, a forged one: 401 with a challenge', async () => {
    const bare = await ask(node.url, '/v1/logout', { method: 'POST' });
    expect(bare).toMatchObject({ status: 401, body: { code: 'token_required' } });
    expect(bare.headers.get('WWW-Authenticate')).toBe('Bearer realm="license-system"');
    for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer a b', 'Bearer eyJhbGciOiJub25lIn0.e30.']) {
      const answer = await ask(node.url, '/v1/logout', { method: 'POST', headers: { authorization } });
      expect(answer).toMatchObject({ status: 401, body: { code: 'token_invalid' } });
      expect(answer.headers.get('WWW-Authenticate')).toContain('error="invalid_token"');
    }
  });
});

describe('a request’s id', () => {
  it('is the caller’s where it is well-formed, and the correlation id of the events', async () => {
    const id = `trace-${randomUUID()}`;
    const body = { email: `${randomUUID()}@example.com`, password: 'correct horse' };
    const answer = await ask(node.url, '/v1/signup', { body, headers: { 'X-Request-Id': id } });
    expect(answer.headers.get('X-Request-Id')).toBe(id);
    await eventually('its line in the log', () => node.log.some((line) => line.includes(id)));
    const odd = await ask(node.url, '/v1/nothing', { headers: { 'X-Request-Id': 'a b"c' } });
    expect(odd.headers.get('X-Request-Id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(odd.body.request_id).toBe(odd.headers.get('X-Request-Id'));
  });
});

describe('rate limits', () => {
  it('by address for sign-up and log-in: 429 with what is left and when to come again', async () => {
    const strict = await node.another({ LOGINS_PER_MINUTE: '3', SIGNUPS_PER_MINUTE: '2' });
    const logIn = (address: string) =>
      ask(strict.url, '/v1/login', {
        body: { email: 'a@b.c', password: 'x' },
        headers: { 'X-Forwarded-For': `198.51.100.9, ${address}` },
      });
    const address = `10.${Math.floor(Math.random() * 250)}.7.7`;
    const answers = [await logIn(address), await logIn(address), await logIn(address), await logIn(address)];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429]);
    expect(answers[0]?.headers.get('RateLimit-Policy')).toBe('"logins";q=3;w=60');
    expect(answers[0]?.headers.get('RateLimit')).toMatch(/^"logins";r=2;t=\d+$/);
    expect(answers[3]?.body.code).toBe('rate_limited');
    expect(Number(answers[3]?.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await logIn('10.9.8.7')).status).toBe(401);
  });

  it('by user for commands, over two nodes', async () => {
    const [one, two] = await Promise.all([
      node.another({ COMMANDS_PER_MINUTE: '4' }),
      node.another({ COMMANDS_PER_MINUTE: '4' }),
    ]);
    const { token } = await signUp(node.url);
    const command = (url: string) => ask(url, '/v1/activations', { token, body: { client_id: 'x' } });
    for (const url of [one.url, one.url, two.url, two.url]) expect((await command(url)).status).toBe(409);
    await eventually('both nodes refuse', async () => {
      const answers = [await command(one.url), await command(two.url)];
      return answers.every(({ status }) => status === 429);
    });
  });

  it('by operator for commands, with a number of their own', async () => {
    const limited = await node.another({ COMMANDS_PER_MINUTE: '1', OPERATOR_COMMANDS_PER_MINUTE: '3' });
    const token = await node.operatorToken();
    const command = () => ask(limited.url, `/v1/users/${randomUUID()}`, { method: 'DELETE', token });
    const answers = [await command(), await command(), await command(), await command()];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 429]);
    expect(answers[0]?.headers.get('RateLimit-Policy')).toBe('"commands";q=3;w=60');
  });
});

it('more passwords than may wait: 503 that says when to come again', async () => {
  const busy = await node.another({ PASSWORD_HASHES_AT_ONCE: '1', PASSWORD_HASHES_WAITING: '0' });
  const logIn = () => ask(busy.url, '/v1/login', { body: { email: 'a@b.c', password: 'x' } });
  const answers = await Promise.all(Array.from({ length: 6 }, logIn));
  const codes = new Set(answers.map(({ status, body }) => `${status} ${body.code}`));
  expect(codes).toEqual(new Set(['401 invalid_credentials', '503 busy']));
  const refused = answers.find(({ status }) => status === 503);
  expect(refused?.headers.get('Retry-After')).toBe('1');
});

describe('what an operator sees', () => {
  it('health: live, ready, and each dependency', async () => {
    expect(await ask(node.url, '/health')).toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await ask(node.url, '/health/live')).toMatchObject({ status: 200, body: { status: 'live' } });
    const ready = await ask(node.url, '/health/ready');
    expect(ready.body).toEqual({
      status: 'ready',
      dependencies: { clock: 'up', event_store: 'up', vault: 'up', database: 'up', redis: 'up' },
    });
  });

  it('metrics: commands by outcome, requests by route, appends, the cache', async () => {
    const { token } = await signUp(node.url);
    await ask(node.url, '/v1/activations', { token, body: { client_id: 'x' } });
    const text = await (await fetch(`${node.url}/metrics`)).text();
    for (const line of [
      /commands_total\{command="activateClient",outcome="no_active_subscription",service="command-service"\} \d/,
      /commands_total\{command="signUp",outcome="changed".*\} \d/,
      /http_request_duration_seconds_count\{.*route="\/v1\/activations".*\} \d/,
      /append_duration_seconds_count\{.*outcome="appended"\} \d/,
      /state_cache_users\{.*\} \d/,
      /password_hashes_waiting\{.*\} 0/,
      /nodejs_eventloop_lag_seconds/,
    ])
      expect(text).toMatch(line);
  });

  it('usage: requests by user, endpoint, minute and address', async () => {
    const other = await node.another();
    const { userId, token } = await signUp(node.url);
    for (let i = 0; i < 3; i += 1)
      await ask(other.url, '/v1/activations', { token, body: { client_id: 'x' } });
    await other.stop();
    const { rows } = await node.pool.query(
      'SELECT endpoint, host(address) AS address, sum(count)::int AS count FROM usage.rate_limits WHERE user_id = $1 GROUP BY 1, 2',
      [userId],
    );
    expect(rows).toEqual([{ endpoint: 'POST /v1/activations', address: '127.0.0.1', count: 3 }]);
  });

  it('no secret and no email in any line of the log', async () => {
    const licensed = await signUpLicensed(node.url);
    const { email, password, token, activationKey } = licensed;
    const wrong = `wrong-${randomUUID()}`;
    await ask(node.url, '/v1/login', { body: { email, password: wrong } });
    await ask(node.url, `/v1/signup?email=${email}`, { body: { email, password } });
    await ask(node.url, '/v1/password', { token, body: { password: wrong, new_password: wrong, email } });
    // What is no JSON is repeated, in part, by the parser's message.
    for (const body of [`{"email":"${email}","password":"${password}"`, 'swordfish'])
      await fetch(`${node.url}/v1/login`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'last-request' },
      });
    await eventually(
      'the last line',
      () => node.log.filter((line) => line.includes('last-request')).length === 2,
    );
    const log = node.log.join('');
    for (const secret of [email, password, token, activationKey, wrong, 'swordf'])
      expect(log).not.toContain(secret);
    expect(log).not.toContain(token.split('.')[2] as string);
  });
});
