import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../query-service/app.ts';
import { writeViews } from '../../../shared/read-model/cached-views.ts';
import { kafkaLane, partitionOf } from '../../../shared/read-model/lanes.ts';
import { loadViews } from '../../../shared/read-model/load-views.ts';
import { NOTICE_CHANNEL } from '../../../shared/read-model/notices.ts';
import { cacheCheckpointKey } from '../../../shared/read-model/views.ts';
import { ask } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import type { LicensedUser } from './read-model.ts';
import { useSystem } from './system.ts';

const PARTITIONS = 3;
const LANES = Array.from({ length: PARTITIONS }, (_, partition) => kafkaLane(partition));

const system = useSystem();
let node: QueryService;
/** Where each lane stands. */
const at = new Map<string, number>();

const position = (n: number) => `${n}/${n}`;
const laneOf = (user: Pick<LicensedUser, 'userId'>) => kafkaLane(partitionOf(user.userId, PARTITIONS));
const commitOf = (user: LicensedUser) => Number(user.position.split('/')[0]);

/** Moves a lane's checkpoint, as its projector would with the rows. */
async function move(lane: string, to: number): Promise<void> {
  at.set(lane, to);
  await system.it.readModel.query(
    'UPDATE read_model.checkpoints SET position_commit = $2, position_prepare = $2 WHERE name = $1',
    [lane, to],
  );
}

/** What a projector says of its lane. */
async function tell(lane: string, before = at.get(lane) as number, users: readonly [string, string][] = []) {
  const after = position(at.get(lane) as number);
  const notice = { lane, before: position(before), after, users, licenses: [] };
  await system.it.projector.redis.hset(cacheCheckpointKey(lane), 'v', after, 'j', after);
  await system.it.projector.redis.publish(NOTICE_CHANNEL, JSON.stringify(notice));
}

