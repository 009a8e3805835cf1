import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import type { Principal } from '../../../shared/http/routes/auth.ts';
import { text, uuid } from '../../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../../shared/http/routes/paging.ts';
import { licenseKeyResource } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { licenseKeyForm, licenseKeyHash } from '../../../shared/license-keys/text.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import type { Caller } from '../../execute/requests.ts';
import { callerOf } from '../command-headers.ts';
import { STREAM_PROBLEMS } from '../outcome.ts';
import { OWNER_PROBLEMS, ownerFor } from '../owner-for.ts';
import { problemOf } from '../refusals.ts';
import { showKey } from './show.ts';

const NO_SUCH_TEXT = 'no license key reads like this: compare it character by character';

const LIST_PROBLEMS = ['not_found', ...STREAM_PROBLEMS] as const;

/**
 * Read on this side, from the user's stream: a key's text takes a key of the vault, which query nodes are not to have.
 * @throws Problem not_found, token_ended
 */
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
  const shown = await Promise.all(wanted.map((key) => showKey(context, principal, { userId, key, at })));
  return showPage(
    shown,
    size,
    (key) => key,
    (key) => key.key_id,
  );
}

const listed = {
  method: 'get',
  tag: 'License keys',
  rateLimit: { name: 'commands', by: 'caller' },
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
  tag: 'License keys',
  summary: 'A license key',
  auth: ['user', 'customers:read', 'keys:write'],
  rateLimit: { name: 'commands', by: 'caller' },
  params: z.object({ id: uuid }),
  answers: { 200: { description: 'The license key.', body: licenseKeyResource } },
  problems: [...OWNER_PROBLEMS, ...LIST_PROBLEMS],
}).handle(async (context, request) => {
  const caller = callerOf(request.principal);
  const userId = await ownerFor(context, 'license key', request.params.id, caller, request.signal);
  const { keys, at } = await keysOf(context, userId, caller);
  const key = keys.find(({ keyId }) => keyId === request.params.id);
  if (!key) throw new Problem('not_found', { detail: 'no such license key' });
  return { status: 200, body: await showKey(context, request.principal, { userId, key, at }) };
});

/** Not a parameter of a path or a query: those stand in logs, and whoever has the text can activate with it. */
const find = commandRoute({
  method: 'post',
  path: '/v1/license-keys/find',
  operationId: 'findLicenseKey',
  tag: 'License keys',
  summary: 'The license key that a customer reads out',
  description: 'Typed as people type it: case, hyphens, spaces, and O for 0 do not matter. Changes nothing.',
  auth: ['customers:read', 'keys:write'],
  rateLimit: { name: 'commands', by: 'caller' },
  body: z.strictObject({
    license_key: text(1, 256).meta({ examples: ['7K3QF-9V2MX-D84TN-C6RPA-J1WEZ'] }),
  }),
  answers: { 200: { description: 'The license key, and whose it is.', body: licenseKeyResource } },
  problems: LIST_PROBLEMS,
}).handle(async (context, { principal, body }) => {
  const holder = await context.executor.licenseKeys.holderOf(
    licenseKeyHash(licenseKeyForm(body.license_key)),
  );
  if (!holder) throw new Problem('not_found', { detail: NO_SUCH_TEXT });
  const { keys, at } = await keysOf(context, holder.userId, callerOf(principal));
  const key = keys.find(({ keyId }) => keyId === holder.id);
  if (!key) throw new Problem('not_found', { detail: NO_SUCH_TEXT });
  return { status: 200, body: await showKey(context, principal, { userId: holder.userId, key, at }) };
});

export const licenseKeyReads: readonly Route<CommandContext>[] = [mine, ofUser, find, one];
