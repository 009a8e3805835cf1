import { DAY_MS } from '../../shared/calendar.ts';

/** What a customer of the long run has, as they know it from their own commands' answers. Times are of the fast clock. */
export interface Subscription {
  readonly id: string;
  readonly plan: Plan;
  readonly start: number;
  readonly end: number;
  readonly suspended: boolean;
  readonly cancelled: boolean;
}

export type Plan = 'mild' | 'strict';

/** The terms of the plans in catalogue.json, as far as an answer depends on them. */
export const TERMS = {
  mild: { graceMs: DAY_MS, restricts: false, leaseHours: 24 },
  strict: { graceMs: DAY_MS, restricts: true, leaseHours: 48 },
} as const satisfies Record<Plan, unknown>;

export const FREE_LEASE_HOURS = 24;

export const graceEnd = ({ plan, end, cancelled }: Subscription): number =>
  cancelled ? end : end + TERMS[plan].graceMs;

/** Whether it still counts: nothing new can be started beside it. */
export const isCurrent = (subscription: Subscription, at: number): boolean => at < graceEnd(subscription);

export interface Expected {
  readonly code: string;
  readonly status: 'valid' | 'invalid';
  readonly premium: boolean;
  readonly grace: boolean;
}

/** The answer to a client at a moment: written from the document, and by nothing of the code that it judges. */
export function expected(license: 'active' | 'deactivated', its: Subscription, at: number): Expected {
  const no = (code: string): Expected => ({ code, status: 'invalid', premium: false, grace: false });
  if (license === 'deactivated') return no('DEACTIVATED');
  if (its.suspended) return no('SUSPENDED');
  const over = overAt(its, at);
  if (over === undefined)
    return { code: 'VALID', status: 'valid', premium: true, grace: !its.cancelled && at >= its.end };
  return TERMS[its.plan].restricts ? no(over) : { ...no(over), status: 'valid' };
}

function overAt(its: Subscription, at: number): 'NOT_STARTED' | 'CANCELLED' | 'EXPIRED' | undefined {
  if (at < its.start) return 'NOT_STARTED';
  if (its.cancelled && at >= its.end) return 'CANCELLED';
  return at >= graceEnd(its) ? 'EXPIRED' : undefined;
}

/** What an API answer about the subscription calls its state: a cancellation shows also while it still runs. */
export function statusOf(its: Subscription, at: number): string {
  if (its.suspended) return 'suspended';
  if (its.cancelled) return 'cancelled';
  if (at < its.start) return 'scheduled';
  if (at < its.end) return 'active';
  return at < graceEnd(its) ? 'grace' : 'expired';
}

/** Until when a lease may hold that was given for an answer as of a moment. */
export function leaseUntil(its: Subscription, at: number, asOf: number): number {
  if (overAt(its, at) !== undefined) return asOf + FREE_LEASE_HOURS * 3_600_000;
  return Math.min(asOf + TERMS[its.plan].leaseHours * 3_600_000, graceEnd(its));
}
