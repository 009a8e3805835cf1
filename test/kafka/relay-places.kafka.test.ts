import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { ADVISORY_LOCKS, tryAdvisoryLock } from '../../shared/adapters/postgres/advisory-locks.ts';
import { MASTER_KEY, tool } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { createRelaySystem, metric, type RelaySystem, ready, relayed } from './relay-system.ts';

let system: RelaySystem;
beforeEach(async () => {
  system = await createRelaySystem();
});
afterEach(() => system[Symbol.asyncDispose]());

type Relay = Awaited<ReturnType<RelaySystem['relay']>>;
const follows = async (relay: Relay) => {
  await ready(relay);
  expect(await metric(relay, 'relay_state', 'following')).toBe(1);
};

test('relays of two topics send side by side; of one topic one stands by', async () => {
  const other = `${system.topic}-other`;
  const first = await system.relay();
  await follows(first);
  const second = await system.relay({ KAFKA_TOPIC: other });
  await follows(second);
  const third = await system.relay({ KAFKA_TOPIC: other });
  await ready(third);
  expect(await metric(third, 'relay_state', 'standby')).toBe(1);
  const position = await system.author().signUp();
  await relayed(system, position);
  await relayed({ ...system, topic: other }, position);
  await second.stop();
  await eventually(
    'it sends in its place',
    async () => (await metric(third, 'relay_state', 'following')) === 1,
  );
});

describe('a relay and a rebuild', () => {
  test('the read models are rebuilt while a relay is at work', async () => {
    await system.author().signUp();
    await follows(await system.relay());
    const env = () => ({ ...system.env(), REDIS_URL: inject('redisUrl'), VAULT_MASTER_KEY: MASTER_KEY });
    expect(await tool({ env }, 'rebuild', '--force')).toMatchObject({ code: 0 });
    expect((await system.pool.query('SELECT FROM read_model.users')).rowCount).toBe(1);
  });

  test('a relay starts to send while the read models are rebuilt', async () => {
    const rebuild = await system.pool.connect();
    try {
      expect(await tryAdvisoryLock(rebuild, ADVISORY_LOCKS.rebuild)).toBe(true);
      await follows(await system.relay());
      await relayed(system, await system.author().signUp());
    } finally {
      rebuild.release(true);
    }
  });
});
