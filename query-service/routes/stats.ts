import { z } from 'zod';
import type { Route } from '../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import type { PlanCount } from '../queries/stats.ts';
import { aboutMany, QUERY_PROBLEMS } from './conventions.ts';

const planCount = z
  .strictObject({ product: z.string(), plan_type: z.string(), count: z.int() })
  .meta({ id: 'PlanCount' });

const showCount = ({ product, plan, count }: PlanCount) => ({ product, plan_type: plan, count });

const statsBody = z
  .strictObject({
    active_subscriptions: z
      .array(planCount)
      .meta({ description: 'Those that run now and are neither suspended nor cancelled; trials too.' }),
    trials: z.array(planCount).meta({ description: 'Of those, the trials.' }),
    activations: z
      .array(z.strictObject({ day: z.iso.date(), count: z.int() }))
      .meta({ description: 'By day (UTC), the latest first: the last 366 days that had any.' }),
    as_of: z.iso.datetime({ precision: 3 }),
  })
  .meta({ id: 'Stats' });

const stats = queryRoute({
  method: 'get',
  path: '/v1/stats',
  operationId: 'getStats',
  tag: 'Operations',
  summary: 'Active subscriptions and trials by plan, activations by day',
  description: 'Counted at most once in five seconds.',
  auth: ['history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
  headers: aboutMany,
  answers: { 200: { description: 'The numbers.', body: statsBody } },
  problems: QUERY_PROBLEMS,
}).handle(async (context) => {
  const { activeSubscriptions, trials, activations, asOf } = await context.stats();
  return {
    status: 200,
    body: {
      active_subscriptions: activeSubscriptions.map(showCount),
      trials: trials.map(showCount),
      activations: [...activations],
      as_of: new Date(asOf).toISOString(),
    },
  };
});

export const statsRoutes: readonly Route<QueryContext>[] = [stats];
