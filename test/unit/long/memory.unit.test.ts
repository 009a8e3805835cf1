import { describe, expect, it } from 'vitest';
import { isFlat, slope, trend } from '../../long/memory.ts';

const samples = (mib: (at: number) => number) =>
  Array.from({ length: 360 }, (_, i) => ({ at: i * 10, mib: mib(i * 10) }));

describe('the memory of a process', () => {
  it('has the slope of the line through the samples', () => {
    expect(slope(samples((at) => 100 + at / 36)) * 3_600).toBeCloseTo(100);
    expect(slope(samples(() => 100))).toBe(0);
    expect(slope([{ at: 1, mib: 5 }])).toBe(0);
  });

  it('is flat where it only swings, and where it grew before the warm-up was over', () => {
    const swinging = samples((at) => 100 + (at % 100) / 2 + (at < 1_200 ? 0 : 80));
    expect(isFlat(trend('query-1', swinging, 1_200))).toBe(true);
    expect(isFlat(trend('query-1', swinging, 0))).toBe(false);
  });

  it('is not flat where 30 MiB an hour are lost', () => {
    expect(
      isFlat(
        trend(
          'command-1',
          samples((at) => 100 + at / 120),
          1_200,
        ),
      ),
    ).toBe(false);
  });
});
