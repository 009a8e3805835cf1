import { z } from 'zod';
import { invalidFields, Problem } from '../../../shared/http/problems/problem.ts';
import { hasScope, type Principal } from '../../../shared/http/routes/auth.ts';
import { instant, text, uuid } from '../../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../../shared/http/routes/paging.ts';
import { type LicenseKeyResource, licenseKeyResource } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { showLicenseKey } from '../../../shared/license-keys/show.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import type { LicenseKey } from '../../domain/entities.ts';
import { MAX_OWN_KEYS } from '../../domain/license-key.ts';
import type { Caller } from '../../execute/requests.ts';
import { callerOf, commandHeaders, commandParts } from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, licenseKeyOf, settled } from '../outcome.ts';
import { ownerFor } from '../owner-for.ts';
import { problemOf } from '../refusals.ts';

const tag = 'License keys';
const rateLimit = { name: 'commands', by: 'caller' } as const;
const OWNER_PROBLEMS = [
  'not_found',
  'database_unavailable',
  'read_model_behind',
  'read_model_parked',
] as const;
const LIST_PROBLEMS = [
  'not_found',
  'event_store_unavailable',
  'vault_unavailable',
  'busy',
  'schema_too_new',
  'data_unreadable',
] as const;

/** The text is shown to the user whose key it is, and to staff that issue keys. */
const mayRead = (principal: Principal | undefined): boolean =>
  principal?.role === 'user' || hasScope(principal, 'keys:write');

interface Shown {
  readonly userId: string;
  readonly key: LicenseKey;
  /** As of when it is shown, in milliseconds since 1970. */
  readonly at: number;
}

async function show(
  { executor }: CommandContext,
  principal: Principal | undefined,
  { userId, key, at }: Shown,
): Promise<LicenseKeyResource> {
  const shown = showLicenseKey(key, userId, at);
  return mayRead(principal) ? { ...shown, license_key: await executor.licenseKeys.textOf(key) } : shown;
}

/** Whose key is issued. @throws Problem invalid_request */
function userFor(caller: Caller, named: string | undefined): string {
  if (!('userId' in caller)) {
    if (named === undefined) throw invalidFields({ pointer: '/user_id', detail: 'required of staff' });
    return named;
  }
  if (named !== undefined) throw invalidFields({ pointer: '/user_id', detail: 'only staff name a user' });
  return caller.userId;
}

