import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { uuid } from '../../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../../shared/http/routes/paging.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { showWebhook, webhookResource } from '../../../shared/webhooks/resource.ts';
import { type QueryContext, queryRoute } from '../../context.ts';
import { findWebhook, findWebhooks, notifierReached } from '../../queries/webhooks.ts';
import { aboutMany, aboutOneUser, QUERY_PROBLEMS } from '../conventions.ts';

const common = {
  method: 'get',
  tag: 'Webhooks',
  auth: ['webhooks:write'],
  rateLimit: { name: 'queries', by: 'caller' },
} as const;

const list = queryRoute({
  ...common,
  path: '/v1/webhooks',
  operationId: 'listWebhooks',
  summary: 'Webhooks, by id',
  description: 'Without removed ones.',
  query: z.strictObject(pageQuery),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(webhookResource) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db }, { query }) => {
  const { page, size } = pageOf(query);
  const rows = await findWebhooks(db, page);
  return { status: 200, body: showPage(rows, size, showWebhook, ({ webhookId }) => webhookId) };
});

const one = queryRoute({
  ...common,
  path: '/v1/webhooks/{id}',
  operationId: 'getWebhook',
  summary: 'A webhook',
  description: 'As the notifier has it, which sends the deliveries.',
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  answers: {
    200: {
      description: 'The webhook.',
      body: webhookResource,
      headers: { ETag: 'The revision of the webhook, for `If-Match` of a command.' },
    },
  },
  problems: ['not_found', 'read_model_behind', ...QUERY_PROBLEMS],
}).handle(async ({ db }, { params, headers, signal }) => {
  await notifierReached(db, headers['min-event-position'], signal);
  const webhook = await findWebhook(db, params.id);
  if (!webhook) throw new Problem('not_found');
  return { status: 200, headers: { ETag: `"${webhook.revision}"` }, body: showWebhook(webhook) };
});

export const webhookRoutes: readonly Route<QueryContext>[] = [list, one];
