import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Distrust, Trust } from '../../../query-service/validation/trust/trust.ts';
import { type Position, parsePosition } from '../../../shared/events/position.ts';
import { SILENCE_MS } from '../../../shared/read-model/notices.ts';

const at = (n: number) => parsePosition(`${n}/${n}`) as Position;
const KAFKA = ['kafka-0', 'kafka-1', 'kafka-2'];

/** Read models of one feed or the other, Redis beside them, and a node that hears what a test lets it hear. */
function setUp(lanes: readonly string[] = KAFKA) {
  const world = {
    now: 0,
    postgres: new Map(lanes.map((lane) => [lane, 10])),
    redis: new Map(lanes.map((lane) => [lane, 10])),
  };
  const asked = { postgres: 0 };
  const causes: Distrust[] = [];
  const trust = new Trust({
    monotonic: () => world.now,
    readFingerprint: async () => {
      asked.postgres += 1;
      return { lanes: new Map(Array.from(world.postgres, ([lane, n]) => [lane, at(n)])), state: '0/0' };
    },
    readCacheCheckpoints: async (wanted) =>
      new Map(wanted.map((lane) => [lane, at(world.redis.get(lane) ?? 0)])),
    onDistrust: (cause) => causes.push(cause),
  });
  /** What a projector says of its lane: nothing new, or a batch. */
  const beat = (lane: string) => {
    const n = world.postgres.get(lane) ?? 0;
    trust.heard(lane, at(n), at(n));
  };
  const commit = (lane: string): (() => void) => {
    const before = world.postgres.get(lane) ?? 0;
    world.postgres.set(lane, before + 1);
    world.redis.set(lane, before + 1);
    return () => trust.heard(lane, at(before), at(before + 1));
  };
  /** A feed takes over: other lanes, as far as they say. */
  const takeOver = (next: readonly string[], from: number) => {
    world.postgres = new Map(next.map((lane) => [lane, from]));
    world.redis = new Map(next.map((lane) => [lane, from]));
  };
  const second = async (...heard: readonly string[]) => {
    world.now += 1_000;
    for (const lane of heard) beat(lane);
    await trust.tick();
  };
  return { world, asked, causes, trust, beat, commit, takeOver, second };
}

/** A node that hears every lane and trusts what it knows. */
async function settled(lanes: readonly string[] = KAFKA) {
  const all = setUp(lanes);
  await all.second(...lanes);
  await all.trust.tick();
  expect(all.trust.silent).toBe(false);
  expect(all.trust.cacheTrusted).toBe(true);
  all.causes.length = 0;
  return all;
}

describe('while every lane is heard', () => {
  it('memory and Redis are trusted, and nobody is asked', async () => {
    const { trust, asked, commit, second, causes } = await settled();
    const before = asked.postgres;
    for (let i = 0; i < 30; i += 1) {
      commit(KAFKA[i % 3] as string)();
      await second(...KAFKA);
    }
    expect(causes).toEqual([]);
    expect(asked.postgres).toBe(before);
    expect(trust.cacheTrusted).toBe(true);
  });
});

describe('a lost notice of one lane', () => {
  it('is noticed with its next one, though the others go on', async () => {
    const { commit, causes, beat } = await settled();
    commit('kafka-1');
    commit('kafka-0')();
    commit('kafka-2')();
    expect(causes).toEqual([]);
    beat('kafka-1');
    expect(causes).toEqual(['gap']);
    beat('kafka-1');
    expect(causes).toEqual(['gap']);
  });

  it('is noticed by its silence, though the others go on', async () => {
    const { commit, causes, second, trust } = await settled();
    commit('kafka-1');
    for (let s = 0; s < SILENCE_MS / 1_000 - 1; s += 1) await second('kafka-0', 'kafka-2');
    expect(causes).toEqual([]);
    await second('kafka-0', 'kafka-2');
    expect(causes).toEqual(['silence', 'changed']);
    expect(trust.silent).toBe(true);
  });
});

describe('lanes that go silent one by one', () => {
  it('cost an epoch each, and then only what changes in them', async () => {
    const { commit, causes, second, trust } = await settled();
    for (let s = 0; s < 4; s += 1) await second('kafka-0', 'kafka-2');
    expect(causes.splice(0)).toEqual(['silence', 'changed']);
    // What the others do is told by them.
    commit('kafka-0')();
    await second('kafka-0', 'kafka-2');
    expect(causes).toEqual([]);
    commit('kafka-1');
    await second('kafka-0', 'kafka-2');
    expect(causes.splice(0)).toEqual(['changed']);
    for (let s = 0; s < 4; s += 1) await second('kafka-2');
    expect(causes.splice(0)).toEqual(['silence', 'changed']);
    commit('kafka-0');
    await second('kafka-2');
    expect(causes.splice(0)).toEqual(['changed']);
    for (let s = 0; s < 4; s += 1) await second();
    expect(causes.splice(0)).toEqual(['silence', 'changed']);
    for (let s = 0; s < 4; s += 1) await second();
    expect(causes).toEqual([]);
    expect(trust.cacheTrusted).toBe(true);
    await second(...KAFKA);
    expect(causes).toEqual(['gap', 'gap', 'gap']);
    expect(trust.silent).toBe(false);
    expect(trust.cacheTrusted).toBe(true);
  });
});

