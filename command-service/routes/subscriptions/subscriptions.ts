import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { reason } from '../fields.ts';
import { COMMAND_PROBLEMS } from '../outcome.ts';
import { OWNER_PROBLEMS } from '../owner-for.ts';
import { plan, quantity, renewBody } from './bodies.ts';
import { answered, executeCommand, ofOne } from './of-one.ts';
import { start } from './start.ts';

const renew = commandRoute({
  ...ofOne,
  path: '/v1/subscriptions/{id}/renew',
  operationId: 'renewSubscription',
  summary: 'Extend a subscription',
  description:
    'From its end date, by months or to a later date. A renewal to the end date that it has, or to an earlier one, changes nothing, so it may be repeated for ever. A renewal by months that is sent twice would extend twice, so it needs an Idempotency-Key, or an If-Match with a revision.',
  auth: ['user', 'subscriptions:write'],
  body: renewBody,
  answers: { 200: { description: 'As it is now.', ...answered } },
  problems: [
    'plan_not_self_service',
    'subscription_ended',
    'subscription_cancelled',
    'subscription_suspended',
    'precondition_required',
    ...OWNER_PROBLEMS,
    ...COMMAND_PROBLEMS,
  ],
}).handle((context, request) => {
  const { 'idempotency-key': key, 'if-match': ifMatch } = request.headers;
  const { months, end_date: endDate = 0 } = request.body;
  // `If-Match: *` holds at every revision, so it protects from nothing.
  if (months !== undefined && key === undefined && !Array.isArray(ifMatch))
    throw new Problem('precondition_required');
  return executeCommand(context, request, 'renewSubscription', {
    type: 'RenewSubscription',
    subscriptionId: request.params.id,
    period: months === undefined ? { endDate } : { months },
  });
});

const changePlan = commandRoute({
  ...ofOne,
  path: '/v1/subscriptions/{id}/change-plan',
  operationId: 'changePlan',
  summary: 'Change to another plan or quantity, from now on',
  description:
    'By staff; by customers between plans that they may start. The quantity stays as it is unless given.',
  auth: ['user', 'subscriptions:write'],
  body: z.strictObject({ plan, quantity: quantity.optional() }),
  answers: { 200: { description: 'As it is now.', ...answered } },
  problems: [
    'plan_not_self_service',
    'subscription_ended',
    'subscription_suspended',
    'cancelled_by_staff',
    'too_many_clients',
    ...OWNER_PROBLEMS,
    ...COMMAND_PROBLEMS,
  ],
}).handle((context, request) =>
  executeCommand(context, request, 'changePlan', {
    type: 'ChangePlan',
    subscriptionId: request.params.id,
    plan: request.body.plan,
    quantity: request.body.quantity,
  }),
);

const cancel = commandRoute({
  ...ofOne,
  path: '/v1/subscriptions/{id}/cancel',
  operationId: 'cancelSubscription',
  summary: 'Cancel a subscription: at its end date, or at once',
  auth: ['user', 'subscriptions:write'],
  body: z.strictObject({ immediately: z.boolean().optional(), reason }),
  bodyOptional: true,
  answers: { 200: { description: 'As it is now.', ...answered } },
  problems: ['subscription_ended', ...OWNER_PROBLEMS, ...COMMAND_PROBLEMS],
}).handle((context, request) =>
  executeCommand(context, request, 'cancelSubscription', {
    type: 'CancelSubscription',
    subscriptionId: request.params.id,
    immediately: request.body.immediately ?? false,
    reason: request.body.reason,
  }),
);

const uncancel = commandRoute({
  ...ofOne,
  path: '/v1/subscriptions/{id}/uncancel',
  operationId: 'uncancelSubscription',
  summary: 'Withdraw a cancellation whose end has not come',
  description: 'By staff; by customers where they cancelled it themselves.',
  auth: ['user', 'subscriptions:write'],
  answers: { 200: { description: 'As it is now.', ...answered } },
  problems: [
    'subscription_ended',
    'cancelled_by_staff',
    'subscription_suspended',
    ...OWNER_PROBLEMS,
    ...COMMAND_PROBLEMS,
  ],
}).handle((context, request) =>
  executeCommand(context, request, 'uncancelSubscription', {
    type: 'WithdrawCancellation',
    subscriptionId: request.params.id,
  }),
);

/** Suspending and reinstating differ in the command alone. */
const byStaff = (
  verb: 'suspend' | 'reinstate',
  type: 'SuspendSubscription' | 'ReinstateSubscription',
  summary: string,
  example: string,
) =>
  commandRoute({
    ...ofOne,
    path: `/v1/subscriptions/{id}/${verb}`,
    operationId: `${verb}Subscription`,
    summary,
    auth: ['subscriptions:write'],
    body: z.strictObject({ reason: reason.meta({ examples: [example] }) }),
    bodyOptional: true,
    answers: { 200: { description: 'As it is now.', ...answered } },
    problems: ['subscription_ended', ...OWNER_PROBLEMS, ...COMMAND_PROBLEMS],
  }).handle((context, request) =>
    executeCommand(context, request, `${verb}Subscription`, {
      type,
      subscriptionId: request.params.id,
      reason: request.body.reason,
    }),
  );

export const subscriptionRoutes: readonly Route<CommandContext>[] = [
  start,
  renew,
  changePlan,
  cancel,
  uncancel,
  byStaff(
    'suspend',
    'SuspendSubscription',
    'Suspend a subscription: no license of its product is valid until it is reinstated',
    'invoice 1042 is unpaid',
  ),
  byStaff('reinstate', 'ReinstateSubscription', 'Lift a suspension', 'invoice 1042 was paid'),
];
