import { comparedClientId } from '../../../shared/identity/opaque.ts';
import { isCurrentAt } from '../../../shared/subscription-status.ts';
import {
  accepted,
  type Context,
  type Decision,
  invalid,
  isRejection,
  type Rejection,
  rejected,
} from '../decision.ts';
import type { License, Subscription } from '../entities.ts';
import { type ActivateClient, unchanged } from './commands.ts';
import { type PlaceLimits, placeOf, replacementsUsedUp } from './places.ts';
import type { ProductLicenses } from './state.ts';

/** Refuses where no place is free for one more active client. */
export function noPlace({ ofClient, active }: ProductLicenses, limit: number): Rejection | undefined {
  if (active < limit) return undefined;
  const activeClients = [...ofClient.values()].filter(({ status }) => status === 'active');
  return { code: 'client_limit_reached', limit, activeClients };
}

/** The active license whose place is asked for; undefined where none is. */
function replacedBy(
  { ofClient }: ProductLicenses,
  replaces: string | undefined,
): License | Rejection | undefined {
  if (replaces === undefined) return undefined;
  const license = ofClient.get(comparedClientId(replaces));
  return license?.status === 'active' ? license : { code: 'not_found', what: 'client' };
}

/** Why a new client can't have a place: none is free, or too many were replaced. */
function placeRefused(
  held: ProductLicenses,
  client: string,
  replaced: License | undefined,
  limits: PlaceLimits,
  now: number,
): Rejection | undefined {
  const { active, places } = held;
  const full = noPlace(replaced ? { ...held, active: active - 1 } : held, limits.clients);
  if (full) return full;
  const place = placeOf(places, client, active, limits, now);
  if (!replaced && place.kind !== 'freed') return undefined;
  const freed = !replaced && place.kind === 'freed' ? place : undefined;
  const usedUp = replacementsUsedUp(places, limits, freed, now);
  return usedUp && { code: 'replacements_used_up', ...usedUp };
}

/** Of a subscription that may activate: it has started, is not over (the grace counts) and not suspended. */
function notUsable(subscription: Subscription | undefined, now: number): Rejection | undefined {
  if (!subscription || !isCurrentAt(subscription, now) || now < subscription.startDate)
    return { code: 'no_active_subscription' };
  return subscription.suspended ? { code: 'subscription_suspended', subscription } : undefined;
}

/** What the subscription that counts for a product allows. */
export const limitsOf = (subscription: Subscription | undefined): PlaceLimits => ({
  clients: subscription ? subscription.terms.maxClients * subscription.quantity : 0,
  replacements: subscription?.terms.replacementsPerMonth ?? null,
});

/**
 * A client that is active gets its license again, whatever the subscription: its key says who it is, and a
 * validation says what it is worth. Any other needs a subscription that may activate, and a place: a free one, or the
 * one of the active client that it replaces, in one event. A deactivated client gets a new license.
 * @param subscription the one that counts for the product
 * @param keyUses how many different clients the license key will have activated with this one, or why it activates no more
 */
export function activate(
  held: ProductLicenses,
  subscription: Subscription | undefined,
  command: ActivateClient,
  { userId, keyUses }: { readonly userId: string; readonly keyUses?: number | Rejection | undefined },
  context: Context,
): Decision {
  const { clientName, replaces, keyId } = command;
  const clientId = comparedClientId(command.clientId);
  if (replaces !== undefined && comparedClientId(replaces) === clientId)
    return rejected(invalid('replaces', 'expected a client other than client_id'));
  const before = held.ofClient.get(clientId);
  if (before?.status === 'active') return unchanged(before);
  if (before?.status === 'revoked') return rejected({ code: 'client_revoked', license: before });
  const refusal = notUsable(subscription, context.now);
  if (!subscription || refusal) return rejected(refusal ?? { code: 'no_active_subscription' });
  if (typeof keyUses === 'object') return rejected(keyUses);
  const replaced = replacedBy(held, replaces);
  if (replaced && isRejection(replaced)) return rejected(replaced);
  const noRoom = placeRefused(held, clientId, replaced, limitsOf(subscription), context.now);
  if (noRoom) return rejected(noRoom);
  return accepted({
    type: 'LicenseActivated',
    data: {
      userId,
      licenseId: context.newId(),
      subscriptionId: subscription.subscriptionId,
      product: subscription.product,
      clientId,
      ...(keyUses === undefined ? {} : { keyId, keyUses }),
      ...(replaced ? { replaces: replaced.licenseId } : {}),
      personal: clientName === undefined ? {} : { clientName },
    },
  });
}
