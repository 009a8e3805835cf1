import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ReadModelCheckpoint } from '../../../query-service/read-model-checkpoint.ts';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';

const at = (n: number) => parsePosition(`${n}/${n}`) as Position;

function setUp(options: { maxWaiting?: number; everyMs?: number } = {}) {
  const world = { reached: 10, asked: 0, underWay: 0, most: 0, away: false };
  const checkpoint = new ReadModelCheckpoint({
    async read() {
      world.asked += 1;
      world.underWay += 1;
      world.most = Math.max(world.most, world.underWay);
      await delay(1);
      world.underWay -= 1;
      if (world.away) throw new Error('away');
      return at(world.reached);
    },
    ...options,
  });
  return { world, checkpoint };
}

it('however many wait for whatever is far ahead, one question at a time is asked, now and then', async () => {
  const { world, checkpoint } = setUp({ everyMs: 50 });
  const waiting = Array.from({ length: 400 }, (_, i) => checkpoint.reached(at(1_000 + i), 500));
  // Notices of a busy projector tell of nothing that anybody waits for.
  for (let n = 11; n < 200; n += 1) {
    checkpoint.notified(at(n));
    await delay(1);
  }
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => false));
  expect(world.asked).toBeLessThanOrEqual(11);
  expect(world.most).toBe(1);
});

it('a notice wakes who waits for it, once PostgreSQL says so too', async () => {
  const { world, checkpoint } = setUp({ everyMs: 60_000 });
  const waiting = checkpoint.reached(at(20), 10_000);
  const other = checkpoint.reached(at(30), 200);
  world.reached = 20;
  checkpoint.notified(at(20));
  expect(await waiting).toBe(true);
  expect(await other).toBe(false);
  expect(world.asked).toBe(1);
});

it('a replica that lags behind the notice is asked again', async () => {
  const { world, checkpoint } = setUp({ everyMs: 10 });
  checkpoint.notified(at(20));
  const waiting = checkpoint.reached(at(20), 10_000);
  await delay(50);
  world.reached = 20;
  expect(await waiting).toBe(true);
});

it('beyond the bound nobody waits', async () => {
  const { world, checkpoint } = setUp({ maxWaiting: 2, everyMs: 10 });
  const waiting = [checkpoint.reached(at(20), 10_000), checkpoint.reached(at(20), 10_000)];
  expect(await checkpoint.reached(at(20), 10_000)).toBe(false);
  world.reached = 20;
  expect(await Promise.all(waiting)).toEqual([true, true]);
});

it('who waits is told that PostgreSQL can’t be asked', async () => {
  const { world, checkpoint } = setUp({ everyMs: 10 });
  world.away = true;
  await expect(checkpoint.reached(at(20), 10_000)).rejects.toThrow('away');
  // Nobody waits any more, and nothing is asked.
  const { asked } = world;
  await delay(50);
  expect(world.asked).toBeLessThanOrEqual(asked + 1);
});
