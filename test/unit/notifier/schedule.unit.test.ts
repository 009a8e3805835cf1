import { describe, expect, it } from 'vitest';
import { createSchedule, readRetryAfter } from '../../../projector/notifier/deliveries/schedule.ts';

const HOUR = 3_600_000;

describe('the schedule', () => {
  it('has ten attempts over three days', () => {
    const schedule = createSchedule(undefined, () => 0.5);
    const pauses = Array.from({ length: 10 }, (_, i) => schedule.pause(i + 1, undefined));
    expect(pauses.at(-1)).toBeUndefined();
    expect(pauses.slice(0, 3)).toEqual([5_000, 300_000, 1_800_000]);
    const hours = pauses.reduce<number>((sum, pause) => sum + (pause ?? 0), 0) / HOUR;
    expect(hours).toBeGreaterThan(71);
    expect(hours).toBeLessThan(72);
  });

  it('spreads each pause by a tenth either way', () => {
    expect(createSchedule(undefined, () => 0).pause(1, undefined)).toBe(4_500);
    expect(createSchedule(undefined, () => 1).pause(1, undefined)).toBe(5_500);
  });

  it('waits as long as it is asked to, for a day at most, and never shorter than by itself', () => {
    const schedule = createSchedule(undefined, () => 0.5);
    expect(schedule.pause(1, 60_000)).toBe(60_000);
    expect(schedule.pause(1, 1_000)).toBe(5_000);
    expect(schedule.pause(1, 30 * 24 * HOUR)).toBe(24 * HOUR);
    expect(schedule.pause(10, 1_000)).toBeUndefined();
  });
});

describe('Retry-After', () => {
  const now = Date.parse('2026-11-27T22:00:00Z');
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['Fri, 27 Nov 2026 22:01:00 GMT', 60_000],
    ['Fri, 27 Nov 2026 21:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    [undefined, undefined],
  ])('%s', (header, ms) => expect(readRetryAfter(header, now)).toBe(ms));
});
