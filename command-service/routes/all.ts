import type { Route } from '../../shared/http/routes/route.ts';
import type { CommandContext } from '../context.ts';
import { activationRoutes } from './activations.ts';
import { licenseRoutes } from './licenses.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { userRoutes } from './users.ts';

/** Every route of the command service, in the order of the API's document. */
export const commandRoutes: readonly Route<CommandContext>[] = [
  ...userRoutes,
  ...subscriptionRoutes,
  ...activationRoutes,
  ...licenseRoutes,
];