const issue = commandRoute({
  method: 'post',
  path: '/v1/license-keys',
  operationId: 'issueLicenseKey',
  tag,
  summary: 'Issue a license key',
  description: `Whoever types it into the program activates a client of its product, as its user could. Customers may issue keys for themselves, up to ${MAX_OWN_KEYS} good ones.`,
  auth: ['user', 'keys:write'],
  rateLimit,
  headers: commandHeaders,
  body: z.strictObject({
    user_id: uuid
      .optional()
      .meta({ description: 'Whose key it is: staff name the user, customers leave it out.' }),
    product: text(1, 32).optional().meta({ description: 'May be left out while there is one product.' }),
    uses: z
      .int({ error: 'expected a whole number' })
      .min(1, 'expected 1 to 10000000')
      .max(10_000_000, 'expected 1 to 10000000')
      .optional()
      .meta({ description: 'Different clients that it may activate; without a limit unless given.' }),
    expires_at: instant.optional().meta({ description: 'From then on it activates nothing.' }),
    note: text(0, 1_024).optional().meta({ description: 'What it is for; erased with its user.' }),
  }),
  bodyOptional: true,
  answers: {
    201: {
      description: 'Issued. Asked for again under the same Idempotency-Key it is the same key.',
      body: licenseKeyResource,
      headers: { ...ANSWER_HEADERS, Location: 'The license key.' },
    },
  },
  problems: ['not_found', 'license_keys_limit_reached', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const parts = commandParts(request);
  const { user_id: named, product, uses, expires_at: expiresAt, note } = request.body;
  const userId = userFor(parts.caller, named);
  const outcome = await context.executor.licenseKeys.issue({
    ...parts,
    userId,
    product,
    uses,
    expiresAt,
    note,
  });
  const done = settled(context, 'issueLicenseKey', outcome);
  const body = await show(context, request.principal, { userId, key: licenseKeyOf(done), at: done.at });
  return { status: 201, headers: answerHeaders(done, { Location: `/v1/license-keys/${body.key_id}` }), body };
});

const revoke = commandRoute({
  method: 'post',
  path: '/v1/license-keys/{id}/revoke',
  operationId: 'revokeLicenseKey',
  tag,
  summary: 'Revoke a license key',
  description: 'It activates nothing more. The clients that it has activated go on.',
  auth: ['user', 'keys:write'],
  rateLimit,
  params: z.object({ id: uuid }),
  headers: commandHeaders,
  body: z.strictObject({ reason: text(0, 1_024).optional() }),
  bodyOptional: true,
  answers: { 200: { description: 'As it is now.', body: licenseKeyResource, headers: ANSWER_HEADERS } },
  problems: [...OWNER_PROBLEMS, ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const parts = commandParts(request);
  const keyId = request.params.id;
  const userId = await ownerFor(context, 'license key', keyId, parts.caller, request.signal);
  const command = { type: 'RevokeLicenseKey', keyId, reason: request.body.reason } as const;
  const outcome = await context.executor.execute({ ...parts, userId, command });
  const done = settled(context, 'revokeLicenseKey', outcome);
  const body = await show(context, request.principal, { userId, key: licenseKeyOf(done), at: done.at });
  return { status: 200, headers: answerHeaders(done), body };
});

/** @throws Problem not_found, token_ended */
async function keysOf({ executor }: CommandContext, userId: string, caller: Caller) {
  const listed = await executor.licenseKeys.listOf(userId, caller);
  if (listed.kind === 'rejected') throw problemOf(listed.rejection);
  return listed;
}

interface Listed {
  readonly principal: Principal | undefined;
  readonly query: { readonly limit?: number | undefined; readonly cursor?: string | undefined };
}

async function page(context: CommandContext, userId: string, { principal, query }: Listed) {
  const { keys, at } = await keysOf(context, userId, callerOf(principal));
  const { page, size } = pageOf(query);
  const { after = '' } = page;
  const wanted = keys.filter(({ keyId }) => keyId > after).slice(0, page.limit);
  const shown = await Promise.all(wanted.map((key) => show(context, principal, { userId, key, at })));
  return showPage(
    shown,
    size,
    (key) => key,
    (key) => key.key_id,
  );
}

const listed = {
  method: 'get',
  tag,
  rateLimit,
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page of them.', body: listOf(licenseKeyResource) } },
} as const;

const mine = commandRoute({
  ...listed,
  path: '/v1/me/license-keys',
  operationId: 'listMyLicenseKeys',
  summary: "The caller's license keys, in the order in which they were issued",
  auth: ['user'],
  problems: LIST_PROBLEMS,
}).handle(async (context, request) => {
  const caller = callerOf(request.principal);
  if (caller.role !== 'user') throw new Problem('role_not_allowed');
  return { status: 200, body: await page(context, caller.userId, request) };
});

const ofUser = commandRoute({
  ...listed,
  path: '/v1/users/{id}/license-keys',
  operationId: 'listLicenseKeys',
  summary: "A customer's license keys, in the order in which they were issued",
  auth: ['customers:read', 'keys:write'],
  params: z.object({ id: uuid }),
  problems: LIST_PROBLEMS,
}).handle(async (context, request) => ({
  status: 200,
  body: await page(context, request.params.id, request),
}));

const one = commandRoute({
  method: 'get',
  path: '/v1/license-keys/{id}',
  operationId: 'getLicenseKey',
  tag,
  summary: 'A license key',
  auth: ['user', 'customers:read', 'keys:write'],
  rateLimit,
  params: z.object({ id: uuid }),
  answers: { 200: { description: 'The license key.', body: licenseKeyResource } },
  problems: [...OWNER_PROBLEMS, ...LIST_PROBLEMS],
}).handle(async (context, request) => {
  const caller = callerOf(request.principal);
  const userId = await ownerFor(context, 'license key', request.params.id, caller, request.signal);
  const { keys, at } = await keysOf(context, userId, caller);
  const key = keys.find(({ keyId }) => keyId === request.params.id);
  if (!key) throw new Problem('not_found', { detail: 'no such license key' });
  return { status: 200, body: await show(context, request.principal, { userId, key, at }) };
});

export const licenseKeyRoutes: readonly Route<CommandContext>[] = [issue, revoke, mine, ofUser, one];
