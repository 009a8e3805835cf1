import type Stripe from 'stripe';
import { Store } from '../../../examples/stripe/sync/store.ts';
import { eventually } from '../../support/eventually.ts';
import type { Billing } from './system.ts';

/** What Stripe would deliver of some changes, held back. */
export function eventsOf({ fake }: Billing, change: () => void): readonly Stripe.Event[] {
  const deliver = fake.onEvent;
  const held: Stripe.Event[] = [];
  fake.onEvent = (event) => void held.push(event);
  change();
  fake.onEvent = deliver;
  return held;
}

/** Delivers every event at once, as Stripe does when all goes well. */
export function deliverAll({ fake, deliver }: Billing) {
  let sent: Promise<number>[] = [];
  fake.onEvent = (event: Stripe.Event) => void sent.push(deliver(event));
  return {
    /** @returns the statuses of the answers, once all are answered */
    async answered(): Promise<readonly number[]> {
      const answers = await Promise.all(sent);
      sent = [];
      return answers;
    },
  };
}

export function openStore({ environment }: Billing): Store {
  return new Store(environment.DATA_FILE);
}

/** Resolves once nothing is left to do. */
export async function workedOff(store: Store, timeoutMs = 60_000): Promise<void> {
  await eventually('every delivery is worked off', () => store.dueCount() === 0, timeoutMs);
}
