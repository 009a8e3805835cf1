import type { Route, RouteSpec } from '../../shared/http/routes/route.ts';
import type { QueryContext } from '../context.ts';
import { jwksRoutes } from './jwks.ts';
import { licenseRoutes } from './licenses.ts';
import { mailRoutes } from './mails.ts';
import { parkedEventRoutes } from './parked-events.ts';
import { planRoutes } from './plans.ts';
import { serviceAccountRoutes } from './service-accounts.ts';
import { staffRoutes } from './staff.ts';
import { statsRoutes } from './stats/stats.ts';
import { subscriptionRoutes } from './subscriptions.ts';
import { historyRoutes } from './users/history.ts';
import { meRoutes } from './users/me.ts';
import { userRoutes } from './users/users.ts';
import { validationSpecs } from './validation.ts';
import { deliveryRoutes } from './webhooks/deliveries.ts';
import { webhookRoutes } from './webhooks/webhooks.ts';

/** Every route that Express answers. */
export const queryRoutes: readonly Route<QueryContext>[] = [
  ...meRoutes,
  ...subscriptionRoutes,
  ...licenseRoutes,
  ...userRoutes,
  ...historyRoutes,
  ...serviceAccountRoutes,
  ...staffRoutes,
  ...webhookRoutes,
  ...deliveryRoutes,
  ...statsRoutes,
  ...parkedEventRoutes,
  ...mailRoutes,
  ...planRoutes,
  ...jwksRoutes,
];

/** Every route of this service, in the order of the API's document. */
export const querySpecs: readonly RouteSpec[] = [...validationSpecs, ...queryRoutes];
