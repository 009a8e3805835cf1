import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Trust } from '../../../query-service/validation/trust/trust.ts';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';
import { SILENCE_MS } from '../../../shared/read-model/notices.ts';

const at = (n: number) => parsePosition(`${n}/${n}`) as Position;

function setUp() {
  const world = {
    now: 0,
    postgres: 10 as number | undefined,
    parked: 0,
    redis: 10 as number | undefined,
    epoch: '1',
  };
  const asked = { postgres: 0 };
  const trust = new Trust({
    monotonic: () => world.now,
    readFingerprint: async () => {
      asked.postgres += 1;
      if (world.postgres === undefined) throw new Error('away');
      return { checkpoint: at(world.postgres), state: `0/${world.parked}` };
    },
    readCacheCheckpoint: async () => {
      if (world.redis === undefined) throw new Error('away');
      return { epoch: world.epoch, position: at(world.redis) };
    },
  });
  return { world, asked, trust };
}

/** Whether what was read before `act` still counts after it. */
async function keeps(trust: Trust, act: () => unknown): Promise<boolean> {
  const before = trust.epoch;
  await act();
  return trust.epoch === before;
}

describe('while notices come without a gap', () => {
  it('memory is trusted, and PostgreSQL is not asked', async () => {
    const { trust, world, asked } = setUp();
    trust.received(at(10), at(10));
    await trust.tick();
    const count = asked.postgres;
    for (let n = 10; n < 60; n += 1) {
      world.now += 1_000;
      expect(
        await keeps(trust, async () => {
          trust.received(at(n), at(n + 1));
          await trust.tick();
        }),
      ).toBe(true);
    }
    expect(asked.postgres).toBe(count);
  });
});

describe('memory is distrusted', () => {
  it('once the epoch of Redis is known: what was read before was not written there', async () => {
    const { trust, world } = setUp();
    world.redis = undefined;
    trust.received(at(10), at(10));
    await trust.tick();
    expect(await keeps(trust, () => trust.tick())).toBe(true);
    world.redis = 10;
    expect(await keeps(trust, () => trust.tick())).toBe(false);
    expect(trust.cacheTrusted).toBe(true);
    expect(await keeps(trust, () => trust.tick())).toBe(true);
  });
  it('by the first notice, because what came before it is not known', async () => {
    const { trust } = setUp();
    expect(await keeps(trust, () => trust.received(at(10), at(10)))).toBe(false);
  });
  it('by a gap', async () => {
    const { trust } = setUp();
    trust.received(at(10), at(11));
    expect(await keeps(trust, () => trust.received(at(12), at(13)))).toBe(false);
    expect(await keeps(trust, () => trust.received(at(13), at(14)))).toBe(true);
  });
  it('until PostgreSQL has what the gap hides, unless it is followed itself', () => {
    const { trust } = setUp();
    trust.received(at(10), at(11));
    trust.received(at(12), at(13));
    trust.received(at(13), at(14));
    expect(trust.missedUntil).toEqual(at(13));
    trust.disconnected();
    expect(trust.missedUntil).toBeUndefined();
  });
  it('by a lost connection, and again when it is back', async () => {
    const { trust } = setUp();
    trust.received(at(10), at(11));
    expect(await keeps(trust, () => trust.disconnected())).toBe(false);
    expect(await keeps(trust, () => trust.received(at(11), at(11)))).toBe(false);
  });
  it('by three seconds of silence, not by less', async () => {
    const { trust, world } = setUp();
    trust.received(at(10), at(10));
    await trust.tick();
    world.now = 2_999;
    expect(await keeps(trust, () => trust.tick())).toBe(true);
    world.now = 3_000;
    expect(await keeps(trust, () => trust.tick())).toBe(false);
  });
});

describe('in silence', () => {
  async function silent() {
    const all = setUp();
    all.trust.received(at(10), at(10));
    all.world.now = 5_000;
    await all.trust.tick();
    return all;
  }
  it('what was read since stays good as long as PostgreSQL says that nothing changed', async () => {
    const { trust } = await silent();
    for (let i = 0; i < 5; i += 1) expect(await keeps(trust, () => trust.tick())).toBe(true);
  });
  it('not if its checkpoint moved, forwards or backwards', async () => {
    for (const to of [11, 9]) {
      const { trust, world } = await silent();
      world.postgres = to;
      expect(await keeps(trust, () => trust.tick())).toBe(false);
      expect(await keeps(trust, () => trust.tick())).toBe(true);
    }
  });
  it('not if a parked event was settled, which moves no checkpoint', async () => {
    const { trust, world } = await silent();
    world.parked = 1;
    await trust.tick();
    world.parked = 0;
    expect(await keeps(trust, () => trust.tick())).toBe(false);
  });
  it('not if PostgreSQL can not be asked', async () => {
    const { trust, world } = await silent();
    world.postgres = undefined;
    expect(await keeps(trust, () => trust.tick())).toBe(false);
    world.postgres = 10;
    expect(await keeps(trust, () => trust.tick())).toBe(false);
    expect(await keeps(trust, () => trust.tick())).toBe(true);
  });
});

