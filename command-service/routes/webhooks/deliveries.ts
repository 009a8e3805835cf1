import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { uuid } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { STREAM_PROBLEMS } from '../outcome.ts';
import { ofOne, PATH } from './common.ts';

/** Neither appends anything: `Idempotency-Key` and `If-Match` would say nothing. */
const { headers: _headers, ...outsideTheLog } = ofOne;

const queued = {
  description: 'It is on its way: what became of it is among the deliveries.',
  body: z
    .strictObject({
      webhook_id: z.uuid(),
      event_id: z.uuid().meta({ description: 'The delivery’s id, and its header `webhook-id`.' }),
    })
    .meta({ id: 'QueuedDelivery' }),
};

const PROBLEMS = ['not_found', 'webhook_disabled', 'database_unavailable', ...STREAM_PROBLEMS] as const;

/** @throws Problem not_found, webhook_disabled */
async function mustBeEnabled({ webhooks }: CommandContext, webhookId: string): Promise<void> {
  const webhook = await webhooks.find(webhookId);
  if (!webhook) throw new Problem('not_found', { detail: 'no such webhook' });
  if (webhook.status === 'disabled') throw new Problem('webhook_disabled');
}

const test = commandRoute({
  ...outsideTheLog,
  path: `${PATH}/{id}/test`,
  operationId: 'testWebhook',
  summary: 'Send a test to a webhook',
  description: 'A delivery of the type `webhook.test`, whatever types the webhook is told of.',
  answers: { 202: queued },
  problems: PROBLEMS,
}).handle(async (context, { params: { id } }) => {
  await mustBeEnabled(context, id);
  const eventId = await context.deliveries.test(id);
  return { status: 202, body: { webhook_id: id, event_id: eventId } };
});

const retry = commandRoute({
  ...outsideTheLog,
  path: `${PATH}/{id}/deliveries/{event_id}/retry`,
  operationId: 'retryDelivery',
  summary: 'Send a delivery again',
  description:
    'At once, whatever has become of it, with all of its tries. It may come after later ones about the same user: a receiver goes by `data.event.position`.',
  params: z.object({ id: uuid, event_id: uuid }),
  answers: { 202: queued },
  problems: PROBLEMS,
}).handle(async (context, { params: { id, event_id: eventId } }) => {
  await mustBeEnabled(context, id);
  if (!(await context.deliveries.retry(id, eventId)))
    throw new Problem('not_found', { detail: 'no such delivery: they are removed after a while' });
  return { status: 202, body: { webhook_id: id, event_id: eventId } };
});

export const deliveryRoutes: readonly Route<CommandContext>[] = [test, retry];
