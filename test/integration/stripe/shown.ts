import type { Billing } from './system.ts';

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
