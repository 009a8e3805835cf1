import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../../query-service/app.ts';
import { writeViews } from '../../../../shared/read-model/cached-views.ts';
import type { LoadedPair } from '../../../../shared/read-model/load-views.ts';
import { licenseKey, userKey } from '../../../../shared/read-model/views.ts';
import { eventually } from '../../../support/eventually.ts';
import { ask } from '../../../support/requests/api.ts';
import { monitor } from '../../../support/servers/redis-monitor.ts';
import { loadPair } from '../../../support/views.ts';
import { Gate } from '../gate.ts';
import { EPOCH } from '../projector.ts';
import type { LicensedUser } from '../read-model.ts';
import { useSystem } from '../system.ts';

const system = useSystem();
const gate = new Gate();
let node: QueryService;

beforeAll(async () => {
  node = await system.it.startNode({ pause: gate.pause });
});
/** Every test begins with a node that trusts what it knows. */
beforeEach(async () => {
  const { projector, readModel } = system.it;
  await projector.writeCacheCheckpoint(readModel.checkpoint);
  await heard(node, () => projector.notice(readModel.checkpoint));
});

const codeOn = async (url: string, token: string): Promise<unknown> =>
  (await ask(url, '/v1/licenses/validate', { token })).body.code;

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Does something that ends in a notice, and resolves when the node has heard it. */
async function heard(on: QueryService, act: () => Promise<void>): Promise<void> {
  const before = await metric(on.url, 'validation_notices_total');
  await act();
  await eventually('the notice', async () => (await metric(on.url, 'validation_notices_total')) > before);
}

/** What Redis would hold now, had the projector written it. */
const pairOf = (user: LicensedUser): Promise<LoadedPair> =>
  loadPair(system.it.pool, user.licenseId, user.userId);
const cache = (user: LicensedUser, { license, user: view }: LoadedPair) =>
  writeViews(
    system.it.projector.redis,
    { licenses: new Map([[user.licenseId, license]]), users: new Map([[user.userId, view]]) },
    EPOCH,
  );

/** A user that the node has in memory. */
async function remembered(): Promise<{ user: LicensedUser; token: string }> {
  const user = await system.it.readModel.addUser();
  const token = await system.it.keyOf(user);
  await heard(node, () => system.it.projector.notice(system.it.readModel.checkpoint));
  expect(await codeOn(node.url, token)).toBe('VALID');
  return { user, token };
}

describe('a change that is told', () => {
  it.each([
    ['suspended', 'SUSPENDED', (user: LicensedUser) => system.it.readModel.suspend(user)],
    ['revoked', 'REVOKED', (user: LicensedUser) => system.it.readModel.revoke(user)],
    ['deactivated', 'DEACTIVATED', (user: LicensedUser) => system.it.readModel.deactivate(user)],
    ['erased', 'ERASED', (user: LicensedUser) => system.it.readModel.erase(user)],
  ])('is seen on every node at once: %s', async (_name, code, change) => {
    const second = await system.it.startNode();
    const { user, token } = await remembered();
    await heard(second, () => system.it.projector.notice(system.it.readModel.checkpoint));
    expect(await codeOn(second.url, token)).toBe('VALID');
    const position = await change(user);
    expect(await codeOn(node.url, token), 'from memory, before the notice').toBe('VALID');
    const changed = { users: [[user.userId, position]], licenses: [[user.licenseId, position]] } as const;
    await heard(second, () => heard(node, () => system.it.projector.notice(position, changed)));
    expect(await codeOn(node.url, token)).toBe(code);
    expect(await codeOn(second.url, token)).toBe(code);
  });
});

describe('a load that began before a change and ends after its notice', () => {
  it.each(['loaded_from_postgres', 'loaded_from_redis'] as const)('%s: is repeated', async (point) => {
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    await heard(node, () => system.it.projector.notice(system.it.readModel.checkpoint));
    if (point === 'loaded_from_redis') {
      await cache(user, await pairOf(user));
      await system.it.projector.writeCacheCheckpoint(system.it.readModel.checkpoint);
      const trusted = async () => (await metric(node.url, 'validation_redis_trusted')) === 1;
      await eventually('Redis is believed', trusted);
    }
    gate.hold(point);
    const answering = codeOn(node.url, token);
    await gate.arrived();
    const position = await system.it.readModel.suspend(user);
    await heard(node, () => system.it.projector.notice(position, { users: [[user.userId, position]] }));
    gate.release();
    expect(await answering).toBe('SUSPENDED');
    expect(await codeOn(node.url, token)).toBe('SUSPENDED');
  });

  it('is repeated too where the notice was lost and the loss was noticed', async () => {
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    await heard(node, () => system.it.projector.notice(system.it.readModel.checkpoint));
    gate.hold('loaded_from_postgres');
    const answering = codeOn(node.url, token);
    await gate.arrived();
    system.it.projector.lose(await system.it.readModel.suspend(user));
    await heard(node, () => system.it.projector.heartbeat());
    gate.release();
    expect(await answering).toBe('SUSPENDED');
    expect(await codeOn(node.url, token)).toBe('SUSPENDED');
  });

  it('does not write the older view to a Redis that lost the newer one', async () => {
    const user = await system.it.readModel.addUser();
    const token = await system.it.keyOf(user);
    await heard(node, () => system.it.projector.notice(system.it.readModel.checkpoint));
    gate.hold('before_cache_write');
    expect(await codeOn(node.url, token)).toBe('VALID');
    await gate.arrived();
    const position = await system.it.readModel.suspend(user);
    await heard(node, () => system.it.projector.notice(position, { users: [[user.userId, position]] }));
    await system.it.projector.redis.del(userKey(user.userId), licenseKey(user.licenseId));
    using commands = await monitor(system.it.projector.redis);
    const written = () => commands.lines().filter((line) => line.includes('"eval"'));
    gate.release();
    expect(await codeOn(node.url, token)).toBe('SUSPENDED');
    await eventually('the newer view is in Redis', async () =>
      (await system.it.projector.redis.hget(userKey(user.userId), 'j'))?.includes('"suspended":true'),
    );
    await eventually('and it is the only one that was written', () => written().length > 0);
    const ofUser = written().filter((command) => command.includes(user.userId));
    expect(ofUser.every((command) => command.includes('\\"suspended\\":true'))).toBe(true);
  });
});

