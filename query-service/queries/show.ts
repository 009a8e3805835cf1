import { z } from 'zod';
import { accountResource, type Shown, subscriptionResource } from '../../shared/http/routes/resources.ts';
import type { SubscriptionRow, UserRow } from '../../shared/read-model/rows.ts';
import { showSubscription } from '../../shared/read-model/show.ts';

const WITHOUT_PERSONAL_DATA = 'Left out for who has `history:read` alone; null once the user is erased.';

export const THOSE_THAT_COUNT = 'Those that count for the licenses of the user, one a product.';
export const THE_FIRST = 'The first of `subscriptions`, for callers from before there were products.';

const { created_at, updated_at, ...account } = accountResource.shape;

/** An account with what belongs to it. */
export const userResource = z
  .strictObject({
    ...account,
    email: account.email.optional().meta({ description: WITHOUT_PERSONAL_DATA }),
    name: account.name
      .optional()
      .meta({ description: `As staff gave it. ${WITHOUT_PERSONAL_DATA}`, examples: ['Ada Lovelace'] }),
    subscriptions: z.array(subscriptionResource).meta({ description: THOSE_THAT_COUNT }),
    subscription: subscriptionResource.nullable().meta({ description: THE_FIRST, deprecated: true }),
    created_at,
    updated_at,
  })
  .meta({ id: 'User' });

export type UserResource = z.infer<typeof userResource>;

export const showUser = (
  { user, subscriptions }: { readonly user: UserRow; readonly subscriptions: readonly SubscriptionRow[] },
  { personal }: Shown,
  now: number,
): UserResource => {
  const shown = subscriptions.map((one) => showSubscription(one, now));
  return {
    user_id: user.user_id,
    ...(personal && { email: user.email, name: user.name }),
    email_verified: user.email_verified,
    external_id: user.external_id,
    status: user.status,
    subscriptions: shown,
    subscription: shown[0] ?? null,
    created_at: user.created_at.toISOString(),
    updated_at: user.updated_at.toISOString(),
  };
};
