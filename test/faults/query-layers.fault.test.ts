import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../query-service/app.ts';
import { createSystem, type TestSystem } from '../integration/query-service/query-node.ts';
import type { LicensedUser } from '../integration/query-service/read-model.ts';
import { eventually } from '../support/eventually.ts';
import { type ApiAnswer, ask } from '../support/requests/api.ts';
import { startPostgres, startRedis, type TestServer } from '../support/servers/servers.ts';
import { startTcpProxy, type TcpProxy } from '../support/servers/tcp-proxy.ts';

const held = new AsyncDisposableStack();
let postgres: TestServer;
let redis: TestServer;
let system: TestSystem;
let node: QueryService;
/** What the node reaches PostgreSQL and Redis through, to make them hang. */
let toPostgres: TcpProxy;
let toRedis: TcpProxy;

const through = (url: string, proxy: TcpProxy): string => {
  const changed = new URL(url);
  changed.port = String(proxy.port);
  return changed.href;
};

beforeAll(async () => {
  postgres = held.use(await startPostgres());
  redis = held.use(await startRedis());
  system = held.use(await createSystem({ databaseUrl: postgres.url, redis }));
  system.projector.start();
  toPostgres = held.use(await startTcpProxy(postgres.port));
  toRedis = held.use(await startTcpProxy(redis.port));
  const DATABASE_URL = through(postgres.url, toPostgres);
  node = await system.startNode({}, { DATABASE_URL, REDIS_URL: through(redis.url, toRedis) });
  await recovered();
}, 60_000);
afterAll(() => held.disposeAsync());

/** After each test both are there again, and the node knows it. */
afterEach(async () => {
  toPostgres.thaw();
  toRedis.thaw();
  await system.projector.writeCacheCheckpoint(system.readModel.checkpoint);
  await recovered();
}, 60_000);

const PATH = '/v1/licenses/validate';
const validate = (token: string): Promise<ApiAnswer> => ask(node.url, PATH, { token });

/** Takes a server away until `back`, or the end of the test. */
async function away(server: TestServer): Promise<AsyncDisposable & { back(): Promise<void> }> {
  await server.stop();
  let started: Promise<void> | undefined;
  const back = () => {
    started ??= server.start();
    return started;
  };
  return { back, [Symbol.asyncDispose]: back };
}

const gauge = async (name: string): Promise<number> => {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
};

const recovered = () =>
  eventually('the node trusts Redis and hears the projector', async () => {
    await system.projector.writeCacheCheckpoint(system.readModel.checkpoint);
    return (
      (await gauge('validation_redis_trusted')) === 1 && (await gauge('validation_notices_missing')) === 0
    );
  });

/** A license that this node has in memory. */
async function remembered(): Promise<{ user: LicensedUser; token: string }> {
  const user = await system.readModel.addUser();
  await system.projector.notice(system.readModel.checkpoint);
  const token = await system.keyOf(user);
  expect((await validate(token)).body.code).toBe('VALID');
  return { user, token };
}

const isFresh = (answer: ApiAnswer) =>
  expect(answer).toMatchObject({ status: 200, body: { status: 'valid', code: 'VALID' } }) ??
  expect(answer.headers.has('Age')).toBe(false);