describe('a notice of a lane that nobody knew', () => {
  it('has PostgreSQL asked which there are', async () => {
    const { takeOver, commit, trust, causes, second } = await settled(['direct']);
    takeOver(KAFKA, 10);
    commit('kafka-2')();
    expect(causes).toEqual(['gap']);
    expect(trust.silent).toBe(true);
    await second(...KAFKA);
    expect(trust.silent).toBe(false);
    expect(trust.cacheTrusted).toBe(true);
  });

  it('that is not followed: its heartbeats change nothing any more, what it commits does', async () => {
    const { commit, causes, trust, second } = await settled();
    trust.heard('direct', at(7), at(7));
    await trust.tick();
    expect(trust.silent).toBe(false);
    causes.length = 0;
    for (let s = 0; s < 10; s += 1) {
      trust.heard('direct', at(7), at(7));
      await second(...KAFKA);
    }
    expect(causes).toEqual([]);
    commit('kafka-0')();
    trust.heard('direct', at(7), at(8));
    expect(causes).toEqual(['gap']);
  });
});

describe('a change of the feed', () => {
  it('ends in a trusted state by itself, there and back', async () => {
    const { world, takeOver, trust, causes, second } = await settled(['direct']);
    for (const [lanes, from] of [
      [KAFKA, 10],
      [['direct'], 8],
    ] as const) {
      takeOver(lanes, from);
      causes.length = 0;
      await second(...lanes);
      await second(...lanes);
      expect(causes.length).toBeGreaterThan(0);
      expect(trust.silent).toBe(false);
      expect(trust.cacheTrusted).toBe(true);
      causes.length = 0;
      // Those of the feed before are not missed.
      for (let s = 0; s < 6; s += 1) await second(...lanes);
      expect(causes).toEqual([]);
      expect([...world.postgres.keys()]).toEqual([...lanes]);
    }
  });

  it('is noticed too where nothing is heard of the new one', async () => {
    const { takeOver, trust, causes, second } = await settled(['direct']);
    takeOver(KAFKA, 12);
    for (let s = 0; s < 4; s += 1) await second();
    expect(causes).toEqual(['silence', 'changed']);
    expect(trust.silent).toBe(true);
  });
});

describe('Redis is trusted', () => {
  it('only once every lane was seen to be as far as PostgreSQL, at one time or another', async () => {
    const { world, trust, second } = await settled();
    trust.disconnected();
    for (const lane of KAFKA) world.redis.set(lane, 9);
    await second(...KAFKA);
    world.redis.set('kafka-0', 10);
    await second(...KAFKA);
    world.redis.set('kafka-1', 10);
    world.postgres.set('kafka-0', 11);
    trust.heard('kafka-0', at(10), at(11));
    await second(...KAFKA);
    expect(trust.cacheTrusted).toBe(false);
    world.redis.set('kafka-2', 10);
    await second(...KAFKA);
    expect(trust.cacheTrusted).toBe(true);
  });
});

describe('in silence', () => {
  it('a Redis that goes back is trusted no longer: nobody tells that it did', async () => {
    const { world, trust, second } = await settled();
    for (let s = 0; s < 4; s += 1) await second();
    expect(trust.cacheTrusted).toBe(true);
    world.redis.set('kafka-1', 9);
    await second();
    expect(trust.cacheTrusted).toBe(false);
  });
});

type Step =
  | { readonly kind: 'commit' | 'lost' | 'beat'; readonly lane: number }
  | { readonly kind: 'takeOver'; readonly kafka: boolean }
  | { readonly kind: 'second' | 'disconnected' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constantFrom('commit', 'lost', 'beat'), lane: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('second', 'second', 'disconnected') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeOver' as const), kafka: fc.boolean() }) },
);

describe('whatever is lost', () => {
  it('no change stays untold in memory longer than the silence after which it is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { world, trust, beat, commit, takeOver, second } = await settled(['direct']);
        /** The epochs in which changes that were not told were made, and when. */
        let untold: { readonly epoch: number; readonly at: number }[] = [];
        const lanes = () => [...world.postgres.keys()];
        let changedAt = Number.NEGATIVE_INFINITY;
        for (const each of steps) {
          const lane = 'lane' in each ? (lanes()[each.lane % lanes().length] as string) : '';
          if (each.kind === 'commit') commit(lane)();
          else if (each.kind === 'beat') beat(lane);
          else if (each.kind === 'lost') {
            commit(lane);
            untold.push({ epoch: trust.epoch, at: world.now });
          } else if (each.kind === 'takeOver') {
            const next = each.kafka ? KAFKA : ['direct'];
            // There and back while nothing is heard of the feed in between: nobody restarts projectors that fast.
            if (next.join() === lanes().join() || world.now - changedAt <= SILENCE_MS) continue;
            changedAt = world.now;
            takeOver(next, Math.min(...world.postgres.values()));
          } else if (each.kind === 'disconnected') trust.disconnected();
          else await second();
          untold = untold.filter(({ epoch }) => epoch === trust.epoch);
          for (const { at: since } of untold) expect(world.now - since).toBeLessThan(SILENCE_MS + 1_000);
        }
        for (let s = 0; s < 3; s += 1) await second(...lanes());
        expect(trust.silent).toBe(false);
        expect(trust.cacheTrusted).toBe(true);
        expect(untold.every(({ epoch }) => epoch !== trust.epoch)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
