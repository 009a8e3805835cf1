import { z } from 'zod';
import { instant, text, uuid } from '../../../shared/http/routes/fields.ts';
import { licenseKeyResource } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { MAX_OWN_KEYS } from '../../domain/license-key.ts';
import { commandHeaders, commandParts } from '../command-headers.ts';
import { product, reason } from '../fields.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, licenseKeyOf, settled } from '../outcome.ts';
import { OWNER_PROBLEMS, ownerFor, userFor } from '../owner-for.ts';
import { showKey } from './show.ts';

const issue = commandRoute({
  method: 'post',
  path: '/v1/license-keys',
  operationId: 'issueLicenseKey',
  tag: 'License keys',
  summary: 'Issue a license key',
  description: `Whoever types it into the program activates a client of its product, as its user could. Customers may issue keys for themselves, up to ${MAX_OWN_KEYS} good ones.`,
  auth: ['user', 'keys:write'],
  rateLimit: { name: 'commands', by: 'caller' },
  headers: commandHeaders,
  body: z.strictObject({
    user_id: uuid
      .optional()
      .meta({ description: 'Whose key it is: staff name the user, customers leave it out.' }),
    product: product.optional(),
    uses: z
      .int({ error: 'expected a whole number' })
      .min(1, 'expected 1 to 10000000')
      .max(10_000_000, 'expected 1 to 10000000')
      .optional()
      .meta({ description: 'How many different clients it may activate; no limit unless given.' }),
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
  const body = await showKey(context, request.principal, { userId, key: licenseKeyOf(done), at: done.at });
  return { status: 201, headers: answerHeaders(done, { Location: `/v1/license-keys/${body.key_id}` }), body };
});

const revoke = commandRoute({
  method: 'post',
  path: '/v1/license-keys/{id}/revoke',
  operationId: 'revokeLicenseKey',
  tag: 'License keys',
  summary: 'Revoke a license key',
  description: 'It activates nothing more. The clients that it has activated go on.',
  auth: ['user', 'keys:write'],
  rateLimit: { name: 'commands', by: 'caller' },
  params: z.object({ id: uuid }),
  headers: commandHeaders,
  body: z.strictObject({ reason }),
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
  const body = await showKey(context, request.principal, { userId, key: licenseKeyOf(done), at: done.at });
  return { status: 200, headers: answerHeaders(done), body };
});

export const licenseKeyCommands: readonly Route<CommandContext>[] = [issue, revoke];