describe('without PostgreSQL', () => {
  it('what memory or Redis know is answered as fresh, because notices still come; the rest is a 503', async () => {
    const { token } = await remembered();
    const other = await remembered();
    const inRedis = () => system.projector.redis.exists(`user:${other.user.userId}`);
    await eventually('it is in Redis', async () => (await inRedis()) === 1);
    const unknown = await system.keyOf(await system.readModel.addUser());
    const cold = await system.startNode();
    await eventually('the other node trusts Redis', async () => {
      await system.projector.writeCacheCheckpoint(system.readModel.checkpoint);
      const text = await (await fetch(`${cold.url}/metrics`)).text();
      return /^validation_redis_trusted\{.*\} 1$/m.test(text);
    });
    await using database = await away(postgres);
    isFresh(await validate(token));
    isFresh(await ask(cold.url, PATH, { token: other.token }));
    const answer = await validate(unknown);
    expect(answer).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect(answer.headers.get('Retry-After')).toBe('1');
    const me = await ask(node.url, '/v1/me', { token: await system.accessToken(other.user.userId) });
    expect(me).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect((await ask(node.url, '/health')).status).toBe(200);
    await database.back();
    const back = await eventually('the unknown one is answered', async () => {
      const again = await validate(unknown);
      return again.status === 200 && again;
    });
    expect(back.body.code).toBe('VALID');
  });

  it('that hangs, old knowledge is answered within a second and says its age', async () => {
    const { token } = await remembered();
    toPostgres.freeze();
    system.projector.lose('999/999');
    await system.projector.heartbeat();
    await eventually('an old answer', async () => (await validate(token)).headers.has('Age'));
    for (let i = 0; i < 5; i += 1) {
      const began = performance.now();
      const answer = await validate(token);
      expect(answer).toMatchObject({ status: 200, body: { code: 'VALID' } });
      expect(Number(answer.headers.get('Age'))).toBeGreaterThanOrEqual(0);
      expect(performance.now() - began).toBeLessThan(1_000);
    }
    toPostgres.thaw();
    system.projector.lose(system.readModel.checkpoint);
    await eventually('a fresh answer', async () => !(await validate(token)).headers.has('Age'));
  });
});

describe('without Redis', () => {
  it('PostgreSQL answers, and changes are seen all the same', async () => {
    const { user, token } = await remembered();
    const unknown = await system.readModel.addUser();
    await using cache = await away(redis);
    isFresh(await validate(token));
    isFresh(await validate(await system.keyOf(unknown)));
    const position = await system.readModel.suspend(user);
    // Sooner than silence would tell: the connection was lost.
    await eventually('SUSPENDED', async () => (await validate(token)).body.code === 'SUSPENDED', 2_500);
    system.projector.lose(position);
    await cache.back();
    await recovered();
    expect((await validate(token)).body.code).toBe('SUSPENDED');
  });

  it('that hangs, no request waits for it longer than a moment', async () => {
    const { token } = await remembered();
    const unknown = await Promise.all(
      Array.from({ length: 5 }, async () => system.keyOf(await system.readModel.addUser())),
    );
    toRedis.freeze();
    const began = performance.now();
    isFresh(await validate(token));
    for (const each of unknown) isFresh(await validate(each));
    expect(performance.now() - began).toBeLessThan(2_000);
    toRedis.thaw();
  });
});

describe('without both', () => {
  it('what memory knows is answered with its age, and the rest is a 503; both come back by themselves', async () => {
    const { token } = await remembered();
    const unknown = await system.keyOf(await system.readModel.addUser());
    await using database = await away(postgres);
    await using cache = await away(redis);
    const old = await eventually('an answer with its age', async () => {
      const answer = await validate(token);
      return answer.headers.has('Age') && answer;
    });
    expect(old).toMatchObject({ status: 200, body: { code: 'VALID' } });
    expect(Date.parse(String(old.body.as_of))).toBeLessThan(Date.now());
    expect(await validate(unknown)).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
    expect((await validate('forged')).body.code).toBe('INVALID_KEY');
    expect((await ask(node.url, '/.well-known/jwks.json')).status).toBe(200);
    expect((await ask(node.url, '/health')).status).toBe(200);

    const started = await system.startNode();
    expect((await ask(started.url, '/health')).status).toBe(503);
    expect(await ask(started.url, PATH, { token })).toMatchObject({ status: 503 });
    expect((await ask(started.url, PATH, { token: 'forged' })).body.code).toBe('INVALID_KEY');

    await database.back();
    await cache.back();
    await eventually(
      'the started node is ready',
      async () => (await ask(started.url, '/health')).status === 200,
    );
    await eventually('fresh answers', async () => {
      const answers = await Promise.all([
        validate(token),
        validate(unknown),
        ask(started.url, PATH, { token }),
      ]);
      return answers.every((answer) => answer.status === 200 && !answer.headers.has('Age'));
    });
  });
});
