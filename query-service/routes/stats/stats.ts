import type { Route } from '../../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../../context.ts';
import { aboutMany, QUERY_PROBLEMS } from '../conventions.ts';
import { showStats, statsBody } from './body.ts';

const stats = queryRoute({
  method: 'get',
  path: '/v1/stats',
  operationId: 'getStats',
  tag: 'Operations',
  summary: 'Subscriptions, customers, revenue, seats and machines in use, as they are now',
  description:
    'Answered with what was counted last (`as_of` says when), which is counted again behind the answer: at most once in five ' +
    'seconds, and less often where that takes long. Whoever asks first waits for it.',
  auth: ['history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
  headers: aboutMany,
  answers: { 200: { description: 'The numbers.', body: statsBody } },
  problems: QUERY_PROBLEMS,
}).handle(async (context) => ({ status: 200, body: showStats(await context.stats()) }));

export const statsRoutes: readonly Route<QueryContext>[] = [stats];