/** A feed takes over, from a position on. */
async function takeOver(lanes: readonly string[], from: number): Promise<void> {
  const { readModel } = system.it;
  await readModel.query('DELETE FROM read_model.feed_owner');
  await readModel.query('DELETE FROM read_model.checkpoints');
  at.clear();
  for (const lane of lanes) {
    at.set(lane, from);
    await readModel.query(
      'INSERT INTO read_model.checkpoints (name, position_commit, position_prepare, generation) VALUES ($1, $2, $2, 1)',
      [lane, from],
    );
  }
  const kafka = lanes.length > 1;
  await readModel.query('INSERT INTO read_model.feed_owner (feed, topic, partitions) VALUES ($1, $2, $3)', [
    kafka ? 'kafka' : 'event_store',
    kafka ? 'license-events' : null,
    kafka ? lanes.length : null,
  ]);
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** Resolves when the node has heard what is told. */
async function heard(notices: number, telling: () => Promise<void>): Promise<void> {
  const before = await metric('validation_notices_total');
  await telling();
  await eventually('heard', async () => (await metric('validation_notices_total')) >= before + notices);
}

/** Every lane speaks until the node trusts memory and Redis. */
const trusted = () =>
  eventually('the node trusts what it has', async () => {
    await heard(at.size, async () => {
      for (const lane of at.keys()) await tell(lane);
    });
    const missing = await metric('validation_notices_missing');
    return missing === 0 && (await metric('validation_redis_trusted')) === 1;
  });

const validate = async (token: string, headers: Readonly<Record<string, string>> = {}) =>
  ask(node.url, '/v1/licenses/validate', { token, headers });

beforeAll(async () => {
  node = await system.it.startNode();
  await takeOver(LANES, 1_000);
  await trusted();
});

/** A user of a lane that a test may move while the others stand. */
async function userIn(lane: string): Promise<LicensedUser> {
  for (;;) {
    const user = await system.it.readModel.addUser();
    if (laneOf(user) === lane) return user;
  }
}

describe('a license that has no row', () => {
  it('is NOT_FOUND once the lane of its user has gone past the key, wherever the others are', async () => {
    const user = await userIn('kafka-1');
    const key = commitOf(user);
    const token = await system.it.keyOf(user);
    for (const table of ['licenses', 'subscriptions', 'users'])
      await system.it.readModel.query(`DELETE FROM read_model.${table} WHERE user_id = $1`, [user.userId]);
    for (const lane of LANES) await move(lane, lane === 'kafka-1' ? key - 1 : key + 50);
    expect(await validate(token)).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    await move('kafka-1', key);
    for (const lane of LANES) if (lane !== 'kafka-1') await move(lane, 1);
    expect(await validate(token)).toMatchObject({ status: 200, body: { code: 'NOT_FOUND' } });
  });

  it('has the position of the lane that is furthest behind where nobody says whose it would be', async () => {
    await move('kafka-0', 2_000);
    await move('kafka-1', 1_500);
    await move('kafka-2', 1_700);
    const id = '01900000-0000-7000-8000-000000000000';
    const { licenses } = await loadViews(system.it.pool, { licenseIds: [id], userIds: [] });
    expect(licenses.get(id)).toMatchObject({ position: '1500/1500', license: null });
  });
});

describe('Min-Event-Position', () => {
  it('waits for the lane of the user alone', async () => {
    const user = await userIn('kafka-2');
    const other = commitOf(user) + 5;
    const token = await system.it.accessToken(user.userId);
    const me = () => ask(node.url, '/v1/me', { token, headers: { 'Min-Event-Position': position(other) } });
    const validated = async () =>
      validate(await system.it.keyOf(user), { 'Min-Event-Position': position(other) });
    for (const lane of LANES) await move(lane, lane === 'kafka-2' ? commitOf(user) : other);
    expect(await me()).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    expect(await validated()).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    for (const lane of LANES) await move(lane, lane === 'kafka-2' ? other : 1);
    expect((await me()).status).toBe(200);
    expect((await validated()).status).toBe(200);
  });

  it('of a license waits for the lane of its owner; of one that nobody has, for every lane', async () => {
    const user = await userIn('kafka-0');
    const wanted = commitOf(user) + 5;
    const token = await system.it.accessToken('support', 'operator');
    const get = (id: string) =>
      ask(node.url, `/v1/licenses/${id}`, { token, headers: { 'Min-Event-Position': position(wanted) } });
    for (const lane of LANES) await move(lane, lane === 'kafka-0' ? wanted : 1);
    expect((await get(user.licenseId)).status).toBe(200);
    const nobody = '01900000-0000-7000-8000-000000000000';
    expect(await get(nobody)).toMatchObject({ status: 503, body: { code: 'read_model_behind' } });
    for (const lane of LANES) await move(lane, wanted);
    expect((await get(nobody)).status).toBe(404);
  });
});

describe('a lost notice of one lane', () => {
  it('is noticed with its next one, while the others go on', async () => {
    const user = await userIn('kafka-1');
    const token = await system.it.keyOf(user);
    for (const lane of LANES) await move(lane, commitOf(user));
    await trusted();
    expect((await validate(token)).body.code).toBe('VALID');
    const now = await system.it.readModel.suspend(user);
    await move('kafka-1', Number(now.split('/')[0]));
    await tell('kafka-0');
    await tell('kafka-2');
    expect((await validate(token)).body.code, 'nobody told').toBe('VALID');
    const before = await metric('validation_distrusts_total{cause="gap"');
    // What its projector had written to Redis before the notice that was lost.
    const ids = { userIds: [user.userId], licenseIds: [user.licenseId] };
    await writeViews(system.it.projector.redis, await loadViews(system.it.pool, ids));
    await tell('kafka-1');
    await eventually(
      'noticed',
      async () => (await metric('validation_distrusts_total{cause="gap"')) > before,
    );
    expect((await validate(token)).body.code).toBe('SUSPENDED');
  });
});

describe('a change of the feed', () => {
  it('to the direct one and back is noticed by itself, and what is told in between is seen at once', async () => {
    const user = await userIn('kafka-0');
    const token = await system.it.keyOf(user);
    for (const lane of LANES) await move(lane, commitOf(user));
    await trusted();
    expect((await validate(token)).body.code).toBe('VALID');
    for (const [lanes, change, code] of [
      [['direct'], () => system.it.readModel.suspend(user), 'SUSPENDED'],
      [LANES, () => system.it.readModel.reinstate(user), 'VALID'],
    ] as const) {
      const from = Math.min(...at.values());
      await takeOver(lanes, from);
      const now = await change();
      const lane = lanes.length > 1 ? laneOf(user) : 'direct';
      await move(lane, Number(now.split('/')[0]));
      await heard(1, () => tell(lane, from, [[user.userId, now]]));
      expect((await validate(token)).body.code).toBe(code);
      await trusted();
      expect((await validate(token)).body.code).toBe(code);
    }
  });
});
