import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { uuidv7 } from '../../../shared/ids.ts';
import { eventually } from '../../support/eventually.ts';
import { ask, signUp, signUpLicensed } from '../../support/requests/api.ts';
import { startPostgres, startRedis } from '../../support/servers/servers.ts';
import { type CommandNode, startCommandNode } from './command-node.ts';

const ready = async (url: string) => (await ask(url, '/health/ready')).body;
const newcomer = (url: string) =>
  ask(url, '/v1/signup', { body: { email: `${randomUUID()}@example.com`, password: 'correct horse' } });
const isReady = (node: CommandNode) =>
  eventually('the node is ready', async () => (await ready(node.url)).status === 'ready');

it('without the event store: 503 with Retry-After and not ready; then it goes on by itself', async () => {
  await using node = await startCommandNode();
  const { token } = await signUp(node.url);
  await node.stopEventStore();
  const answer = await ask(node.url, '/v1/subscriptions', { token, body: { plan: 'free', months: 1 } });
  expect(answer.status).toBe(503);
  expect(['event_store_unavailable', 'append_outcome_unknown']).toContain(answer.body.code);
  expect(answer.headers.get('Retry-After')).toBe('1');
  expect((await newcomer(node.url)).status).toBe(503);
  await eventually('the node is not ready', async () => (await ask(node.url, '/health')).status === 503);
  expect((await ready(node.url)).dependencies).toMatchObject({ event_store: 'down', vault: 'up' });

  await node.startEventStore();
  await isReady(node);
  const again = await ask(node.url, '/v1/subscriptions', { token, body: { plan: 'free', months: 1 } });
  expect(again.status).toBe(201);
});

it('without PostgreSQL: what needs a new key or the read model is 503, the rest is business as usual', async () => {
  await using postgres = await startPostgres();
  await using node = await startCommandNode({ postgresUrl: postgres.url });
  const operator = await node.operatorToken();
  const { token, clientId } = await signUpLicensed(node.url, { staff: operator });
  await postgres.kill();

  const activated = await ask(node.url, '/v1/activations', { token, body: { client_id: 'another' } });
  expect(activated.status).toBe(201);
  expect((await ask(node.url, `/v1/activations/${clientId}`, { method: 'DELETE', token })).status).toBe(204);
  const refused = await newcomer(node.url);
  expect(refused).toMatchObject({ status: 503, body: { code: 'vault_unavailable' } });
  expect(refused.headers.get('Retry-After')).toBe('1');
  const license = uuidv7(Date.now(), new Uint8Array(10));
  const revoke = () => ask(node.url, `/v1/licenses/${license}/revoke`, { token: operator, body: {} });
  expect(await revoke()).toMatchObject({ status: 503, body: { code: 'database_unavailable' } });
  await eventually('the node is not ready', async () => (await ready(node.url)).status === 'not_ready');

  await postgres.start();
  await isReady(node);
  expect((await newcomer(node.url)).status).toBe(201);
  // No projector runs here, so the read model is behind: the database was asked.
  expect((await revoke()).body.code).toBe('read_model_behind');
});

it('while PostgreSQL is read-only: a sign-up is 503, and completed by the next try with the same email', async () => {
  await using postgres = await startPostgres();
  await using node = await startCommandNode({ postgresUrl: postgres.url });
  // As in a failover: the connections that are open lead to a server that has become read-only.
  const readOnly = async (isReadOnly: 'on' | 'off') => {
    await node.pool.query('SET default_transaction_read_only = off');
    await node.pool.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${isReadOnly}', current_database()); END $$`,
    );
    await node.pool.query(
      'SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
    );
  };
  const email = `${randomUUID()}@example.com`;
  const attempt = () => ask(node.url, '/v1/signup', { body: { email, password: 'correct horse battery' } });
  await readOnly('on');
  const refused = await attempt();
  expect(refused).toMatchObject({ status: 503, body: { code: 'vault_unavailable' } });
  expect(refused.headers.get('Retry-After')).toBe('1');
  await readOnly('off');
  await eventually('the sign-up is completed', async () => (await attempt()).status === 201);
  expect((await attempt()).body.code).toBe('email_taken');
  expect(node.log.join('')).not.toContain('"status":500');
});

it('without Redis: business as usual, each node limiting by itself', async () => {
  await using redis = await startRedis();
  await using node = await startCommandNode({
    settings: { REDIS_URL: redis.url, COMMANDS_PER_MINUTE: '3' },
  });
  const { token } = await signUp(node.url);
  await redis.kill();
  const command = () => ask(node.url, '/v1/activations', { token, body: { client_id: 'x' } });
  const statuses = [await command(), await command(), await command(), await command()];
  expect(statuses.map(({ status }) => status)).toEqual([409, 409, 409, 429]);
  await eventually('it is seen', async () => {
    const { status, dependencies } = await ready(node.url);
    return status === 'ready' && (dependencies as { redis: string }).redis === 'down';
  });
});

it('starts with everything away: live, not ready, 503; and then works', async () => {
  await using redis = await startRedis();
  await using postgres = await startPostgres();
  await using node = await startCommandNode({
    postgresUrl: postgres.url,
    settings: { REDIS_URL: redis.url },
  });
  await Promise.all([redis.stop(), postgres.stop(), node.stopEventStore()]);
  const late = await node.another();
  expect((await ask(late.url, '/health/live')).status).toBe(200);
  expect((await ask(late.url, '/health')).status).toBe(503);
  expect((await newcomer(late.url)).status).toBe(503);
  await Promise.all([redis.start(), postgres.start(), node.startEventStore()]);
  await eventually('the late node works', async () => (await newcomer(late.url)).status === 201);
});
