import type { Random } from '../../support/random.ts';

/** What a billing provider says of a subscription: all of it, as of now. */
export interface BilledSubscription {
  readonly id: string;
  readonly customer: string;
  /** What it was sold as first; stays. */
  readonly firstPlan: string;
  readonly startDate: string;
  readonly firstEnd: string;
  readonly plan: string;
  readonly quantity: number;
  readonly endDate: string;
  readonly cancelled: boolean;
}

/** Something changed. What, has to be asked: the delivery may be late, or come again. */
export interface Delivery {
  readonly subscription: string;
}

const monthsAfter = (date: string, months: number): string => {
  const later = new Date(date);
  later.setUTCMonth(later.getUTCMonth() + months);
  return later.toISOString();
};

const PLANS = ['basic', 'pro', 'enterprise'] as const;

/** A provider whose subscriptions live on, change by change, and which delivers a word of each change. */
export class BillingProvider {
  readonly #random: Random;
  readonly #subscriptions = new Map<string, BilledSubscription>();

  constructor(random: Random) {
    this.#random = random;
  }

  get ids(): readonly string[] {
    return [...this.#subscriptions.keys()];
  }

  get(id: string): BilledSubscription {
    const found = this.#subscriptions.get(id);
    if (!found) throw new Error(`the provider has no subscription ${id}`);
    return found;
  }

  sell(id: string, customer: string, startDate: string): Delivery {
    const plan = this.#random.pick(PLANS);
    const endDate = monthsAfter(startDate, 1 + this.#random.below(6));
    this.#subscriptions.set(id, {
      id,
      customer,
      firstPlan: plan,
      startDate,
      firstEnd: endDate,
      plan,
      quantity: 1,
      endDate,
      cancelled: false,
    });
    return { subscription: id };
  }

  /** One more change of one of them: a renewal, another plan, another quantity, a cancellation or its withdrawal. */
  change(id: string): Delivery {
    const before = this.get(id);
    const after = this.#changed(before);
    this.#subscriptions.set(id, after);
    return { subscription: id };
  }

  #changed(before: BilledSubscription): BilledSubscription {
    if (before.cancelled) return { ...before, cancelled: false };
    switch (this.#random.below(5)) {
      case 0:
        return { ...before, plan: this.#random.pick(PLANS) };
      case 1:
        return { ...before, quantity: 1 + this.#random.below(9) };
      case 2:
        return { ...before, cancelled: true };
      default:
        return { ...before, endDate: monthsAfter(before.endDate, 1) };
    }
  }
}
