import { z } from 'zod';
import { text } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { idempotencyKey, idempotencyOf, requesterOf, retryOf } from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, settled } from '../outcome.ts';
import { newPassword } from './fields.ts';

/** What anyone does who has a one-time token. */
const common = {
  method: 'post',
  tag: 'Users',
  auth: 'anyone',
  rateLimit: { name: 'logins', by: 'address' },
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  problems: ['one_time_token_invalid', 'not_enabled_yet', ...COMMAND_PROBLEMS],
} as const;

const token = text(1, 256).meta({ examples: ['AZr8Lno…'] });

const confirmPassword = commandRoute({
  ...common,
  path: '/v1/password-resets/confirm',
  operationId: 'confirmPasswordReset',
  summary: 'Set a password with a one-time token',
  description: 'Ends every access token and every other one-time token of the user.',
  body: z.strictObject({ token, new_password: newPassword }),
  answers: { 204: { description: 'Set.', headers: ANSWER_HEADERS } },
}).handle(async (context, request) => {
  const outcome = await context.executor.confirmPassword({
    token: request.body.token,
    newPassword: request.body.new_password,
    correlationId: request.requestId,
    requester: requesterOf(request),
    idempotency: idempotencyOf(request),
    retry: retryOf(request),
  });
  return { status: 204, headers: answerHeaders(settled(context, 'confirmPasswordReset', outcome)) };
});

const confirmEmail = commandRoute({
  ...common,
  path: '/v1/email-verifications/confirm',
  operationId: 'confirmEmail',
  summary: 'Verify an email with a one-time token',
  body: z.strictObject({ token }),
  answers: { 204: { description: 'Verified.', headers: ANSWER_HEADERS } },
}).handle(async (context, request) => {
  const outcome = await context.executor.confirmEmail({
    token: request.body.token,
    correlationId: request.requestId,
    idempotency: idempotencyOf(request),
    retry: retryOf(request),
  });
  return { status: 204, headers: answerHeaders(settled(context, 'confirmEmail', outcome)) };
});

export const oneTimeTokenRoutes: readonly Route<CommandContext>[] = [confirmPassword, confirmEmail];
