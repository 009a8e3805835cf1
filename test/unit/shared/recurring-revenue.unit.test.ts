import { describe, expect, it } from 'vitest';
import { monthlyPrice, mrrOf } from '../../../shared/recurring-revenue.ts';

const price = (amount: number, months = 1) => ({ amount, currency: 'EUR', months });

describe('the price by month', () => {
  it.each([
    ['of a monthly one', { price: price(990), quantity: 1, trial: false }, 990n],
    ['times the quantity', { price: price(990), quantity: 3, trial: false }, 2_970n],
    ['of a yearly one, rounded down', { price: price(10_000, 12), quantity: 1, trial: false }, 833n],
    ['rounded up', { price: price(10_001, 12), quantity: 5, trial: false }, 4_167n],
    ['rounded once, not for each of the quantity', { price: price(5, 12), quantity: 12, trial: false }, 5n],
    ['a half, which is rounded up', { price: price(6, 12), quantity: 1, trial: false }, 1n],
    ['less than a half', { price: price(5, 12), quantity: 1, trial: false }, 0n],
    [
      'of the largest, to the unit',
      { price: price(1e12 - 1), quantity: 10_000, trial: false },
      9_999_999_999_990_000n,
    ],
    ['of a trial', { price: price(990), quantity: 1, trial: true }, 0n],
    ['of a plan without a price', { price: null, quantity: 1, trial: false }, 0n],
    ['of stored terms without one', { quantity: 1, trial: false }, 0n],
  ])('%s', (_name, sold, expected) => {
    expect(monthlyPrice(sold)).toBe(expected);
  });
});

describe('monthly recurring revenue', () => {
  const DAY = 86_400_000;
  const runs = {
    ...{ price: price(1_000), quantity: 1, trial: false },
    ...{ startDate: 0, endDate: 30 * DAY, graceDays: 3, suspended: false, cancelled: false },
  };
  it.each([
    ['before the start', {}, -1, 0n],
    ['from the start', {}, 0, 1_000n],
    ['in the grace', {}, 33 * DAY - 1, 1_000n],
    ['after the grace', {}, 33 * DAY, 0n],
    ['suspended', { suspended: true }, DAY, 0n],
    ['cancelled, to the end date', { cancelled: true }, 30 * DAY - 1, 1_000n],
    ['cancelled, and over: it has no grace', { cancelled: true }, 30 * DAY, 0n],
    ['cancelled before it starts', { cancelled: true }, -1, 0n],
  ])('%s', (_name, facts, now, expected) => {
    expect(mrrOf({ ...runs, ...facts }, now)).toBe(expected);
  });
});
