import { describe, expect, it } from 'vitest';
import {
  currentOf,
  type Holding,
  offerOf,
  possibleFor,
} from '../../../query-service/pages/account/subscription/offers.ts';
import type { ShownPlan } from '../../../shared/catalogue/shown.ts';
import type { SubscriptionResource } from '../../../shared/http/routes/resources.ts';

const NOW = Date.parse('2026-11-27T12:00:00.000Z');
const DAY = 86_400_000;
const days = (number: number): string => new Date(NOW + number * DAY).toISOString();

const planOf = (plan: string, other: Partial<ShownPlan> = {}): ShownPlan => ({
  plan,
  max_clients: 3,
  entitlements: ['core'],
  grace_days: 3,
  on_expiry: 'downgrade',
  lease_hours: 72,
  replacements_per_month: 5,
  price: null,
  trial_days: null,
  started_by: 'staff',
  ...other,
});
const free = planOf('free', { started_by: 'customer' });
const monthly = planOf('monthly', {
  started_by: 'customer',
  price: { amount: 900, currency: 'EUR', months: 1 },
});
const pro = planOf('pro', { trial_days: 14 });

const subscription = (other: Partial<SubscriptionResource> = {}): SubscriptionResource => ({
  subscription_id: '0198f0a4-6c1e-7b6e-9f2a-3b1c5d7e9f01',
  user_id: '0198f0a4-6c1e-7b6e-9f2a-3b1c5d7e9f02',
  product: 'app',
  plan_type: 'free',
  quantity: 1,
  trial: false,
  status: 'active',
  start_date: days(-10),
  end_date: days(300),
  cancelled_by: null,
  external_id: null,
  created_at: days(-10),
  updated_at: days(-10),
  ...other,
});
const holding = (...subscriptions: SubscriptionResource[]): Holding => ({
  subscriptions,
  product: 'app',
  plans: [free, monthly, pro],
});
const offers = (...subscriptions: SubscriptionResource[]) =>
  Object.fromEntries(
    [free, monthly, pro].map((plan) => [plan.plan, offerOf(holding(...subscriptions), plan, NOW)]),
  );

describe('what a customer is offered', () => {
  it('starts and trials, with nothing current', () => {
    expect(offers()).toEqual({
      free: { kind: 'start', months: 12 },
      monthly: { kind: 'start', months: 1 },
      pro: { kind: 'trial', days: 14 },
    });
    expect(offers(subscription({ status: 'expired' }))).toEqual(offers());
    expect(offers(subscription({ status: 'cancelled', end_date: days(-1) }))).toEqual(offers());
    expect(offers(subscription({ product: 'other' }))).toEqual(offers());
  });

  it('changes between the plans of their own, and a trial instead', () => {
    const one = subscription();
    expect(offers(one)).toEqual({
      free: { kind: 'current' },
      monthly: { kind: 'change', subscription: one },
      pro: { kind: 'trial', days: 14, instead: { subscription: one, months: 12 } },
    });
  });

  it('one trial of a product', () => {
    expect(offers(subscription({ trial: true, plan_type: 'pro', status: 'expired' })).pro).toEqual({
      kind: 'seller',
    });
  });

  it.each([
    ['a running trial', { trial: true, plan_type: 'pro' }],
    ['what the seller sold', { plan_type: 'pro' }],
    ['a quantity that the seller gave', { quantity: 2 }],
    ['what they have cancelled, until it ends', { status: 'cancelled', cancelled_by: 'user' }],
  ] as const)('nothing beside %s', (_, other) => {
    const { monthly } = offers(subscription(other));
    expect(monthly).toEqual({ kind: 'later' });
  });

  it('nothing while it is suspended, also past its end', () => {
    const kinds = Object.values(offers(subscription({ status: 'suspended', end_date: days(-5) })));
    expect(kinds).toEqual(kinds.map(() => ({ kind: 'suspended' })));
  });
});

describe('what a customer can do about what they have', () => {
  const possible = (other: Partial<SubscriptionResource>) => {
    const one = subscription(other);
    return possibleFor(holding(one), one, NOW);
  };
  it.each([
    ['far from its end', {}, { cancel: true, uncancel: false, renewMonths: undefined }],
    ['near its end', { end_date: days(20) }, { cancel: true, uncancel: false, renewMonths: 12 }],
    [
      'paid monthly',
      { plan_type: 'monthly', end_date: days(20) },
      { cancel: true, uncancel: false, renewMonths: 1 },
    ],
    [
      'sold by the seller',
      { plan_type: 'pro', end_date: days(20) },
      { cancel: true, uncancel: false, renewMonths: undefined },
    ],
    [
      'cancelled by themselves',
      { status: 'cancelled', cancelled_by: 'user' },
      { cancel: false, uncancel: true, renewMonths: undefined },
    ],
    [
      'cancelled by staff',
      { status: 'cancelled', cancelled_by: 'staff' },
      { cancel: false, uncancel: false, renewMonths: undefined },
    ],
    ['suspended', { status: 'suspended' }, { cancel: true, uncancel: false, renewMonths: undefined }],
  ] as const)('%s', (_, other, expected) => {
    expect(possible(other)).toEqual(expected);
  });
});

it('the current one is the one whose end is ahead', () => {
  const over = subscription({ status: 'expired' });
  const one = subscription();
  expect(currentOf([over, one], 'app', NOW)).toBe(one);
  expect(currentOf([over], 'app', NOW)).toBeUndefined();
});
