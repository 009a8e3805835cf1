import { z } from 'zod';
import { Problem } from '../../shared/http/problems/problem.ts';
import { uuid } from '../../shared/http/routes/fields.ts';
import { subscriptionResource } from '../../shared/http/routes/resources.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { showSubscription } from '../queries/show.ts';
import { findSubscription } from '../queries/subscriptions.ts';
import { aboutOneUser, mustOwn, ONE_USER_PROBLEMS, rowsToWaitFor } from './conventions.ts';

const subscription = queryRoute({
  method: 'get',
  path: '/v1/subscriptions/{id}',
  operationId: 'getSubscription',
  tag: 'Subscriptions',
  summary: 'A subscription',
  auth: ['user', 'customers:read', 'history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  answers: { 200: { description: 'The subscription.', body: subscriptionResource } },
  problems: ['not_found', ...ONE_USER_PROBLEMS],
}).handle(async ({ db, readYourWrites, clock }, { principal, params, headers, signal }) => {
  const subject = rowsToWaitFor(principal, { kind: 'subscription', id: params.id });
  await readYourWrites.reached(subject, headers['min-event-position'], signal);
  const row = await findSubscription(db, params.id);
  if (!row) throw new Problem('not_found');
  mustOwn(principal, row.user_id);
  return { status: 200, body: showSubscription(row, clock()) };
});

export const subscriptionRoutes: readonly Route<QueryContext>[] = [subscription];
