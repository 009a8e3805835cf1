import type { Subscription } from '../license-system/subscriptions.ts';
import type { Cause } from '../stripe/wanted.ts';
import type { Session } from './session.ts';
import type { Store } from './store.ts';

/**
 * Suspends for each cause that is new, and reinstates once the last one is gone; only what this service has suspended
 * itself, because a suspension doesn't say who wants it.
 * @returns the subscription as it is then
 */
export async function applyCauses(
  session: Session,
  store: Store,
  name: string,
  mine: Subscription,
  causes: readonly Cause[],
): Promise<Subscription> {
  const known = store.causes(name);
  const isOurs = [...known.values()].includes('ours');
  const someoneElses = mine.status === 'suspended' && !isOurs && ![...known.values()].includes('due');
  for (const cause of causes)
    if (!known.has(cause)) store.setCause(name, cause, someoneElses ? 'theirs' : 'due');
  const due = [...store.causes(name)].filter(([cause, state]) => state === 'due' && causes.includes(cause));
  if (due.length > 0)
    return suspend(
      session,
      store,
      name,
      mine,
      due.map(([cause]) => cause),
    );
  if (causes.length > 0 || known.size === 0) return mine;
  const reinstated = isOurs && mine.status === 'suspended' ? await session.do(mine, 'reinstate') : mine;
  // Forgotten last: a crash in between reinstates again, which changes nothing.
  for (const cause of known.keys()) store.dropCause(name, cause);
  return reinstated ?? mine;
}

async function suspend(
  session: Session,
  store: Store,
  name: string,
  mine: Subscription,
  causes: readonly Cause[],
): Promise<Subscription> {
  const suspended = await session.do(mine, 'suspend', { reason: `Stripe: ${causes.join(', ')}` });
  if (suspended) for (const cause of causes) store.setCause(name, cause, 'ours');
  return suspended ?? mine;
}
