import { z } from 'zod';
import { instant, opaque, uuid } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { serviceAccountResource, showServiceAccount } from '../../../shared/http/routes/service-account.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import type { Done } from '../../execute/requests.ts';
import { commandHeaders } from '../command-headers.ts';
import { answerHeaders, COMMAND_PROBLEMS, settled } from '../outcome.ts';
import { accountOf, HEADERS, scopes, staffRequest } from './parts.ts';

const PATH = '/v1/service-accounts';
const common = {
  method: 'post',
  tag: 'Service accounts',
  auth: ['staff:write'],
  rateLimit: { name: 'commands', by: 'caller' },
  headers: commandHeaders,
} as const;
const ofOne = { ...common, params: z.object({ id: uuid }) } as const;
const answered = { description: 'As it is now.', body: serviceAccountResource, headers: HEADERS };

const show = (done: Done) => showServiceAccount(accountOf(done), done.at);

const add = commandRoute({
  ...common,
  path: PATH,
  operationId: 'addServiceAccount',
  summary: 'Add a service account',
  description: 'It has no key yet, and at most the scopes of whoever adds it.',
  body: z.strictObject({
    name: opaque(128).meta({
      description: 'Stands in the history as the actor, for ever; it names no person.',
      examples: ['billing'],
    }),
    scopes,
  }),
  answers: {
    201: { ...answered, description: 'Added.', headers: { ...HEADERS, Location: 'The service account.' } },
  },
  problems: COMMAND_PROBLEMS,
}).handle(async (context, request) => {
  const outcome = await context.serviceAccounts.add(staffRequest(request), request.body);
  const done = settled(context, 'addServiceAccount', outcome);
  const body = show(done);
  const Location = `${PATH}/${body.service_account_id}`;
  return { status: 201, headers: answerHeaders(done, { Location }), body };
});

const changeScopes = commandRoute({
  ...ofOne,
  path: `${PATH}/{id}/scopes`,
  operationId: 'changeServiceAccountScopes',
  summary: 'Give a service account other scopes',
  description: 'You can add only scopes that you have yourself. Ends its access tokens.',
  body: z.strictObject({ scopes }),
  answers: { 200: answered },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const command = { type: 'ChangeScopes', scopes: request.body.scopes } as const;
  const outcome = await context.serviceAccounts.execute(staffRequest(request), request.params.id, command);
  const done = settled(context, 'changeServiceAccountScopes', outcome);
  return { status: 200, headers: answerHeaders(done), body: show(done) };
});

const issueKey = commandRoute({
  ...ofOne,
  path: `${PATH}/{id}/keys`,
  operationId: 'issueServiceKey',
  summary: 'Issue a key of a service account',
  description:
    'The secret is shown in this answer alone (and in a repeat under the same Idempotency-Key). Earlier keys stay good: to replace one, issue another, use it, and revoke the first. Only callers with all scopes of the account may issue its keys.',
  body: z.strictObject({
    expires_at: instant.optional().meta({ description: 'Without it the key lasts until it is revoked.' }),
  }),
  bodyOptional: true,
  answers: {
    201: {
      description: 'Issued.',
      body: z
        .strictObject({
          key_id: z.uuid(),
          secret: z.string().meta({
            description: 'The `client_secret` at `/v1/token`.',
            examples: ['lss_mSxBvJ2m8cKtq0yM5nWbPzR7dQe4uVfXhGjLkA9sT1o'],
          }),
          expires_at: z.iso.datetime({ precision: 3 }).nullable(),
        })
        .meta({ id: 'IssuedServiceKey' }),
      headers: HEADERS,
    },
  },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { expires_at: expiresAt } = request.body;
  const { id } = request.params;
  const issued = await context.serviceAccounts.issueKey(staffRequest(request), id, expiresAt);
  const done = settled(context, 'issueServiceKey', issued.outcome);
  const key = show(done).keys.find(({ key_id: keyId }) => keyId === issued.keyId);
  const body = { key_id: issued.keyId, secret: issued.secret, expires_at: key?.expires_at ?? null };
  return { status: 201, headers: answerHeaders(done), body };
});

const revokeKey = commandRoute({
  ...common,
  path: `${PATH}/{id}/keys/{key_id}/revoke`,
  operationId: 'revokeServiceKey',
  summary: 'Revoke a key of a service account',
  description: 'Ends the access tokens that were made for it. May be repeated.',
  params: z.object({ id: uuid, key_id: uuid }),
  answers: { 200: answered },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { id, key_id: keyId } = request.params;
  const outcome = await context.serviceAccounts.execute(staffRequest(request), id, {
    type: 'RevokeKey',
    keyId,
  });
  const done = settled(context, 'revokeServiceKey', outcome);
  return { status: 200, headers: answerHeaders(done), body: show(done) };
});

const remove = commandRoute({
  ...ofOne,
  method: 'delete',
  path: `${PATH}/{id}`,
  operationId: 'removeServiceAccount',
  summary: 'Remove a service account, for good',
  description: 'Ends its access tokens. May be repeated.',
  answers: { 204: { description: 'Removed.', headers: HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const command = { type: 'Remove' } as const;
  const outcome = await context.serviceAccounts.execute(staffRequest(request), request.params.id, command);
  return { status: 204, headers: answerHeaders(settled(context, 'removeServiceAccount', outcome)) };
});

export const serviceAccountRoutes: readonly Route<CommandContext>[] = [
  add,
  changeScopes,
  issueKey,
  revokeKey,
  remove,
];
