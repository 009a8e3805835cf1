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
export async function workedOff(store: Store): Promise<void> {
  await eventually('every delivery is worked off', () => store.dueCount() === 0, 60_000);
}

export const seconds = (date: string): number => Date.parse(date) / 1_000;
export const instantOf = (time: number): string => new Date(time * 1_000).toISOString();
/** The beginning of this day, so that what was sold then runs. */
export const today = (): number => Math.floor(Date.now() / 86_400_000) * 86_400;

export interface Shown {
  readonly subscription_id: string;
  readonly external_id: string | null;
  readonly plan_type: string;
  readonly quantity: number;
  readonly status: string;
  readonly start_date: string;
  readonly end_date: string;
  readonly cancelled_by: string | null;
}

/** The id of the user who was added for a customer of Stripe's. */
export async function userOf({ ask }: Billing, customer: string): Promise<string> {
  const user = await ask('/v1/users', { body: { external_id: customer } });
  return String(user.body.user_id);
}

/** What a user has here now, in the order of the start dates: the log says how far the answer has to be. */
export async function subscriptionsOf({ ask }: Billing, userId: string): Promise<readonly Shown[]> {
  const history = await ask(`/v1/users/${userId}/history?limit=100`);
  const { position } = (history.body.events as readonly { readonly position: string }[]).at(-1) ?? {};
  const { body } = await ask(`/v1/users/${userId}/subscriptions`, { minPosition: position });
  return body.items as readonly Shown[];
}
