import { z } from 'zod';
import { Problem } from '../../shared/http/problems/problem.ts';
import { catalogueName, instant, uuid } from '../../shared/http/routes/fields.ts';
import { listOf, pageQuery, pageSize, showPage } from '../../shared/http/routes/paging.ts';
import { subscriptionResource } from '../../shared/http/routes/resources.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { showSubscription } from '../../shared/read-model/show.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { listSubscriptions, type SubscriptionCursor } from '../queries/list-subscriptions.ts';
import { findSubscription } from '../queries/subscriptions.ts';
import {
  aboutMany,
  aboutOneUser,
  mustOwn,
  ONE_USER_PROBLEMS,
  QUERY_PROBLEMS,
  rowsToWaitFor,
} from './conventions.ts';

const common = {
  method: 'get',
  tag: 'Subscriptions',
  rateLimit: { name: 'queries', by: 'caller' },
} as const;

const subscription = queryRoute({
  ...common,
  path: '/v1/subscriptions/{id}',
  operationId: 'getSubscription',
  summary: 'A subscription',
  auth: ['user', 'customers:read', 'history:read'],
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

/** The end date in milliseconds and the id of the last one that was shown. */
const cursor = z
  .string()
  .regex(/^-?\d{1,15}_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, {
    error: 'expected the next_cursor of the page before',
  })
  .transform((text): SubscriptionCursor => {
    const [endDate, subscriptionId] = text.split('_') as [string, string];
    return { endDate: Number(endDate), subscriptionId };
  });

const subscriptions = queryRoute({
  ...common,
  path: '/v1/subscriptions',
  operationId: 'listSubscriptions',
  summary: 'Subscriptions that match all filters given, by end date',
  description: 'One whose end date changes between two pages may be on both, or on neither.',
  auth: ['customers:read'],
  query: z.strictObject({
    limit: pageQuery.limit,
    cursor: cursor.optional().meta({
      description: 'The `next_cursor` of the page before.',
      examples: ['1811894400000_019afc2e-9c41-7d02-8a3b-5e6f7a8b9c0d'],
    }),
    status: subscriptionResource.shape.status.optional(),
    product: catalogueName.optional(),
    plan: catalogueName.optional(),
    ends_before: instant
      .optional()
      .meta({ description: 'Only those whose end date lies before it, with or without a grace.' }),
  }),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(subscriptionResource) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db, clock }, { query }) => {
  const size = pageSize(query);
  const { status, product, plan, ends_before: endsBefore } = query;
  const now = clock();
  const page = { after: query.cursor, limit: size + 1 };
  const rows = await listSubscriptions(db, { status, product, plan, endsBefore }, page, now);
  const body = showPage(
    rows,
    size,
    (row) => showSubscription(row, now),
    (row) => `${row.end_date.getTime()}_${row.subscription_id}`,
  );
  return { status: 200, body };
});

export const subscriptionRoutes: readonly Route<QueryContext>[] = [subscriptions, subscription];
