import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { connectRedis, type Redis } from '../../../../shared/adapters/redis/client.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { eventually } from '../../../support/eventually.ts';
import { ask } from '../../../support/requests/api.ts';
import { createDatabase } from '../../../support/servers/databases.ts';
import { startRedis, type TestServer } from '../../../support/servers/servers.ts';
import { startTcpProxy, type TcpProxy } from '../../../support/servers/tcp-proxy.ts';
import { createSystem, type TestSystem } from '../query-node.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const held = new AsyncDisposableStack();
let first: TestServer;
let second: TestServer;
let name: TcpProxy;
let system: TestSystem;

const direct = ({ url }: TestServer): Redis => {
  const redis = connectRedis({ url, name: 'test', logger });
  held.defer(() => redis.disconnect());
  return redis;
};

beforeAll(async () => {
  const database = held.use(await createDatabase(inject('postgresUrl')));
  first = held.use(await startRedis());
  second = held.use(await startRedis());
  name = held.use(await startTcpProxy(first.port));
  const redis: TestServer = { ...first, url: `redis://127.0.0.1:${name.port}` };
  system = held.use(await createSystem({ databaseUrl: database.url, redis }));
});
afterAll(() => held.disposeAsync());

it('a node moves to the new primary when Redis fails over, with its subscription', async () => {
  const node = await system.startNode();
  system.projector.start();
  const [demoted, promoted] = [direct(first), direct(second)];
  await eventually('both answer', () => demoted.status === 'ready' && promoted.status === 'ready');
  // Both know the other; connections stay open, as with a managed service behind one name.
  await promoted.replicaof('NO', 'ONE');
  name.retarget(second.port);
  await demoted.replicaof('127.0.0.1', String(second.port));
  const clientsOf = async (redis: Redis) => String(await redis.client('LIST'));
  await eventually('all connections lead to the new primary', async () => {
    const there = await clientsOf(promoted);
    return there.includes('name=query-service ') && there.includes('name=query-service-notices ');
  });
  expect(await clientsOf(demoted)).not.toContain('name=query-service');
  await eventually('ready says so', async () => {
    const { body } = await ask(node.url, '/health/ready');
    return (body.dependencies as Record<string, string>).redis === 'up';
  });
  // Whatever is written now is written there.
  const user = await system.readModel.addUser();
  await ask(node.url, '/v1/licenses/validate', { token: await system.keyOf(user) });
  await eventually('the views are written there', () => promoted.exists(`license:${user.licenseId}`));
});

it('a node gives up connections that became half open, also the one that only listens', async () => {
  const node = await system.startNode();
  // Nobody else connects through the name, and no notice tells of anything.
  system.projector.stop();
  system.projector.redis.disconnect();
  const isReady = async () => {
    const { body } = await ask(node.url, '/health/ready');
    return (body.dependencies as Record<string, string>).redis === 'up';
  };
  await eventually('it is connected', isReady);
  const stranded = name.strand();
  expect(stranded.waiting()).toBeGreaterThanOrEqual(2);
  await eventually('all are closed', () => stranded.waiting() === 0);
  await eventually('it is connected again', isReady);
});
