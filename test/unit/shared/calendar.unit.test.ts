import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMonths, extendByMonths } from '../../../shared/calendar.ts';

const day = (text: string) => Date.parse(`${text}T12:34:56.789Z`);

describe('addMonths', () => {
  it.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2028-01-31', 1, '2028-02-29'],
    ['2028-02-29', 12, '2029-02-28'],
    ['2026-12-15', 1, '2027-01-15'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-01-31', 120, '2036-01-31'],
  ])('%s and %i months is %s, at the same time of day', (from, months, to) => {
    expect(addMonths(day(from), months)).toBe(day(to));
  });

  it('lands in the month meant, on the same day or the last', () => {
    const instant = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 120 }), (at, months) => {
        const [from, to] = [new Date(at), new Date(addMonths(at, months))];
        const monthOf = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth();
        expect(monthOf(to) - monthOf(from)).toBe(months);
        expect(to.toISOString().slice(11)).toBe(from.toISOString().slice(11));
        const isLast = new Date(to.getTime() + 86_400_000).getUTCDate() === 1;
        expect(to.getUTCDate() === from.getUTCDate() || isLast).toBe(true);
      }),
    );
  });
});

describe('extendByMonths', () => {
  it('counts from the start, so a short month does not shorten the later ones', () => {
    expect(extendByMonths(day('2026-01-31'), day('2026-02-28'), 1)).toBe(day('2026-03-31'));
  });

  it('counts from the end where the period is no whole number of months', () => {
    expect(extendByMonths(day('2026-01-31'), day('2026-02-20'), 1)).toBe(day('2026-03-20'));
  });

  it('twice one month is two months', () => {
    const instant = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) });
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 60 }), (start, months) => {
        const once = addMonths(start, months);
        expect(extendByMonths(start, once, months)).toBe(addMonths(start, 2 * months));
      }),
    );
  });
});
