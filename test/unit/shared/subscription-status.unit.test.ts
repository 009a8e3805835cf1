import { describe, expect, it } from 'vitest';
import {
  graceUntil,
  isCurrentAt,
  type SubscriptionFacts,
  subscriptionStatusAt,
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
