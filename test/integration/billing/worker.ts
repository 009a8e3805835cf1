import { type ApiAnswer, ask } from '../../support/api.ts';
import type { BilledSubscription, BillingProvider, Delivery } from './provider.ts';

interface Target {
  /** A command node; another one each time, as behind a load balancer. */
  readonly url: () => string;
  readonly token: string;
}

/** The subscription has changed since it was read: read again. */
class Overtaken extends Error {}

/** What of an answer is still to be tried again: nobody knows, nobody could, or somebody else was faster. */
const isWorthAnotherTry = ({ status }: ApiAnswer): boolean => status === 503 || status === 429;

/**
 * A worker of a seller's billing integration, as docs/billing.md describes it. A delivery says only that something has
 * changed: the worker reads what our side has, then what the provider has *now*, and sends what differs, each command
 * on the condition that our side is still as it was read. So deliveries may come late, again, in any order and to
 * several workers at once.
 */
export function createWorker(provider: BillingProvider, { url, token }: Target) {
  async function send(
    resource: string,
    body: unknown,
    ifMatch?: string,
    allowed: readonly number[] = [],
  ): Promise<ApiAnswer> {
    for (;;) {
      const headers = ifMatch === undefined ? {} : { 'If-Match': ifMatch };
      const answer = await ask(url(), resource, { method: 'POST', token, body, headers }).catch(
        () => undefined,
      );
      if (!answer || isWorthAnotherTry(answer)) continue;
      if (answer.status === 412 || (answer.status === 409 && answer.body.code === 'conflict'))
        throw new Overtaken();
      if (answer.status >= 300 && !allowed.includes(answer.status))
        throw new Error(`${resource}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer;
    }
  }

  async function customerOf({ customer }: BilledSubscription): Promise<string> {
    const { body } = await send('/v1/users', { external_id: customer });
    return String(body.user_id);
  }

  async function bringUp(id: string): Promise<void> {
    const sold = provider.get(id);
    const userId = await customerOf(sold);
    const started = await send('/v1/subscriptions', {
      user_id: userId,
      external_id: id,
      plan: sold.firstPlan,
      start_date: sold.startDate,
      end_date: sold.firstEnd,
    });
    let ours = started;
    const wanted = provider.get(id); // only now: whatever it says is at least as new as what was read
    const path = `/v1/subscriptions/${ours.body.subscription_id}`;
    const next = async (verb: string, body: unknown) => {
      ours = await send(`${path}/${verb}`, body, String(ours.headers.get('ETag')));
    };
    const isCancelled = ours.body.status === 'cancelled';
    if (isCancelled && !wanted.cancelled) await next('uncancel', {});
    if (ours.body.plan_type !== wanted.plan || ours.body.quantity !== wanted.quantity)
      await next('change-plan', { plan: wanted.plan, quantity: wanted.quantity });
    if (!isCancelled && String(ours.body.end_date) < wanted.endDate)
      await next('renew', { end_date: wanted.endDate });
    if (wanted.cancelled && ours.body.status !== 'cancelled') await next('cancel', {});
  }

  return async ({ subscription }: Delivery): Promise<void> => {
    for (;;) {
      try {
        await bringUp(subscription);
        return;
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
      }
    }
  };
}
