import { z } from 'zod';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import type { StaffWebhookCommand } from '../../webhooks/webhooks.ts';
import { commandParts } from '../command-headers.ts';
import { answerHeaders, COMMAND_PROBLEMS } from '../outcome.ts';
import {
  answered,
  common,
  HEADERS,
  mustBeSendable,
  mustReadCustomers,
  ofOne,
  PATH,
  settle,
  withSecret,
} from './common.ts';
import * as fields from './fields.ts';

const NEEDS_BOTH = 'Takes the scope `customers:read` too, because deliveries name customers.';

const add = commandRoute({
  ...common,
  path: PATH,
  operationId: 'addWebhook',
  summary: 'Add a webhook',
  description: `From now on the address is told what happens. ${NEEDS_BOTH}`,
  body: z.strictObject({
    url: fields.url,
    types: fields.types.optional().meta({ description: 'What it is told of; everything unless given.' }),
    product: fields.product.optional().meta({
      description: 'Only what is about this product, and what is about customers; everything unless given.',
    }),
    description: fields.description.optional(),
  }),
  answers: {
    201: {
      description: 'Added.',
      body: withSecret,
      headers: { ...HEADERS, Location: 'The webhook.' },
    },
  },
  problems: COMMAND_PROBLEMS,
}).handle(async (context, { body: settings, ...request }) => {
  mustReadCustomers(request.principal);
  mustBeSendable(context, settings.url);
  const { types = null, product = null, description = null } = settings;
  const { outcome, secret } = await context.webhooks.add(commandParts({ ...request, body: settings }), {
    ...{ url: settings.url, types, product, description },
  });
  const { done, body } = settle(context, 'addWebhook', outcome);
  const Location = `${PATH}/${body.webhook_id}`;
  return { status: 201, headers: answerHeaders(done, { Location }), body: { ...body, secret } };
});

const change = commandRoute({
  ...ofOne,
  method: 'patch',
  path: `${PATH}/{id}`,
  operationId: 'changeWebhook',
  summary: 'Change what a webhook is told of, or where',
  description: `What is left out stays as it is. Another address takes the scope \`customers:read\` too; what waits to be sent goes there.`,
  body: z.strictObject({
    url: fields.url.optional(),
    types: fields.types.nullable().optional().meta({ description: 'Null: everything.' }),
    product: fields.product.nullable().optional().meta({ description: 'Null: every product.' }),
    description: fields.description.nullable().optional(),
  }),
  answers: { 200: answered },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { url } = request.body;
  if (url !== undefined) {
    mustReadCustomers(request.principal);
    mustBeSendable(context, url);
  }
  const command = { type: 'ChangeWebhook', ...request.body } as const;
  const outcome = await context.webhooks.execute(commandParts(request), request.params.id, command);
  const { done, body } = settle(context, 'changeWebhook', outcome);
  return { status: 200, headers: answerHeaders(done), body };
});

const rotate = commandRoute({
  ...ofOne,
  path: `${PATH}/{id}/rotate-secret`,
  operationId: 'rotateWebhookSecret',
  summary: 'Give a webhook a new secret',
  description:
    'For 24 hours deliveries carry two signatures, with the new secret and the one before it. To end the one before at once, rotate twice.',
  answers: { 200: { description: 'Rotated.', body: withSecret, headers: HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { outcome, secret } = await context.webhooks.rotateSecret(commandParts(request), request.params.id);
  const { done, body } = settle(context, 'rotateWebhookSecret', outcome);
  return { status: 200, headers: answerHeaders(done), body: { ...body, secret } };
});

/** A command without particulars, which leaves the webhook. */
const simple = (
  name: 'enable' | 'disable',
  about: { readonly operationId: string; readonly summary: string; readonly description: string },
  command: StaffWebhookCommand,
) =>
  commandRoute({
    ...ofOne,
    ...about,
    path: `${PATH}/{id}/${name}`,
    answers: { 200: answered },
    problems: ['not_found', ...COMMAND_PROBLEMS],
  }).handle(async (context, request) => {
    const outcome = await context.webhooks.execute(commandParts(request), request.params.id, command);
    const { done, body } = settle(context, about.operationId, outcome);
    return { status: 200, headers: answerHeaders(done), body };
  });

const enable = simple(
  'enable',
  {
    operationId: 'enableWebhook',
    summary: 'Enable a webhook again',
    description:
      'What waited or has failed is sent, with all of its tries. What happened while it was disabled is not: `cli webhooks replay` sends that. May be repeated.',
  },
  { type: 'EnableWebhook' },
);

const disable = simple(
  'disable',
  {
    operationId: 'disableWebhook',
    summary: 'Disable a webhook',
    description: 'Nothing is sent until it is enabled again; what waits goes on waiting. May be repeated.',
  },
  { type: 'DisableWebhook', reason: 'staff' },
);

const remove = commandRoute({
  ...ofOne,
  method: 'delete',
  path: `${PATH}/{id}`,
  operationId: 'removeWebhook',
  summary: 'Remove a webhook, for good',
  description: 'What waits is not sent. May be repeated.',
  answers: { 204: { description: 'Removed.', headers: HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const command = { type: 'RemoveWebhook' } as const;
  const outcome = await context.webhooks.execute(commandParts(request), request.params.id, command);
  return { status: 204, headers: answerHeaders(settle(context, 'removeWebhook', outcome).done) };
});

export const webhookRoutes: readonly Route<CommandContext>[] = [add, change, rotate, enable, disable, remove];