describe('an event that is parked while its user is in memory', () => {
  it('is not passed over by who asks for its position: neither from memory nor from Redis', async () => {
    const { user, token } = await remembered();
    const { projector, readModel } = system.it;
    const parkedAt = await readModel.park(user);
    await heard(node, () => projector.notice(parkedAt, { users: [[user.userId, user.position]] }));
    expect(await codeOn(node.url, token)).toBe('VALID');
    for (let i = 0; i < 2; i += 1) {
      const headers = { 'Min-Event-Position': parkedAt };
      const answer = await ask(node.url, '/v1/licenses/validate', { token, headers });
      expect(answer).toMatchObject({ status: 503, body: { code: 'read_model_parked' } });
    }
  });

  it('counts as applied once it was, also where that was not told', async () => {
    const { user, token } = await remembered();
    const { projector, readModel } = system.it;
    const parkedAt = await readModel.park(user);
    await heard(node, () => projector.notice(parkedAt, { users: [[user.userId, user.position]] }));
    const asking = { token, headers: { 'Min-Event-Position': parkedAt } };
    expect((await ask(node.url, '/v1/licenses/validate', asking)).status).toBe(503);
    await readModel.query('DELETE FROM read_model.parked_events WHERE user_id = $1', [user.userId]);
    expect((await ask(node.url, '/v1/licenses/validate', asking)).status).toBe(200);
  });
});

describe('a lost notice', () => {
  it('is noticed by the next one, and memory is asked no more', async () => {
    const { user, token } = await remembered();
    system.it.projector.lose(await system.it.readModel.suspend(user));
    expect(await codeOn(node.url, token)).toBe('VALID');
    await heard(node, () => system.it.projector.heartbeat());
    expect(await codeOn(node.url, token)).toBe('SUSPENDED');
  });

  it('is noticed by three seconds of silence', async () => {
    const { user, token } = await remembered();
    await system.it.readModel.suspend(user);
    const began = performance.now();
    await eventually('SUSPENDED', async () => (await codeOn(node.url, token)) === 'SUSPENDED', 6_000);
    expect(performance.now() - began).toBeLessThan(4_500);
  });

  it('in silence: a change is seen within two seconds, and memory serves as long as nothing changes', async () => {
    const { user, token } = await remembered();
    const distrusts = () => metric(node.url, 'validation_distrusts_total{cause="changed"');
    const before = await distrusts();
    await eventually('PostgreSQL is asked', async () => (await distrusts()) > before, 6_000);
    expect(await codeOn(node.url, token)).toBe('VALID');
    const loads = () => metric(node.url, 'validations_total{code="VALID",layer="postgres"');
    const loadsBefore = await loads();
    for (let i = 0; i < 20; i += 1) expect(await codeOn(node.url, token)).toBe('VALID');
    expect(await loads()).toBe(loadsBefore);
    await system.it.readModel.suspend(user);
    await eventually('SUSPENDED', async () => (await codeOn(node.url, token)) === 'SUSPENDED', 2_000);
  });
});

describe('a Redis that was restored from an older copy', () => {
  it('is not believed, by a node that ran through it nor by one that starts', async () => {
    const { user, token } = await remembered();
    const { projector, readModel } = system.it;
    const older = await pairOf(user);
    const olderCheckpoint = readModel.checkpoint;
    const position = await readModel.suspend(user);
    await heard(node, () => projector.notice(position, { users: [[user.userId, position]] }));
    expect(await codeOn(node.url, token)).toBe('SUSPENDED');

    await system.it.redis.kill();
    await system.it.redis.start();
    await eventually('Redis answers', async () => (await projector.redis.ping()) === 'PONG');
    await projector.redis.flushall();
    await cache(user, older);
    await projector.writeCacheCheckpoint(olderCheckpoint);

    expect(await codeOn(node.url, token)).toBe('SUSPENDED');
    const fresh = await system.it.startNode();
    expect(await codeOn(fresh.url, token)).toBe('SUSPENDED');
    await heard(fresh, () => projector.heartbeat());
    expect(await codeOn(fresh.url, token)).toBe('SUSPENDED');
    expect(await codeOn(node.url, token)).toBe('SUSPENDED');
  });
});
