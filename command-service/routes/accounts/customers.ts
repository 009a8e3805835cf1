import { z } from 'zod';
import { externalId, knownEmail, newEmail, text, uuid } from '../../../shared/http/routes/fields.ts';
import { accountResource } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { commandHeaders, commandParts, idempotencyKey } from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, STREAM_PROBLEMS, settled } from '../outcome.ts';
import { COMPARED } from './fields.ts';
import { showAccount } from './show-account.ts';

/** What staff do about a customer's account. */
const common = {
  method: 'post',
  tag: 'Users',
  rateLimit: { name: 'commands', by: 'caller' },
} as const;
const ofOne = { ...common, params: z.object({ id: uuid }), headers: commandHeaders } as const;

const NEW_USER_FIELDS = ['email', 'name', 'external_id'] as const;

const newUser = z
  .strictObject({
    email: newEmail.optional().meta(COMPARED),
    name: text(1, 256)
      .optional()
      .meta({ examples: ['Ada Lovelace'] }),
    external_id: externalId.optional().meta({
      description: 'The id in your own system: it names one user for ever.',
      examples: ['cus_1042'],
    }),
  })
  .superRefine((body, context) => {
    if (NEW_USER_FIELDS.some((field) => body[field] !== undefined)) return;
    const message = 'at least one of email, name and external_id is required';
    context.addIssue({ code: 'custom', path: ['email'], message });
  })
  .meta({ anyOf: NEW_USER_FIELDS.map((field) => ({ required: [field] })) });

const addUser = commandRoute({
  ...common,
  path: '/v1/users',
  operationId: 'addUser',
  summary: 'Add a user, who has no password yet',
  description:
    'With an email the user logs in once they have set a password by a one-time token. A repeat with the same external id is answered with that user, unchanged.',
  auth: ['customers:write'],
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: newUser,
  answers: {
    201: {
      description: 'Made.',
      body: accountResource,
      headers: { ...ANSWER_HEADERS, Location: 'The user.' },
    },
    200: { description: 'The user with that external id.', body: accountResource, headers: ANSWER_HEADERS },
  },
  problems: ['email_taken', 'external_id_taken', 'not_enabled_yet', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { caller, correlationId, idempotency, retry } = commandParts(request);
  const { email, name, external_id } = request.body;
  const outcome = await context.executor.addUser({
    ...{ caller, correlationId, idempotency, retry },
    ...{ email, name, externalId: external_id },
  });
  const done = settled(context, 'addUser', outcome);
  const body = await showAccount(context, done);
  if (!done.changed) return { status: 200, headers: answerHeaders(done), body };
  return { status: 201, headers: answerHeaders(done, { Location: `/v1/users/${done.userId}` }), body };
});

const resetPassword = commandRoute({
  ...ofOne,
  path: '/v1/users/{id}/password-reset',
  operationId: 'issuePasswordReset',
  summary: 'Issue a one-time token to set a password with',
  description:
    'It works once, within 24 hours, and only until the password or the email is changed in another way.',
  auth: ['customers:write'],
  answers: {
    201: {
      description: 'Whoever has the token sets the password: hand it to the customer alone.',
      body: z
        .strictObject({
          token: z.string().meta({ examples: ['AZr8Lno…'] }),
          expires_at: z.iso.datetime({ precision: 3 }),
        })
        .meta({ id: 'OneTimeToken' }),
      headers: ANSWER_HEADERS,
    },
  },
  problems: ['not_found', 'email_required', 'not_enabled_yet', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const outcome = await context.executor.execute({
    ...commandParts(request),
    userId: request.params.id,
    command: { type: 'IssuePasswordReset' },
  });
  const done = settled(context, 'issuePasswordReset', outcome);
  const { subject, userId } = done;
  if (subject.kind !== 'reset') throw new Error(`expected a password reset, got ${subject.kind}`);
  const token = await context.executor.passwordResetToken({ userId, resetId: subject.resetId });
  const body = { token, expires_at: new Date(subject.expiresAt).toISOString() };
  return { status: 201, headers: answerHeaders(done), body };
});

const changeEmail = commandRoute({
  ...ofOne,
  path: '/v1/users/{id}/email',
  operationId: 'changeEmailOfUser',
  summary: "Change a user's email",
  description: 'Their access tokens stay good; one-time tokens end.',
  auth: ['customers:write'],
  body: z.strictObject({ email: newEmail.meta(COMPARED) }),
  answers: { 200: { description: 'As they are now.', body: accountResource, headers: ANSWER_HEADERS } },
  problems: ['not_found', 'email_taken', 'not_enabled_yet', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { email } = request.body;
  const outcome = await context.executor.changeEmail({
    ...commandParts(request),
    ...{ userId: request.params.id, email },
  });
  const done = settled(context, 'changeEmail', outcome);
  return { status: 200, headers: answerHeaders(done), body: await showAccount(context, done) };
});

const endSessions = commandRoute({
  ...ofOne,
  path: '/v1/users/{id}/sessions/end',
  operationId: 'endSessions',
  summary: 'End every access token that a user has',
  auth: ['customers:write'],
  answers: { 204: { description: 'They have ended.', headers: ANSWER_HEADERS } },
  problems: ['not_found', 'not_enabled_yet', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const outcome = await context.executor.execute({
    ...commandParts(request),
    userId: request.params.id,
    command: { type: 'EndSessions' },
  });
  return { status: 204, headers: answerHeaders(settled(context, 'endSessions', outcome)) };
});

const erase = commandRoute({
  ...ofOne,
  method: 'delete',
  path: '/v1/users/{id}',
  operationId: 'eraseUser',
  summary: 'Erase a user',
  description:
    'Ends all licenses and makes the personal data unreadable for ever; the email address is free again, unless the user is suspended. May be repeated.',
  auth: ['customers:erase'],
  answers: { 204: { description: 'Erased.', headers: ANSWER_HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const outcome = await context.executor.erase({ ...commandParts(request), userId: request.params.id });
  return { status: 204, headers: answerHeaders(settled(context, 'eraseUser', outcome)) };
});

const releaseEmail = commandRoute({
  ...common,
  path: '/v1/emails/release',
  operationId: 'releaseEmail',
  summary: 'Release an email that is blocked',
  description:
    'An email stays blocked when its user is erased while suspended. Of any other email this changes nothing.',
  auth: ['customers:erase'],
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: z.strictObject({ email: knownEmail.meta(COMPARED) }),
  answers: { 204: { description: 'It is not blocked, whether it was or not.' } },
  problems: [...STREAM_PROBLEMS, 'append_outcome_unknown'],
}).handle(async (context, request) => {
  const { caller, correlationId, idempotency, retry } = commandParts(request);
  const { email } = request.body;
  await context.executor.releaseEmail({ caller, correlationId, idempotency, retry, email });
  return { status: 204 };
});

export const customerRoutes: readonly Route<CommandContext>[] = [
  addUser,
  resetPassword,
  changeEmail,
  endSessions,
  erase,
  releaseEmail,
];
