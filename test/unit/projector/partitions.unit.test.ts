import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rangeOf, yearsAround } from '../../../projector/schemas/partitions.ts';
import { addMonths } from '../../../shared/calendar.ts';

const TABLE = { table: 'subscriptions', unit: 'year' } as const;

it('the years that partitions are made for are those in which a subscription may start', () => {
  const anInstant = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2036, 11, 31) });
  fc.assert(
    // From ten years back to a year ahead.
    fc.property(anInstant, fc.integer({ min: -120, max: 12 }), (now, months) => {
      const made = yearsAround(now).map((year) => rangeOf(TABLE, year).name);
      expect(made).toContain(rangeOf(TABLE, addMonths(now, months)).name);
    }),
  );
});