describe('Redis is trusted', () => {
  it('only once it is seen to be as far as PostgreSQL', async () => {
    const { trust, world } = setUp();
    trust.received(at(10), at(10));
    expect(trust.cacheTrusted).toBe(false);
    world.redis = 9;
    await trust.tick();
    expect(trust.cacheTrusted).toBe(false);
    world.redis = 10;
    await trust.tick();
    expect(trust.cacheTrusted).toBe(true);
  });
  it('no longer after a distrust, until it is seen again', async () => {
    const { trust } = setUp();
    trust.received(at(10), at(10));
    await trust.tick();
    trust.received(at(11), at(12));
    expect(trust.cacheTrusted).toBe(false);
    await trust.tick();
    expect(trust.cacheTrusted).toBe(true);
  });
  it('not if a distrust came while it was being asked', async () => {
    const { trust } = setUp();
    trust.received(at(10), at(10));
    const asking = trust.ask();
    trust.disconnected();
    await asking;
    expect(trust.cacheTrusted).toBe(false);
  });
  it('not if it, or PostgreSQL, can not be asked', async () => {
    const { trust, world } = setUp();
    trust.received(at(10), at(10));
    world.redis = undefined;
    await trust.tick();
    expect(trust.cacheTrusted).toBe(false);
    world.redis = 10;
    world.postgres = undefined;
    await trust.tick();
    expect(trust.cacheTrusted).toBe(false);
  });
  it('no longer if it goes back while no notices come', async () => {
    const { trust, world } = setUp();
    for (let n = 0; n < 3; n += 1) await trust.tick();
    expect(trust.silent).toBe(true);
    expect(trust.cacheTrusted).toBe(true);
    world.redis = 9;
    await trust.tick();
    expect(trust.cacheTrusted).toBe(false);
  });
});

type Step = 'commit' | 'lost' | 'heartbeat' | 'second' | 'disconnected';

const steps = fc.array(
  fc.constantFrom<Step>('commit', 'commit', 'lost', 'lost', 'heartbeat', 'second', 'second', 'disconnected'),
  { maxLength: 60 },
);

describe('whatever is lost', () => {
  it('no change stays unnoticed in memory longer than the silence after which it is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const { world, trust } = setUp();
        let committed = 10;
        const commit = () => {
          committed += 1;
          Object.assign(world, { postgres: committed, redis: committed });
        };
        const second = async () => {
          world.now += 1_000;
          await trust.tick();
        };
        const heartbeat = () => trust.received(at(committed), at(committed));
        heartbeat();
        /** The epochs in which changes were made whose notices were lost, and when. */
        let lost: { readonly epoch: number; readonly at: number }[] = [];
        for (const step of taken) {
          if (step === 'commit') {
            commit();
            trust.received(at(committed - 1), at(committed));
          } else if (step === 'lost') {
            commit();
            lost.push({ epoch: trust.epoch, at: world.now });
          } else if (step === 'heartbeat') heartbeat();
          else if (step === 'disconnected') trust.disconnected();
          else await second();
          lost = lost.filter(({ epoch }) => epoch === trust.epoch);
          for (const { at: since } of lost) expect(world.now - since).toBeLessThan(SILENCE_MS + 1_000);
        }
        heartbeat();
        await second();
        expect(trust.silent).toBe(false);
        expect(trust.cacheTrusted).toBe(true);
        expect(lost.every(({ epoch }) => epoch !== trust.epoch)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('how long nobody said that the read model is kept up', () => {
  it('is counted from the last notice, or from where PostgreSQL was seen to move', async () => {
    const { trust, world } = setUp();
    trust.received(at(10), at(10));
    world.now += SILENCE_MS - 1;
    await trust.tick();
    expect(trust.silentMs).toBe(0);
    world.now += 1;
    await trust.tick();
    expect(trust.silentMs).toBe(SILENCE_MS);
    world.now += 1_000;
    await trust.tick();
    expect(trust.silentMs).toBe(SILENCE_MS + 1_000);
    world.postgres = 11;
    await trust.tick();
    expect(trust.silentMs).toBe(0);
    world.now += 500;
    trust.received(at(11), at(11));
    expect(trust.silentMs).toBe(0);
  });
});
