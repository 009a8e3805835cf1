import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { hasScope } from '../../../shared/http/routes/auth.ts';
import { uuid } from '../../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../../shared/http/routes/paging.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../../context.ts';
import {
  DELIVERY_STATUSES,
  type DeliveryRow,
  deliveriesOf,
  findDelivery,
  findWebhook,
} from '../../queries/webhooks.ts';
import { aboutMany, QUERY_PROBLEMS } from '../conventions.ts';

const time = z.iso.datetime({ precision: 3 });

const delivery = z
  .strictObject({
    webhook_id: z.uuid(),
    event_id: z.uuid().meta({ description: 'The header `webhook-id`.' }),
    user_id: z.uuid().nullable().meta({ description: 'Whom it is about; null for a test.' }),
    type: z.string().meta({ examples: ['subscription.started'] }),
    status: z
      .enum(DELIVERY_STATUSES)
      .meta({ description: '`failed`: after its last try, or a 410.', examples: ['pending'] }),
    attempts: z
      .int()
      .min(0)
      .meta({ description: 'So far.', examples: [2] }),
    next_at: time.nullable().meta({
      description: 'When it is tried again; null unless it is pending.',
      examples: ['2026-06-01T09:35:00.000Z'],
    }),
    last_status: z
      .int()
      .nullable()
      .meta({ description: 'What the last try was answered; null without an answer.', examples: [503] }),
    last_error: z
      .string()
      .nullable()
      .meta({ description: 'Why the last try failed.', examples: ['answered 503'] }),
    created_at: time,
    delivered_at: time.nullable().meta({ examples: [null] }),
  })
  .meta({ id: 'Delivery' });

const detail = delivery
  .extend({
    body: z
      .string()
      .optional()
      .meta({
        description:
          'What is sent, byte for byte; without what names the person, once they are erased. Left out for whoever lacks `customers:read`.',
        examples: ['{"type":"license.activated","timestamp":"2026-06-01T09:31:00.000Z","data":{…}}'],
      }),
  })
  .meta({ id: 'DeliveryDetail' });

const instant = (at: Date | null): string | null => (at === null ? null : at.toISOString());

const show = ({ next_at, created_at, delivered_at, ...row }: DeliveryRow): z.input<typeof delivery> => ({
  webhook_id: row.webhook_id,
  event_id: row.event_id,
  user_id: row.user_id,
  type: row.type,
  status: row.status,
  attempts: row.attempts,
  next_at: instant(next_at),
  last_status: row.last_status,
  last_error: row.last_error,
  created_at: created_at.toISOString(),
  delivered_at: instant(delivered_at),
});

const common = {
  method: 'get',
  tag: 'Webhooks',
  auth: ['webhooks:write'],
  rateLimit: { name: 'queries', by: 'caller' },
  headers: aboutMany,
} as const;

const list = queryRoute({
  ...common,
  path: '/v1/webhooks/{id}/deliveries',
  operationId: 'listDeliveries',
  summary: 'Deliveries to a webhook, the latest first',
  description: 'They are kept for 30 days, unless `NOTIFICATIONS_RETENTION_DAYS` says otherwise.',
  params: z.object({ id: uuid }),
  query: z.strictObject({ ...pageQuery, status: z.enum(DELIVERY_STATUSES).optional() }),
  answers: { 200: { description: 'A page of them.', body: listOf(delivery) } },
  problems: ['not_found', ...QUERY_PROBLEMS],
}).handle(async ({ db }, { params, query }) => {
  const { page, size } = pageOf(query);
  if (!(await findWebhook(db, params.id))) throw new Problem('not_found', { detail: 'no such webhook' });
  const rows = await deliveriesOf(db, params.id, query.status, page);
  return { status: 200, body: showPage(rows, size, show, (row) => row.event_id) };
});

const one = queryRoute({
  ...common,
  path: '/v1/webhooks/{id}/deliveries/{event_id}',
  operationId: 'getDelivery',
  summary: 'A delivery, with what is sent',
  params: z.object({ id: uuid, event_id: uuid }),
  answers: { 200: { description: 'The delivery.', body: detail } },
  problems: ['not_found', ...QUERY_PROBLEMS],
}).handle(async ({ db }, { params, principal }) => {
  const row = await findDelivery(db, params.id, params.event_id);
  if (!row) throw new Problem('not_found');
  const { body } = row;
  return { status: 200, body: { ...show(row), ...(hasScope(principal, 'customers:read') && { body }) } };
});

export const deliveryRoutes: readonly Route<QueryContext>[] = [list, one];
