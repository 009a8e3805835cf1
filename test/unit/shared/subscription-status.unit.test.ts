import { describe, expect, it } from 'vitest';
import {
  graceUntil,
  isCurrentAt,
  type SubscriptionFacts,
  subscriptionStatusAt,
  takesItsPlace,
} from '../../../shared/subscription-status.ts';

const DAY = 86_400_000;
const facts: SubscriptionFacts = {
  startDate: 10 * DAY,
  endDate: 20 * DAY,
  graceDays: 3,
  suspended: false,
  cancelled: false,
};

describe('a subscription', () => {
  it.each([
    [10 * DAY - 1, 'scheduled', true],
    [10 * DAY, 'active', true],
    [20 * DAY - 1, 'active', true],
    [20 * DAY, 'grace', true],
    [23 * DAY - 1, 'grace', true],
    [23 * DAY, 'expired', false],
  ] as const)('at %i is %s', (now, status, current) => {
    expect(subscriptionStatusAt(facts, now)).toBe(status);
    expect(isCurrentAt(facts, now)).toBe(current);
  });

  it('that was cancelled has no grace, and shows it at once', () => {
    const cancelled = { ...facts, cancelled: true };
    expect(graceUntil(cancelled)).toBe(20 * DAY);
    for (const now of [0, 15 * DAY, 30 * DAY]) expect(subscriptionStatusAt(cancelled, now)).toBe('cancelled');
    expect(isCurrentAt(cancelled, 20 * DAY - 1)).toBe(true);
    expect(isCurrentAt(cancelled, 20 * DAY)).toBe(false);
  });

  it('that is suspended shows that before anything else, also when it is over or cancelled', () => {
    for (const cancelled of [false, true]) {
      for (const now of [0, 15 * DAY, 30 * DAY]) {
        expect(subscriptionStatusAt({ ...facts, cancelled, suspended: true }, now)).toBe('suspended');
      }
    }
  });
});

describe('of two subscriptions of a product, what counts is', () => {
  const over = { ...facts, startDate: -30 * DAY, endDate: -20 * DAY };
  it.each([
    ['the first that there is', undefined, over, true],
    ['a new one that is current', over, facts, true],
    ['the current one, when what was sold before is entered after it', facts, over, false],
    ['of two that are over, the one that ended last', over, { ...over, endDate: -21 * DAY }, false],
    ['of two that are over, the later to end', over, { ...over, endDate: -19 * DAY }, true],
    ['of two that ended at once, the one started last', over, over, true],
  ] as const)('%s', (_what, before, started, expected) => {
    expect(takesItsPlace(before, started, 15 * DAY)).toBe(expected);
  });
});
