import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { newEmail } from '../../../shared/http/routes/fields.ts';
import { accountResource } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { commandHeaders, commandParts, requesterOf } from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, settled } from '../outcome.ts';
import { COMPARED, password, verify } from './fields.ts';
import { showAccount } from './show-account.ts';

/** What customers do about their own account, with their password: a stolen token must not serve for it. */
const common = {
  method: 'post',
  tag: 'Users',
  auth: ['user'],
  // Nor to guess the password.
  rateLimit: { name: 'logins', by: 'caller' },
  headers: commandHeaders,
} as const;

/** Who asks, and everything else that comes with it. @throws Problem role_not_allowed */
function askedByUser(request: Parameters<typeof commandParts>[0] & Parameters<typeof requesterOf>[0]) {
  const parts = commandParts(request);
  if (parts.caller.role !== 'user') throw new Problem('role_not_allowed');
  return { ...parts, userId: parts.caller.userId, requester: requesterOf(request) };
}

const changeEmail = commandRoute({
  ...common,
  path: '/v1/me/email',
  operationId: 'changeMyEmail',
  summary: "Change the caller's email",
  description: 'Takes effect at once. Access tokens stay good; one-time tokens end.',
  body: z.strictObject({ email: newEmail.meta(COMPARED), password, verify }),
  answers: { 200: { description: 'As you are now.', body: accountResource, headers: ANSWER_HEADERS } },
  problems: [
    'wrong_password',
    'email_taken',
    'subscription_suspended',
    'not_enabled_yet',
    ...COMMAND_PROBLEMS,
  ],
}).handle(async (context, request) => {
  const outcome = await context.executor.changeEmail({ ...askedByUser(request), ...request.body });
  const done = settled(context, 'changeEmail', outcome);
  return { status: 200, headers: answerHeaders(done), body: await showAccount(context, done) };
});

const erase = commandRoute({
  ...common,
  path: '/v1/me/erase',
  operationId: 'eraseMe',
  summary: 'Erase the caller',
  description:
    'Ends all licenses and makes the personal data unreadable for ever. May be repeated: once the caller is erased, the password is not checked.',
  body: z.strictObject({ password }),
  answers: { 204: { description: 'Erased.', headers: ANSWER_HEADERS } },
  problems: ['wrong_password', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const outcome = await context.executor.erase({
    ...askedByUser(request),
    password: request.body.password,
  });
  return { status: 204, headers: answerHeaders(settled(context, 'eraseMe', outcome)) };
});

export const meRoutes: readonly Route<CommandContext>[] = [changeEmail, erase];
