/**
 * The paths that both services have routes for, with all their methods: Nginx gives a request to one of the two by its method, and
 * `Allow` names what either of them answers.
 */
export const SHARED_PATHS: Readonly<Record<string, readonly string[]>> = {
  '/v1/users': ['GET', 'POST'],
  '/v1/users/{id}': ['GET', 'DELETE'],
  '/v1/subscriptions': ['GET', 'POST'],
  '/v1/service-accounts': ['GET', 'POST'],
  '/v1/service-accounts/{id}': ['GET', 'DELETE'],
  '/v1/staff': ['GET', 'POST'],
  '/v1/staff/{id}': ['GET', 'DELETE'],
  '/v1/webhooks': ['GET', 'POST'],
  '/v1/webhooks/{id}': ['GET', 'PATCH', 'DELETE'],
};
