import { describe, expect, it } from 'vitest';
import { expected, leaseUntil, type Subscription, statusOf } from '../../long/model.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 11, 30);
const END = START + 48 * HOUR;
const GRACE_END = END + 24 * HOUR;

const of = (changes: Partial<Subscription> = {}): Subscription => ({
  id: 'a',
  plan: 'strict',
  start: START,
  end: END,
  suspended: false,
  cancelled: false,
  ...changes,
});

const codes = (its: Subscription) =>
  [START - 1, START, END - 1, END, GRACE_END - 1, GRACE_END].map((at) => expected('active', its, at).code);

describe('what a customer of the long run expects', () => {
  it('changes at each date of the subscription, and at no other moment', () => {
    expect(codes(of())).toEqual(['NOT_STARTED', 'VALID', 'VALID', 'VALID', 'VALID', 'EXPIRED']);
    expect(codes(of({ cancelled: true }))).toEqual([
      'NOT_STARTED',
      'VALID',
      'VALID',
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
    ]);
    expect(new Set(codes(of({ suspended: true })))).toEqual(new Set(['SUSPENDED']));
    expect(expected('deactivated', of({ suspended: true }), START).code).toBe('DEACTIVATED');
  });

  it('is in its grace between the end and the end of the grace, unless it was cancelled', () => {
    expect([END - 1, END, GRACE_END - 1].map((at) => expected('active', of(), at).grace)).toEqual([
      false,
      true,
      true,
    ]);
    expect(statusOf(of(), END)).toBe('grace');
    expect(statusOf(of({ cancelled: true }), START)).toBe('cancelled');
  });

  it('falls back to the free plan, or to nothing, as the plan says', () => {
    expect(expected('active', of({ plan: 'mild' }), GRACE_END)).toMatchObject({
      status: 'valid',
      premium: false,
    });
    expect(expected('active', of(), GRACE_END)).toMatchObject({ status: 'invalid', premium: false });
  });

  it('has a lease end with the lease hours, or with the grace where that comes first', () => {
    expect(leaseUntil(of(), START, START)).toBe(START + 48 * HOUR);
    expect(leaseUntil(of(), END, END)).toBe(GRACE_END);
    expect(leaseUntil(of({ plan: 'mild' }), GRACE_END, GRACE_END)).toBe(GRACE_END + 24 * HOUR);
  });
});
