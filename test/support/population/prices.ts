import type { Terms } from '../../../shared/events/schemas/terms.ts';
import type { Random } from '../random.ts';

/** How a customer pays. */
export interface Paying {
  readonly currency: string;
  readonly months: 1 | 12;
}

/** Of a month, in minor units; the free plan has no price. */
const MONTHLY: Readonly<Record<string, number>> = { basic: 990, pro: 2_990, enterprise: 19_900 };
const MONTHS_PAID_A_YEAR = 10;

export const payingOf = (random: Random): Paying => ({
  currency: random.pick(['EUR', 'USD']),
  months: random.below(3) === 0 ? 12 : 1,
});

export function priceOf(plan: string, { currency, months }: Paying): Terms['price'] {
  const monthly = MONTHLY[plan];
  if (monthly === undefined) return null;
  return { amount: months === 12 ? MONTHS_PAID_A_YEAR * monthly : monthly, currency, months };
}
