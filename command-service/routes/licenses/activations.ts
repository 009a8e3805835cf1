import { z } from 'zod';
import { formatPosition } from '../../../shared/event-log/position.ts';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { opaque, text } from '../../../shared/http/routes/fields.ts';
import { shownTo } from '../../../shared/http/routes/resources.ts';
import type { RequestFacts, Route } from '../../../shared/http/routes/route.ts';
import { comparedClientId } from '../../../shared/identity/opaque.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { type Caller, type Done, type Outcome, refused } from '../../execute/requests.ts';
import { callerOf, commandHeaders, commandParts } from '../command-headers.ts';
import { product } from '../fields.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, licenseOf, settled } from '../outcome.ts';
import { namingClients } from './client-limit.ts';

const tag = 'Activations';
const MAX_CLIENT_ID = 128;
/** `.` and `..` between slashes are left out: in a path they mean another path, to proxies also where escaped. */
const SEGMENT = /(?:[^./][^/]*|\.[^./][^/]*|\.\.[^/]+)?/.source;
const NO_DOTS = new RegExp(`^${SEGMENT}(?:/${SEGMENT})*$`);
const dots = { error: 'expected a name without . or .. between slashes' };

/** A client that is activated from now on; its id is kept in the form in which it is compared, which may be longer. */
const newClientId = opaque(MAX_CLIENT_ID)
  .regex(NO_DOTS, dots)
  .refine((value) => [...comparedClientId(value)].length <= MAX_CLIENT_ID, {
    error: `expected at most ${MAX_CLIENT_ID} characters after Unicode NFC`,
  });
/** A client that is there, also one whose id would be refused today. */
const knownClientId = text(1, MAX_CLIENT_ID).regex(NO_DOTS, dots);

const activated = z
  .strictObject({
    license_id: z.uuid(),
    client_id: z.string(),
    activation_key: z.string().meta({ description: 'Kept by the client; it names the license.' }),
  })
  .meta({ id: 'Activated' });

/** The same license gives an equivalent key each time: nothing in it depends on when it was asked for. */
async function showActivated({ tokens }: CommandContext, done: Done): Promise<z.input<typeof activated>> {
  const { licenseId, clientId, activatedAt, activatedPosition } = licenseOf(done);
  return {
    license_id: licenseId,
    client_id: clientId,
    activation_key: await tokens.signActivationKey({
      sub: done.userId,
      lic: licenseId,
      cid: clientId,
      pos: formatPosition(activatedPosition),
      activatedAt,
    }),
  };
}

/** Who activates: a user, or whoever has one of a user's license keys. @throws Problem license_key_unknown, rate_limited */
async function activating(context: CommandContext, { principal, address }: RequestFacts) {
  if (principal?.role === 'license_key') {
    const holder = await context.findLicenseKey(principal.id, address);
    if (!holder) throw new Problem('license_key_unknown');
    return { role: 'license_key', userId: holder.userId, keyId: holder.id } as const;
  }
  const caller = callerOf(principal);
  if (caller.role !== 'user') throw new Problem('role_not_allowed');
  return caller;
}

/** Of a user who was erased, a license key knows nothing: there is no such key any more. */
const asSeenBy = (caller: Caller, outcome: Outcome): Outcome =>
  caller.role === 'license_key' && outcome.kind === 'rejected' && outcome.rejection.code === 'not_found'
    ? refused({ code: 'license_key_unknown' })
    : outcome;

const activate = commandRoute({
  method: 'post',
  path: '/v1/activations',
  operationId: 'activateClient',
  tag,
  summary: 'Activate a client',
  crossOrigin: true,
  description:
    'By its user, or by whoever has a license key: the key takes the place of the access token, however it is typed. Two machines that use the same license key must send different Idempotency-Keys.',
  auth: ['user', 'license_key'],
  rateLimit: { name: 'commands', by: 'caller' },
  headers: commandHeaders,
  body: z
    .strictObject({
      client_id: newClientId.meta({
        description: "The installation's own id, compared after Unicode NFC; nothing that names a person.",
      }),
      client_name: text(1, 256).optional(),
      product: product.optional(),
      replaces: knownClientId.optional().meta({
        description:
          'The id of an active client, which is deactivated in the same step: its place goes to this one. The plan says how many replacements are allowed in 30 days.',
      }),
    })
    .meta({ examples: [{ client_id: 'laptop-7f3a', client_name: "Ada's laptop", product: 'app' }] }),
  answers: {
    200: { description: 'It was active: the same license.', body: activated, headers: ANSWER_HEADERS },
    201: {
      description: 'Activated.',
      body: activated,
      headers: { ...ANSWER_HEADERS, Location: 'The license.' },
    },
  },
  problems: [
    'no_active_subscription',
    'subscription_suspended',
    'client_limit_reached',
    'replacements_used_up',
    'not_found',
    'client_revoked',
    'license_key_revoked',
    'license_key_expired',
    'license_key_used_up',
    'signing_unavailable',
    ...COMMAND_PROBLEMS,
  ],
}).handle(async (context, request) => {
  const caller = await activating(context, request);
  const parts = commandParts(request, caller);
  const outcome = await context.executor.execute({
    ...parts,
    userId: caller.userId,
    command: {
      type: 'ActivateClient',
      clientId: request.body.client_id,
      clientName: request.body.client_name,
      product: request.body.product,
      replaces: request.body.replaces,
      keyId: caller.role === 'license_key' ? caller.keyId : undefined,
    },
  });
  const named = await namingClients(
    context,
    caller.userId,
    asSeenBy(caller, outcome),
    shownTo(request.principal),
  );
  const done = settled(context, 'activateClient', named);
  const body = await showActivated(context, done);
  if (!done.changed) return { status: 200, headers: answerHeaders(done), body };
  return {
    status: 201,
    headers: answerHeaders(done, { Location: `/v1/licenses/${body.license_id}` }),
    body,
  };
});

const deactivate = commandRoute({
  method: 'delete',
  path: '/v1/activations/{client_id}',
  operationId: 'deactivateClient',
  tag,
  summary: 'Deactivate a client',
  crossOrigin: true,
  description: 'By its user, or by the client itself with its activation key. May be repeated.',
  auth: ['user', 'client'],
  rateLimit: { name: 'commands', by: 'caller' },
  params: z.object({ client_id: knownClientId }),
  query: z.strictObject({
    product: product
      .optional()
      .meta({ description: 'May be left out where the client was activated for one product alone.' }),
  }),
  headers: commandHeaders,
  answers: { 204: { description: 'It is not active.', headers: ANSWER_HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const parts = commandParts(request);
  if (!('userId' in parts.caller)) throw new Problem('role_not_allowed');
  const licenseId = parts.caller.role === 'client' ? parts.caller.licenseId : undefined;
  const outcome = await context.executor.execute({
    ...parts,
    userId: parts.caller.userId,
    command: {
      type: 'DeactivateClient',
      clientId: request.params.client_id,
      product: request.query.product,
      licenseId,
    },
  });
  return { status: 204, headers: answerHeaders(settled(context, 'deactivateClient', outcome)) };
});

export const activationRoutes: readonly Route<CommandContext>[] = [activate, deactivate];
