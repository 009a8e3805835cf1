import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BoundedMap } from '../../../query-service/validation/keys/bounded-map.ts';
import { mayBeUsed, ViewMemory } from '../../../query-service/validation/views/view-memory.ts';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';
import type { UserView } from '../../../shared/read-model/views.ts';
import { userView } from './views.ts';

const MINUTE = 60_000;
const NOW = 1_000 * MINUTE;
const view = (position: string, loadedAt = NOW): UserView => userView({}, {}, { position, loadedAt });
const at = (text: string) => parsePosition(text) as Position;

describe('a bounded memory', () => {
  it('never holds more than its limit, and keeps what is used', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 300 }), (uses) => {
        const memory = new BoundedMap<number, number>(20);
        for (const use of uses) {
          memory.set(use, use);
          expect(memory.get(use)).toBe(use);
          // One that is used all the time is never forgotten, whatever else comes.
          memory.get(0) ?? memory.set(0, -1);
          expect(memory.size).toBeLessThanOrEqual(20);
        }
        if (uses.length > 0) expect(memory.get(0)).toBe(-1);
      }),
    );
  });
  it('forgets what is deleted, in both generations', () => {
    const memory = new BoundedMap<string, number>(4);
    for (const key of ['a', 'b', 'c']) memory.set(key, 1);
    memory.delete('a');
    memory.delete('c');
    expect([memory.get('a'), memory.get('b'), memory.get('c')]).toEqual([undefined, 1, undefined]);
  });
});

describe('views in memory', () => {
  it('the later position wins, then the later load, in whatever order they come', () => {
    const views = [view('9/9', NOW + 5), view('10/10', NOW), view('10/10', NOW + 1), view('10/11', NOW - 9)];
    fc.assert(
      fc.property(fc.shuffledSubarray(views, { minLength: 1 }), (order) => {
        const memory = new ViewMemory<UserView>(100);
        for (const each of order) memory.offer('u', each, 1, NOW);
        const newest = [...order].sort((a, b) => views.indexOf(a) - views.indexOf(b)).at(-1);
        expect(memory.kept('u', NOW)?.view).toBe(newest);
      }),
    );
  });
  it('are fresh for five minutes in their epoch, and kept for a day', () => {
    const memory = new ViewMemory<UserView>(100);
    memory.offer('u', view('10/10'), 7, NOW);
    expect(memory.fresh('u', 7, NOW + 5 * MINUTE - 1)).toBeDefined();
    expect(memory.fresh('u', 7, NOW + 5 * MINUTE)).toBeUndefined();
    expect(memory.fresh('u', 8, NOW)).toBeUndefined();
    expect(memory.kept('u', NOW + 24 * 60 * MINUTE - 1)).toBeDefined();
    expect(memory.kept('u', NOW + 24 * 60 * MINUTE)).toBeUndefined();
  });
  it('a load of a later epoch confirms the same state, even if its clock says earlier', () => {
    const memory = new ViewMemory<UserView>(100);
    memory.offer('u', view('10/10', NOW), 1, NOW);
    memory.offer('u', view('10/10', NOW - 50), 2, NOW);
    expect(memory.fresh('u', 2, NOW)).toBeDefined();
  });
});

describe('whoever holds a view', () => {
  const held = (act: (memory: ViewMemory<UserView>) => void) => {
    const memory = new ViewMemory<UserView>(4);
    const entry = memory.offer('u', view('10/10'), 1, NOW);
    act(memory);
    return entry && mayBeUsed(entry, 1, NOW);
  };
  it('sees that it is replaced, told to be old, or forgotten', () => {
    expect(held(() => {})).toBe(true);
    expect(held((memory) => memory.offer('u', view('11/11'), 1, NOW))).toBe(false);
    expect(held((memory) => memory.raise('u', at('11/11'), NOW))).toBe(false);
    expect(held((memory) => memory.raise('u', at('10/10'), NOW))).toBe(true);
    const others = ['a', 'b', 'c', 'd', 'e'];
    expect(held((memory) => others.map((id) => memory.offer(id, view('10/10'), 1, NOW)))).toBe(false);
  });
  it('does not mistake a forgotten one for the one that is held now', () => {
    expect(held((memory) => memory.offer('u', view('9/9'), 1, NOW))).toBe(true);
  });
});

describe('the floor under a view', () => {
  it('forgets what is older than the notice, and does not take it again for a minute', () => {
    const memory = new ViewMemory<UserView>(100);
    memory.offer('u', view('10/10'), 1, NOW);
    memory.raise('u', at('11/11'), NOW);
    expect(memory.kept('u', NOW)).toBeUndefined();
    expect(memory.offer('u', view('10/10'), 1, NOW + MINUTE - 1)).toBeUndefined();
    expect(memory.kept('u', NOW)).toBeUndefined();
    expect(memory.offer('u', view('11/11'), 1, NOW + 1)).toBeDefined();
  });
  it('keeps what is as new as the notice', () => {
    const memory = new ViewMemory<UserView>(100);
    memory.offer('u', view('11/11'), 1, NOW);
    memory.raise('u', at('11/11'), NOW);
    expect(memory.fresh('u', 1, NOW)).toBeDefined();
  });
  it('only rises', () => {
    const memory = new ViewMemory<UserView>(100);
    memory.raise('u', at('11/11'), NOW);
    memory.raise('u', at('10/10'), NOW + 1);
    expect(memory.offer('u', view('10/10'), 1, NOW + 2)).toBeUndefined();
  });
  it('is gone after a minute', () => {
    const memory = new ViewMemory<UserView>(100);
    memory.raise('u', at('11/11'), NOW);
    expect(memory.offer('u', view('10/10', NOW + MINUTE), 1, NOW + MINUTE)).toBeDefined();
  });
  it('says so when there are too many', () => {
    const memory = new ViewMemory<UserView>(100);
    let taken = 0;
    while (memory.raise(`u${taken}`, at('11/11'), NOW) && taken < 200_000) taken += 1;
    expect(taken).toBe(100_000);
    expect(memory.raise('u0', at('12/12'), NOW)).toBe(true);
    expect(memory.raise('another', at('12/12'), NOW + MINUTE)).toBe(true);
  });
});
