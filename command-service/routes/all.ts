import type { Route } from '../../shared/http/routes/route.ts';
import type { CommandContext } from '../context.ts';
import { customerRoutes } from './accounts/customers.ts';
import { meRoutes } from './accounts/me.ts';
import { oneTimeTokenRoutes } from './accounts/one-time-tokens.ts';
import { userRoutes } from './accounts/users.ts';
import { licenseKeyCommands } from './license-keys/commands.ts';
import { licenseKeyReads } from './license-keys/read.ts';
import { activationRoutes } from './licenses/activations.ts';
import { licenseRoutes } from './licenses/licenses.ts';
import { staffLogInRoutes } from './staff/log-in.ts';
import { memberRoutes } from './staff/members.ts';
import { staffOpenIdRoutes } from './staff/openid.ts';
import { serviceAccountRoutes } from './staff/service-accounts.ts';
import { staffSessionRoutes } from './staff/session.ts';
import { tokenRoutes } from './staff/token.ts';
import { staffWelcomeRoutes } from './staff/welcome.ts';
import { subscriptionRoutes } from './subscriptions/subscriptions.ts';
import { deliveryRoutes } from './webhooks/deliveries.ts';
import { webhookRoutes } from './webhooks/webhooks.ts';

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
  ...staffLogInRoutes,
  ...staffWelcomeRoutes,
  ...staffSessionRoutes,
  ...staffOpenIdRoutes,
  ...memberRoutes,
  ...licenseKeyCommands,
  ...licenseKeyReads,
  ...webhookRoutes,
  ...deliveryRoutes,
];
