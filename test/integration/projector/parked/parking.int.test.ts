import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../../support/eventually.ts';
import { loadPair, readBelieved } from '../../../support/views.ts';
import { type Author, instant, newId } from '../author.ts';
import { createSystem, projected, type System, tool } from '../system.ts';

let system: System;
beforeAll(async () => {
  system = await createSystem();
  await system.project();
});
afterAll(() => system[Symbol.asyncDispose]());

const DAY = 86_400_000;
const query = async (sql: string, ...values: unknown[]) => (await system.pool.query(sql, values)).rows;
const userRow = async ({ userId }: Author) =>
  (await query('SELECT * FROM read_model.users WHERE user_id = $1', userId))[0];
const parkedOf = ({ userId }: Author) =>
  query('SELECT * FROM read_model.parked_events WHERE user_id = $1 ORDER BY revision', userId);
const licensesOf = async ({ userId }: Author) =>
  (await query('SELECT * FROM read_model.licenses WHERE user_id = $1 ORDER BY client_id', userId)).map(
    ({ client_id, status }) => [client_id, status],
  );
const settled = (user: Author) =>
  eventually('the parked events are settled', async () => (await parkedOf(user)).length === 0);

/** A user with a first event that can't be projected, one behind it, and somebody else's behind both. */
async function parkOne(fault: (user: Author) => Promise<unknown>) {
  const [user, other] = [system.author(), system.author()];
  await user.signUp();
  await user.activate('first');
  await fault(user);
  await user.activate('second');
  await projected(system, await other.signUp());
  return { user, other };
}

/** A renewal of a subscription that nobody started. */
const unknownSubscription = (user: Author) =>
  user.append({
    type: 'SubscriptionRenewed',
    data: { userId: user.userId, subscriptionId: newId(), endDate: instant(Date.now() + DAY) },
  });

describe('an event that can’t be projected', () => {
  test('is parked with its cause and the later ones of its user; everybody else goes on', async () => {
    const { user, other } = await parkOne(unknownSubscription);
    expect(await parkedOf(user)).toMatchObject([
      {
        revision: '2',
        type: 'SubscriptionRenewed',
        mark: 'parked',
        attempts: 1,
        cause: 'its user has no such subscription',
      },
      { revision: '3', type: 'LicenseActivated', cause: 'an earlier event of this user is parked' },
    ]);
    expect(await userRow(other)).toMatchObject({ email: other.email });
    // Neither revision nor position of the user moved past what was applied.
    expect(await userRow(user)).toMatchObject({ revision: '1' });
    expect(await licensesOf(user)).toEqual([['first', 'active']]);
    const { user: view } = await loadPair(system.pool, newId(), user.userId);
    expect(view.user).toMatchObject({ parked: true });
    // What comes later waits as well.
    await user.activate('third');
    await eventually('the third is parked', async () => (await parkedOf(user)).length === 3);
  });

  test('that PostgreSQL refuses is found in its batch, by user and by event', async () => {
    // One append is one batch: five users' worth of it at once.
    const others = Array.from({ length: 4 }, () => system.author());
    for (const other of others) await other.signUp();
    const { user } = await parkOne((author) => author.activate('first'));
    await Promise.all(others.map((other) => other.activate('x')));
    const [cause] = await parkedOf(user);
    expect(cause).toMatchObject({ revision: '2', cause: expect.stringContaining('licenses_client') });
    expect(await licensesOf(user)).toEqual([['first', 'active']]);
  });

  test('with a value that PostgreSQL can’t hold is parked too', async () => {
    const { user } = await parkOne((author) => author.activate('zero\u0000byte'));
    expect(await parkedOf(user)).toMatchObject([{ revision: '2' }, { revision: '3' }]);
  });

  test('a sign-up that is parked leaves a view that says nothing is known', async () => {
    const [user, other] = [system.author(), system.author()];
    const { userId } = user;
    await user.append({
      type: 'UserSignedUp',
      data: { userId, emailDigest: '0'.repeat(64), personal: { email: 'a\u0000b', passwordHash: 'x' } },
    });
    await projected(system, await other.signUp());
    expect(await parkedOf(user)).toHaveLength(1);
    const pair = await loadPair(system.pool, newId(), userId);
    expect(pair.user).toMatchObject({ position: '0/0', user: null });
    expect(pair.license).toMatchObject({ position: '0/0', license: null });
    await tool(system, 'parked', 'skip', '--user', userId);
    await settled(user);
    await projected(
      system,
      await user
        .activate('later')
        .then(() => other.activate('x'))
        .then(() => touch(other)),
    );
    expect(await userRow(user)).toMatchObject({ status: 'active', email: null, revision: '1' });
  });
});

