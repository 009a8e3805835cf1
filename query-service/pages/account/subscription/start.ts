import type { SubscriptionResource } from '../../../../shared/http/routes/resources.ts';
import type { Problem } from '../../parts/api/problem.ts';
import type { Session } from '../session/session.ts';
import type { Instead } from './offers.ts';

/** What the customer chose. */
export interface Chosen {
  readonly session: Session;
  readonly product: string;
  readonly plan: string;
}

const start = async ({ session, product, plan }: Chosen, how: Readonly<Record<string, unknown>>) => {
  const outcome = await session.command('/v1/subscriptions', { product, plan, ...how });
  return outcome.ok ? undefined : outcome.problem;
};

/** @returns why it was refused */
export const startPlan = (chosen: Chosen, months: number): Promise<Problem | undefined> =>
  start(chosen, { months });

export async function changePlan(
  { session, plan }: Chosen,
  { subscription_id: id }: SubscriptionResource,
): Promise<Problem | undefined> {
  const outcome = await session.command(`/v1/subscriptions/${id}/change-plan`, { plan });
  return outcome.ok ? undefined : outcome.problem;
}

/**
 * Starts a trial. A customer has one subscription of a product, so the one that they have ends first; where the trial is then
 * refused (it may have been used under this email before), the old plan is started again.
 */
export async function startTrial(chosen: Chosen, instead?: Instead): Promise<Problem | undefined> {
  if (!instead) return start(chosen, { trial: true });
  const { session } = chosen;
  const path = `/v1/subscriptions/${instead.subscription.subscription_id}/cancel`;
  const ended = await session.command(path, { immediately: true });
  if (!ended.ok) return ended.problem;
  const refused = await start(chosen, { trial: true });
  if (!refused) return undefined;
  const old = { ...chosen, plan: instead.subscription.plan_type };
  return (await start(old, { months: instead.months })) ?? refused;
}
