import type { Terms } from './events/schemas/terms.ts';
import { isRunningAt, type SubscriptionFacts } from './subscription-status.ts';

/** What decides the revenue of a subscription. */
export interface Sold {
  /** Null or left out: the plan has none. */
  readonly price?: Terms['price'] | undefined;
  readonly quantity: number;
  readonly trial: boolean;
}

/**
 * What a subscription is worth by month while it runs: its price times the quantity, divided by the months that it pays for,
 * rounded half up to the minor unit of the currency. A trial, and a plan without a price, is worth nothing.
 * (As bigint: the largest price times the largest quantity is more than a number holds to the unit.)
 */
export function monthlyPrice({ price, quantity, trial }: Sold): bigint {
  if (!price || trial) return 0n;
  const months = BigInt(price.months);
  return (2n * BigInt(price.amount) * BigInt(quantity) + months) / (2n * months);
}

/**
 * Monthly recurring revenue (MRR) of a subscription at an instant, in minor units of its currency: the one definition, which
 * docs/metrics.md explains. Only what runs has any. @param now in milliseconds since 1970
 */
export const mrrOf = (subscription: Sold & SubscriptionFacts, now: number): bigint =>
  isRunningAt(subscription, now) ? monthlyPrice(subscription) : 0n;
