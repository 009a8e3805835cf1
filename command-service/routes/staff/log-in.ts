import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { knownEmail, text } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { TICKET_MS } from '../../domain/staff/log-in.ts';
import { COMPARED, password } from '../accounts/fields.ts';
import { oneForm, oneOf } from '../one-form.ts';
import { STREAM_PROBLEMS, settled } from '../outcome.ts';
import {
  anyone,
  assertMayBegin,
  CODE_PROBLEMS,
  code,
  fromAnyone,
  SET_COOKIE,
  sessionHeaders,
} from './log-in-parts.ts';

const logIn = commandRoute({
  ...anyone,
  path: '/v1/staff/login',
  operationId: 'logInStaff',
  summary: 'Log in as a person of the staff: the password',
  body: z.strictObject({ email: knownEmail.meta(COMPARED), password }),
  answers: {
    200: {
      description: 'The password is right; the second factor is asked for.',
      body: z
        .strictObject({
          ticket: z.string().meta({ description: 'For the second step, once.', examples: ['AZr8Lno…'] }),
          expires_in: z.int().meta({ description: 'Seconds.' }),
        })
        .meta({ id: 'StaffTicket' }),
    },
  },
  problems: ['invalid_credentials', 'https_required', ...STREAM_PROBLEMS],
}).handle(async (context, request) => {
  assertMayBegin(context, request.headers);
  const ticket = await context.signingIn.password({ ...fromAnyone(request), ...request.body });
  context.outcomes.inc({
    command: 'logInStaff',
    outcome: ticket === undefined ? 'invalid_credentials' : 'unchanged',
  });
  if (ticket === undefined) throw new Problem('invalid_credentials');
  return { status: 200, body: { ticket, expires_in: TICKET_MS / 1_000 } };
});

const CODE_FORMS = [['code'], ['recovery_code']] as const;

const secondFactor = commandRoute({
  ...anyone,
  path: '/v1/staff/login/second-factor',
  operationId: 'logInStaffSecondFactor',
  summary: 'Log in as a person of the staff: the second factor',
  description: 'A code works once, and so does a ticket. The session lasts 12 hours.',
  body: z
    .strictObject({
      ticket: text(1, 256).meta({ examples: ['AZr8Lno…'] }),
      code: code.optional(),
      recovery_code: text(1, 64)
        .optional()
        .meta({
          examples: ['7KQ2-M0XD-4RTA-9WZE'],
          description: 'In place of the code, where the authenticator is lost.',
        }),
    })
    .superRefine((body, context) => oneForm(body, CODE_FORMS, context))
    .meta(oneOf(CODE_FORMS)),
  answers: { 204: { description: 'Logged in.', headers: SET_COOKIE } },
  problems: CODE_PROBLEMS,
}).handle(async (context, request) => {
  assertMayBegin(context, request.headers);
  const { outcome, sessionId } = await context.signingIn.secondFactor({
    ...fromAnyone(request),
    ticket: request.body.ticket,
    code: { code: request.body.code, recoveryCode: request.body.recovery_code },
  });
  const done = settled(context, 'logInStaffSecondFactor', outcome);
  return { status: 204, headers: await sessionHeaders(context, done, sessionId) };
});

export const staffLogInRoutes: readonly Route<CommandContext>[] = [logIn, secondFactor];
