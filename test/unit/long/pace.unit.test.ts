import { describe, expect, it } from 'vitest';
import { fastTime, formatPace, parsePace, withFastClock } from '../../long/pace.ts';

const since = Date.UTC(2026, 10, 28);
const from = Date.UTC(2026, 11, 29);
const pace = { speed: 200, since, from };

describe('a fast clock', () => {
  it('shows its begin at first, and goes on so many times as fast', () => {
    expect(fastTime(pace, since)).toBe(from);
    expect(fastTime(pace, since + 432_000)).toBe(from + 86_400_000);
  });

  it('is handed on by a variable of the environment', () => {
    expect(parsePace(formatPace(pace))).toEqual(pace);
    expect(() => parsePace(undefined)).toThrow('FAST_CLOCK');
  });

  it('is the one of every call of PostgreSQL’s clock, and of nothing else in a statement', () => {
    const sql = 'SELECT now() - interval \'1 day\', known(), unnow(), "now", pg_catalog.now() AS now';
    const fast = withFastClock(pace, sql);
    const call = `(timestamptz '2026-12-29T00:00:00.000Z' + (pg_catalog.now() - timestamptz '2026-11-28T00:00:00.000Z') * 200)`;
    expect(fast).toBe(`SELECT ${call}${sql.slice('SELECT now()'.length)}`);
    expect(withFastClock(pace, 'VALUES (clock_timestamp())')).toContain('pg_catalog.clock_timestamp()');
  });
});
