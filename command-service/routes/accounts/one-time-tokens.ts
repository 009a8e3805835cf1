import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { knownEmail, text } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import {
  commandHeaders,
  commandParts,
  idempotencyKey,
  idempotencyOf,
  requesterOf,
  retryOf,
} from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, STREAM_PROBLEMS, settled } from '../outcome.ts';
import { COMPARED, newPassword } from './fields.ts';

/** What has a token mailed. */
const mailed = {
  method: 'post',
  tag: 'Users',
  answers: { 202: { description: 'Accepted: a mail comes, if there is somebody to send it to.' } },
} as const;

const forgotPassword = commandRoute({
  ...mailed,
  path: '/v1/password-resets',
  operationId: 'forgotPassword',
  summary: 'Have a link mailed to set a password by',
  description:
    'Answered in the same way, and after the same time, whether anybody has the email or not. The link works once, for 24 hours; at most five good ones are under way to a mailbox.',
  auth: 'anyone',
  rateLimit: { name: 'mails', by: 'address' },
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: z.strictObject({ email: knownEmail.meta(COMPARED) }),
  problems: ['not_enabled_yet', ...STREAM_PROBLEMS, 'append_outcome_unknown'],
}).handle(async (context, request) => {
  await context.executor.forgotPassword({
    email: request.body.email,
    correlationId: request.requestId,
    idempotency: idempotencyOf(request),
    retry: retryOf(request),
  });
  return { status: 202 };
});

const verifyEmail = commandRoute({
  ...mailed,
  path: '/v1/email-verifications',
  operationId: 'verifyMyEmail',
  summary: "Have a link mailed to verify the caller's email by",
  description:
    'It works once, for 24 hours, and no longer than until the email or the password changes. There is none for an email that is verified; at most five good ones are under way to a mailbox.',
  auth: ['user'],
  rateLimit: { name: 'mails', by: 'caller' },
  headers: commandHeaders,
  answers: { 202: { ...mailed.answers[202], headers: ANSWER_HEADERS } },
  problems: ['email_required', 'not_enabled_yet', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const parts = commandParts(request);
  if (parts.caller.role !== 'user') throw new Problem('role_not_allowed');
  const outcome = await context.executor.execute({
    ...parts,
    userId: parts.caller.userId,
    command: { type: 'IssueEmailVerification' },
  });
  return { status: 202, headers: answerHeaders(settled(context, 'verifyMyEmail', outcome)) };
});

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

export const oneTimeTokenRoutes: readonly Route<CommandContext>[] = [
  forgotPassword,
  verifyEmail,
  confirmPassword,
  confirmEmail,
];
