import { afterAll, beforeAll, expect } from 'vitest';
import type { Store } from '../../../examples/stripe/sync/store.ts';
import { deliverAll, openStore, workedOff } from './deliveries.ts';
import { type Shown, subscriptionsOf, today, userOf } from './shown.ts';
import { type Billing, startBilling } from './system.ts';

interface Sold {
  readonly price?: string;
  readonly quantity?: number;
  readonly start?: number;
}

/** The system of a test file, where every event is delivered at once. */
export class Bench {
  readonly billing: Billing;
  readonly store: Store;
  readonly #deliveries: ReturnType<typeof deliverAll>;

  constructor(billing: Billing) {
    this.billing = billing;
    this.store = openStore(billing);
    this.#deliveries = deliverAll(billing);
  }

  /** Every delivery is answered by 200, and worked off. */
  async allDone(): Promise<void> {
    expect((await this.#deliveries.answered()).filter((status) => status !== 200)).toEqual([]);
    await workedOff(this.store);
  }

  /** A customer of Stripe's with a subscription that runs since today, and whoever they are here. */
  async sold(sale: Sold = {}) {
    const { fake } = this.billing;
    const customer = fake.customer();
    const id = fake.sell({ customer, price: 'price_pro', start: today(), ...sale });
    await this.allDone();
    return { customer, id, userId: await userOf(this.billing, customer) };
  }

  /** What is here of a customer, once everything is worked off. */
  async here(userId: string): Promise<readonly Shown[]> {
    await this.allDone();
    return subscriptionsOf(this.billing, userId);
  }

  /** Why a customer is parked. */
  reasonsOf(customer: string): string | undefined {
    return this.store
      .parked()
      .find((one) => one.customer === customer)
      ?.reasons.join();
  }
}

export interface UsedBench {
  readonly it: Bench;
}

export function useBench(): UsedBench {
  let bench: Bench | undefined;
  beforeAll(async () => {
    bench = new Bench(await startBilling());
  });
  afterAll(async () => {
    bench?.store.close();
    await bench?.billing[Symbol.asyncDispose]();
  });
  return {
    get it() {
      if (!bench) throw new Error('the system has not been started');
      return bench;
    },
  };
}
