import type { Route } from '../../shared/http/routes/route.ts';
import type { CommandContext } from '../context.ts';
import { activationRoutes } from './activations.ts';
import { customerRoutes } from './customers.ts';
import { licenseKeyRoutes } from './license-keys.ts';
import { licenseRoutes } from './licenses.ts';
import { meRoutes } from './me.ts';
import { oneTimeTokenRoutes } from './one-time-tokens.ts';
import { serviceAccountRoutes } from './service-accounts.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { tokenRoutes } from './token.ts';
import { userRoutes } from './users.ts';

/** Every route of the command service, in the order of the API's document. */
export const commandRoutes: readonly Route<CommandContext>[] = [
  ...userRoutes,
  ...meRoutes,
  ...oneTimeTokenRoutes,
  ...customerRoutes,
  ...subscriptionRoutes,
  ...activationRoutes,
  ...licenseRoutes,
  ...tokenRoutes,
  ...serviceAccountRoutes,
  ...licenseKeyRoutes,
];
