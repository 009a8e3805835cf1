import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatabaseClock } from '../../../query-service/validation/views/database-clock.ts';

const ms = fc.integer({ min: 0, max: 5_000 });
const HOUR = 3_600_000;

/** A node, and a PostgreSQL whose clock is `ahead` of the node's. */
function setUp(ahead: number) {
  const world = { now: 1_000 };
  const clock = new DatabaseClock(
    () => world.now,
    () => world.now,
  );
  const ask = (there: number, back: number) => {
    const sentAt = world.now;
    world.now += there;
    const at = Math.trunc(world.now + ahead);
    world.now += back;
    clock.observed(at, sentAt);
  };
  return { world, clock, ask, wrongBy: () => Math.abs(clock.now() - (world.now + ahead)) };
}

describe('the clock that ages are read from', () => {
  it('is the node’s own until PostgreSQL has said its time', () => {
    expect(setUp(HOUR).wrongBy()).toBe(HOUR);
  });
  it('is wrong by no more than the fastest answer took, however far apart the clocks are', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -HOUR, max: HOUR }),
        fc.array(fc.tuple(ms, ms), { minLength: 1, maxLength: 20 }),
        (ahead, answers) => {
          const { ask, wrongBy } = setUp(ahead);
          for (const [there, back] of answers) ask(there, back);
          const fastest = Math.min(...answers.map(([there, back]) => there + back));
          expect(wrongBy()).toBeLessThanOrEqual(fastest + 1);
        },
      ),
    );
  });
});
