import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { knownEmail, newEmail } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import type { Done } from '../../execute/requests.ts';
import {
  callerOf,
  commandHeaders,
  commandParts,
  idempotencyKey,
  idempotencyOf,
  requesterOf,
  retryOf,
} from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, settled } from '../outcome.ts';
import { COMPARED, newPassword, password, verify } from './fields.ts';

const tag = 'Users';

const signedIn = z
  .strictObject({
    user_id: z.uuid(),
    access_token: z.string(),
    expires_in: z.int().meta({ description: 'Seconds.' }),
  })
  .meta({ id: 'SignedIn' });

async function showSignedIn({ tokens }: CommandContext, done: Done) {
  const revision = done.tokenRevision ?? done.revision;
  const { token, expiresIn } = await tokens.signAccessToken({
    subject: done.userId,
    role: 'user',
    revision,
  });
  return { user_id: done.userId, access_token: token, expires_in: expiresIn };
}

const signUp = commandRoute({
  method: 'post',
  path: '/v1/signup',
  operationId: 'signUp',
  tag,
  summary: 'Sign up with an email address and a password',
  auth: 'anyone',
  rateLimit: { name: 'signups', by: 'address' },
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: z.strictObject({ email: newEmail.meta(COMPARED), password: newPassword, verify }),
  answers: {
    201: {
      description: 'Signed up.',
      body: signedIn,
      headers: { ...ANSWER_HEADERS, Location: 'The user.' },
    },
  },
  problems: ['email_taken', 'signing_unavailable', 'not_enabled_yet', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { body, requestId: correlationId } = request;
  const outcome = await context.executor.signUp({
    ...body,
    correlationId,
    requester: requesterOf(request),
    idempotency: idempotencyOf(request),
    retry: retryOf(request),
  });
  const done = settled(context, 'signUp', outcome);
  return {
    status: 201,
    headers: answerHeaders(done, { Location: `/v1/users/${done.userId}` }),
    body: await showSignedIn(context, done),
  };
});

const logIn = commandRoute({
  method: 'post',
  path: '/v1/login',
  operationId: 'logIn',
  tag,
  summary: 'Get an access token',
  auth: 'anyone',
  rateLimit: { name: 'logins', by: 'address' },
  body: z.strictObject({ email: knownEmail.meta(COMPARED), password }),
  answers: { 200: { description: 'Logged in.', body: signedIn, headers: ANSWER_HEADERS } },
  problems: ['invalid_credentials', 'signing_unavailable', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { body, requestId: correlationId } = request;
  const outcome = await context.executor.logIn({ ...body, correlationId, requester: requesterOf(request) });
  const done = settled(context, 'logIn', outcome);
  return { status: 200, headers: answerHeaders(done), body: await showSignedIn(context, done) };
});

const logOut = commandRoute({
  method: 'post',
  path: '/v1/logout',
  operationId: 'logOut',
  tag,
  summary: 'End the access token that the request carries',
  auth: ['user'],
  rateLimit: { name: 'commands', by: 'caller' },
  answers: { 204: { description: 'The token has ended.', headers: ANSWER_HEADERS } },
  problems: COMMAND_PROBLEMS,
}).handle(async (context, request) => {
  const { principal } = request;
  const caller = callerOf(principal);
  if (caller.role !== 'user' || principal?.role !== 'user') throw new Problem('role_not_allowed');
  const outcome = await context.executor.execute({
    userId: caller.userId,
    caller,
    correlationId: request.requestId,
    retry: retryOf(request),
    command: { type: 'LogOut', ...caller.token, expiresAt: principal.token.exp * 1_000 },
  });
  return { status: 204, headers: answerHeaders(settled(context, 'logOut', outcome)) };
});

const changePassword = commandRoute({
  method: 'post',
  path: '/v1/password',
  operationId: 'changePassword',
  tag,
  summary: 'Change the password',
  description: 'Ends every access token that was issued before.',
  auth: ['user'],
  // The current password is asked for: a stolen token must not serve to guess it.
  rateLimit: { name: 'logins', by: 'caller' },
  headers: commandHeaders,
  body: z.strictObject({ password, new_password: newPassword }),
  answers: { 204: { description: 'Changed.', headers: ANSWER_HEADERS } },
  problems: ['wrong_password', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const parts = commandParts(request);
  if (parts.caller.role !== 'user') throw new Problem('role_not_allowed');
  const outcome = await context.executor.changePassword({
    ...parts,
    userId: parts.caller.userId,
    password: request.body.password,
    newPassword: request.body.new_password,
    requester: requesterOf(request),
  });
  return { status: 204, headers: answerHeaders(settled(context, 'changePassword', outcome)) };
});

export const userRoutes: readonly Route<CommandContext>[] = [signUp, logIn, logOut, changePassword];
