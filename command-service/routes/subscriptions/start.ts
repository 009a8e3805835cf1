import type { z } from 'zod';
import { commandRoute } from '../../context.ts';
import type { Period } from '../../domain/subscriptions/period.ts';
import { commandParts } from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, settled, showSubscription } from '../outcome.ts';
import { userFor } from '../owner-for.ts';
import { startBody } from './bodies.ts';
import { answered, subscriptionRoute } from './of-one.ts';

/** The schema has seen to it that one of the forms is whole. */
const periodOf = ({
  months,
  start_date: startDate = 0,
  end_date: endDate = 0,
}: Pick<z.output<typeof startBody>, 'months' | 'start_date' | 'end_date'>): Period =>
  months === undefined ? { startDate, endDate } : { months };

export const start = commandRoute({
  ...subscriptionRoute,
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
