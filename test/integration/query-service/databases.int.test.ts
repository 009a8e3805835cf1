import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { QueryService } from '../../../query-service/app.ts';
import { eventually } from '../../support/eventually.ts';
import { ask } from '../../support/requests/api.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { startPooler } from '../../support/servers/pooler.ts';
import { startReplica } from '../../support/servers/replica.ts';
import { startPostgres, startRedis } from '../../support/servers/servers.ts';
import { createSystem, type TestSystem } from './query-node.ts';

const PATH = '/v1/licenses/validate';
const metric = async ({ url }: QueryService, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
};
const hears = (node: QueryService) =>
  eventually('notices are heard', async () => (await metric(node, 'validation_notices_missing')) === 0);

/** Each waits no longer than a client does. */
async function codeSoon(node: QueryService, token: string): Promise<unknown> {
  const answer = await ask(node.url, PATH, { token });
  expect(answer.status).toBe(200);
  return answer.body.code;
}

const usageRows = async (system: TestSystem, userId: string) =>
  (await system.pool.query('SELECT FROM usage.rate_limits WHERE user_id = $1', [userId])).rowCount;

describe('query nodes on a streaming replica that lags', () => {
  const held = new AsyncDisposableStack();
  let system: TestSystem;
  let settings: Record<string, string>;
  beforeAll(async () => {
    const primary = held.use(await startPostgres());
    const redis = held.use(await startRedis());
    system = held.use(await createSystem({ databaseUrl: primary.url, redis }));
    const replica = held.use(await startReplica(primary, 400));
    settings = { DATABASE_URL: replica.url, USAGE_DATABASE_URL: primary.url };
    system.projector.start();
  }, 120_000);
  afterAll(() => held.disposeAsync());

  it('answer what a notice told of, and never a 503 or what was before', async () => {
    const { readModel, projector } = system;
    const node = await system.startNode({}, settings);
    const user = await readModel.addUser();
    const token = await system.keyOf(user);
    await projector.notice(readModel.checkpoint, { users: [[user.userId, user.position]] });
    await hears(node);
    // The activation is not in the replica yet: the key says so, and it is waited for.
    expect(await codeSoon(node, token)).toBe('VALID');
    for (const [change, code] of [
      [readModel.suspend, 'SUSPENDED'],
      [readModel.reinstate, 'VALID'],
      [readModel.suspend, 'SUSPENDED'],
    ] as const) {
      const position = await change(user);
      await projector.notice(position, { users: [[user.userId, position]] });
      const heard = await metric(node, 'validation_notices_total');
      await eventually('heard', async () => (await metric(node, 'validation_notices_total')) > heard);
      expect(await codeSoon(node, token)).toBe(code);
    }
    // Reads see their own writes there too.
    const min = await readModel.touch(user);
    await projector.notice(min);
    const me = await ask(node.url, '/v1/me', {
      token: await system.accessToken(user.userId),
      headers: { 'Min-Event-Position': `${min}` },
    });
    expect(me.status).toBe(200);
  });

  it('answer nothing from before what they have missed, although the replica still says so', async () => {
    const { readModel, projector } = system;
    const node = await system.startNode({}, settings);
    const user = await readModel.addUser();
    const token = await system.keyOf(user);
    await projector.notice(readModel.checkpoint);
    await hears(node);
    expect(await codeSoon(node, token)).toBe('VALID');
    const gaps = async () =>
      Number(/cause="gap".*\} (\d+)$/m.exec(await (await fetch(`${node.url}/metrics`)).text())?.[1] ?? 0);
    const before = await gaps();
    projector.lose(await readModel.suspend(user));
    await eventually('the gap is noticed', async () => (await gaps()) > before);
    expect(await codeSoon(node, token)).toBe('SUSPENDED');
  });

  it('write usage to the primary', async () => {
    const node = await system.startNode({}, settings);
    const user = await system.readModel.addUser();
    expect(await codeSoon(node, await system.keyOf(user))).toBe('VALID');
    await node.stop();
    expect(await usageRows(system, user.userId)).toBe(1);
  });

  it('keep usage while they are told of no other place for it', async () => {
    const node = await system.startNode({}, { DATABASE_URL: String(settings.DATABASE_URL) });
    const user = await system.readModel.addUser();
    expect(await codeSoon(node, await system.keyOf(user))).toBe('VALID');
    await eventually('it was tried', async () => (await metric(node, 'usage_rows_waiting')) > 0);
    expect(await metric(node, 'usage_dropped_total')).toBe(0);
  });
});

describe('query nodes behind a pooler in transaction mode', () => {
  const held = new AsyncDisposableStack();
  let system: TestSystem;
  let node: QueryService;
  beforeAll(async () => {
    const database = held.use(await createDatabase(inject('postgresUrl')));
    const redis = held.use(await startRedis());
    system = held.use(await createSystem({ databaseUrl: database.url, redis }));
    const pooler = held.use(await startPooler(database.url));
    system.projector.start();
    node = await system.startNode({}, { DATABASE_URL: pooler.url });
    await hears(node);
  }, 120_000);
  afterAll(() => held.disposeAsync());

  it('answer validations and queries alike, however many share a connection', async () => {
    const users = await Promise.all(Array.from({ length: 40 }, () => system.readModel.addUser()));
    for (let round = 0; round < 3; round += 1) {
      const answers = await Promise.all(
        users.flatMap(async (user) => [
          await ask(node.url, PATH, { token: await system.keyOf(user) }),
          await ask(node.url, '/v1/me', { token: await system.accessToken(user.userId) }),
          await ask(node.url, '/v1/me/licenses', { token: await system.accessToken(user.userId) }),
        ]),
      );
      expect(answers.flat().map(({ status }) => status)).toEqual(Array(120).fill(200));
    }
  });
});
