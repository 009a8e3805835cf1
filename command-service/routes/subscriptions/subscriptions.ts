import { z } from 'zod';
import { invalidFields, Problem } from '../../../shared/http/problems/problem.ts';
import { uuid } from '../../../shared/http/routes/fields.ts';
import { subscriptionResource } from '../../../shared/http/routes/resources.ts';
import type { AnyRouteRequest, Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import type { SubscriptionCommand } from '../../domain/subscriptions/commands.ts';
import type { Period } from '../../domain/subscriptions/period.ts';
import type { Caller, Done } from '../../execute/requests.ts';
import { commandHeaders, commandParts } from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, settled, showSubscription } from '../outcome.ts';
import { ownerFor } from '../owner-for.ts';
import { plan, quantity, reason, renewBody, startBody } from './subscription-bodies.ts';

const answered = { body: subscriptionResource, headers: ANSWER_HEADERS };
const common = {
  method: 'post',
  tag: 'Subscriptions',
  rateLimit: { name: 'commands', by: 'caller' },
  headers: commandHeaders,
} as const;
const ofOne = { ...common, params: z.object({ id: uuid }) } as const;
const OF_ONE_PROBLEMS = [
  'not_found',
  'database_unavailable',
  'read_model_behind',
  'read_model_parked',
] as const;

/** Whose subscription is started. @throws Problem invalid_request */
function userFor(caller: Caller, named: string | undefined): string {
  if (!('userId' in caller)) {
    if (named === undefined) throw invalidFields({ pointer: '/user_id', detail: 'required of staff' });
    return named;
  }
  if (named !== undefined) throw invalidFields({ pointer: '/user_id', detail: 'only staff name a user' });
  return caller.userId;
}

/** The schema has seen to it that one of the forms is whole. */
const periodOf = ({
  months,
  start_date: startDate = 0,
  end_date: endDate = 0,
}: Pick<z.output<typeof startBody>, 'months' | 'start_date' | 'end_date'>): Period =>
  months === undefined ? { startDate, endDate } : { months };

const start = commandRoute({
  ...common,
  path: '/v1/subscriptions',
  operationId: 'startSubscription',
  summary: 'Start a subscription',
  description:
    'Customers start trials, and what the catalogue gives them, for themselves. Staff start any plan for anyone: it takes the place of a trial, or of a plan that the customer started, at once.',
  auth: ['user', 'subscriptions:write'],
  body: startBody,
  answers: {
    200: { description: 'It was started under this external id before: as it is now.', ...answered },
    201: {
      description: 'Started.',
      ...answered,
      headers: { ...ANSWER_HEADERS, Location: 'The subscription.' },
    },
  },
  problems: [
    'plan_not_self_service',
    'not_found',
    'subscription_exists',
    'subscription_suspended',
    'trial_used',
    'external_id_taken',
    'too_many_clients',
    ...COMMAND_PROBLEMS,
  ],
}).handle(async (context, request) => {
  const parts = commandParts(request);
  const { product, plan, quantity = 1, trial = false, ...body } = request.body;
  const outcome = await context.executor.execute({
    ...parts,
    userId: userFor(parts.caller, body.user_id),
    command: {
      type: 'StartSubscription',
      product,
      plan,
      quantity,
      trial,
      period: trial ? undefined : periodOf(body),
      externalId: body.external_id,
    },
  });
  const done = settled(context, 'startSubscription', outcome);
  const subscription = showSubscription(done);
  const Location = `/v1/subscriptions/${subscription.subscription_id}`;
  return done.changed
    ? { status: 201, headers: answerHeaders(done, { Location }), body: subscription }
    : { status: 200, headers: answerHeaders(done), body: subscription };
});

type OfOne = SubscriptionCommand & { readonly subscriptionId: string };
type Request = AnyRouteRequest & {
  readonly params: { readonly id: string };
  readonly query: Readonly<Record<string, never>>;
  readonly headers: z.output<typeof commandHeaders>;
};

/** Executes a command about one subscription, whoever asks. */
async function executeCommand(
  context: CommandContext,
  request: Request,
  name: string,
  command: OfOne,
): Promise<{ status: 200; headers: Record<string, string>; body: z.input<typeof subscriptionResource> }> {
  const parts = commandParts(request);
  const userId = await ownerFor(context, 'subscription', request.params.id, parts.caller, request.signal);
  const outcome = await context.executor.execute({ ...parts, userId, command });
  const done: Done = settled(context, name, outcome);
  return { status: 200, headers: answerHeaders(done), body: showSubscription(done) };
}

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
    ...OF_ONE_PROBLEMS,
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
    ...OF_ONE_PROBLEMS,
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
  problems: ['subscription_ended', ...OF_ONE_PROBLEMS, ...COMMAND_PROBLEMS],
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
    ...OF_ONE_PROBLEMS,
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
    problems: ['subscription_ended', ...OF_ONE_PROBLEMS, ...COMMAND_PROBLEMS],
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