const touch = (user: Author) =>
  user.append({ type: 'PasswordChanged', data: { userId: user.userId, personal: { passwordHash: 'x' } } });

describe('settling', () => {
  test('skip lets the event go and applies those behind it', async () => {
    const { user } = await parkOne(unknownSubscription);
    const [first, second] = await parkedOf(user);
    const behind = await tool(system, 'parked', 'skip', second.event_id);
    expect(behind).toMatchObject({ code: 2, stderr: expect.stringContaining(first.event_id) });

    const listed = await tool(system, 'parked', 'list');
    expect(listed.stdout).toContain(`${first.event_id}\t${user.userId}\t2\tSubscriptionRenewed`);
    expect(await tool(system, 'parked', 'skip', first.event_id)).toMatchObject({ code: 0 });
    await settled(user);
    expect(await licensesOf(user)).toEqual([
      ['first', 'active'],
      ['second', 'active'],
    ]);
    expect(await userRow(user)).toMatchObject({ revision: '3', position_commit: second.position_commit });
    expect(
      await query('SELECT type FROM read_model.skipped_events WHERE event_id = $1', first.event_id),
    ).toHaveLength(1);
    // The user is like any other again.
    await user.activate('third');
    await eventually('the third is projected', async () => (await licensesOf(user)).length === 3);
  });

  test('retry applies it once the cause is gone, and tells why if it is not', async () => {
    const { user } = await parkOne((author) => author.activate('first'));
    await tool(system, 'parked', 'retry', '--user', user.userId);
    await eventually('it failed again', async () => (await parkedOf(user))[0]?.attempts === 2);
    expect(await parkedOf(user)).toMatchObject([{ mark: 'parked' }, { mark: 'parked', attempts: 1 }]);

    // What stands in its way is removed by hand, as an operator might.
    await query(`UPDATE read_model.licenses SET status = 'deactivated' WHERE user_id = $1`, user.userId);
    await tool(system, 'parked', 'retry', '--all');
    await settled(user);
    expect(await licensesOf(user)).toEqual([
      ['first', 'deactivated'],
      ['first', 'active'],
      ['second', 'active'],
    ]);
    const { user: view } = await loadPair(system.pool, newId(), user.userId);
    expect(view.user).toMatchObject({ parked: false });
  });

  test('a settlement tells the query nodes and renews the cached view', async () => {
    const { user } = await parkOne(unknownSubscription);
    const cached = async () => JSON.parse((await system.redis.hget(`user:${user.userId}`, 'j')) ?? '{}');
    await eventually('the cached view says so', async () => (await cached()).user?.parked === true);
    await tool(system, 'parked', 'skip', '--user', user.userId);
    await eventually('the cached view is renewed', async () => (await cached()).user?.parked === false);
  });

  test('what is asked wrongly is refused', async () => {
    expect(await tool(system, 'parked')).toMatchObject({ code: 2 });
    expect(await tool(system, 'parked', 'retry')).toMatchObject({ code: 2 });
    expect(await tool(system, 'parked', 'skip', '--all')).toMatchObject({ code: 2 });
    expect(await tool(system, 'parked', 'retry', 'nonsense')).toMatchObject({ code: 2 });
    expect(await tool(system, 'parked', 'retry', newId())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no such'),
    });
  });
});

describe('a Redis that was restored from before', () => {
  test('is not believed of who was parked and who was settled, although no position moved', async () => {
    const { user: settledUser } = await parkOne(unknownSubscription);
    const cached = async ({ userId }: Author) =>
      JSON.parse((await system.redis.hget(`user:${userId}`, 'j')) ?? '{}');
    await eventually('cached as parked', async () => (await cached(settledUser)).user?.parked === true);
    const parkedUser = system.author();
    await parkedUser.signUp();
    await eventually('cached', async () => (await cached(parkedUser)).user?.parked === false);
    await system.redis.save();

    await tool(system, 'parked', 'skip', '--user', settledUser.userId);
    await settled(settledUser);
    await unknownSubscription(parkedUser);
    await eventually('parked', async () => (await parkedOf(parkedUser)).length === 1);
    await system.redisServer.kill();
    await system.redisServer.start();
    const believed = async ({ userId }: Author) =>
      (await readBelieved(system.redis, newId(), userId)).user?.user?.parked;
    await eventually('neither old view is believed', async () => {
      if (system.redis.status !== 'ready') return false;
      return (await believed(settledUser)) !== true && (await believed(parkedUser)) !== false;
    });
  });
});
