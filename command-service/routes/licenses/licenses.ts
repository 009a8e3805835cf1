import { z } from 'zod';
import type { ProblemCode } from '../../../shared/http/problems/problem-codes.ts';
import { uuid } from '../../../shared/http/routes/fields.ts';
import { licenseResource, shownTo } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import type { ActivationCommand } from '../../domain/licenses/commands.ts';
import { commandHeaders, commandParts } from '../command-headers.ts';
import { reason } from '../fields.ts';
import { ANSWER_HEADERS, answerHeaders, COMMAND_PROBLEMS, settled, showLicense } from '../outcome.ts';
import { OWNER_PROBLEMS, ownerFor } from '../owner-for.ts';
import { namingClients } from './client-limit.ts';

type OfLicense = Extract<ActivationCommand, { readonly licenseId: string }>['type'];

interface LicenseRoute {
  readonly verb: 'deactivate' | 'revoke' | 'reinstate';
  readonly type: OfLicense;
  readonly summary: string;
  readonly problems: readonly ProblemCode[];
}

/** The commands about one license, by staff. They differ in the command alone. */
const licenseRoute = ({ verb, type, summary, problems }: LicenseRoute) =>
  commandRoute({
    method: 'post',
    path: `/v1/licenses/{id}/${verb}`,
    operationId: `${verb}License`,
    tag: 'Licenses',
    summary,
    auth: ['licenses:write'],
    rateLimit: { name: 'commands', by: 'caller' },
    params: z.object({ id: uuid }),
    headers: commandHeaders,
    body: z.strictObject({ reason }),
    bodyOptional: true,
    answers: { 200: { description: 'As it is now.', body: licenseResource, headers: ANSWER_HEADERS } },
    problems: [...OWNER_PROBLEMS, ...problems, ...COMMAND_PROBLEMS],
  }).handle(async (context, request) => {
    const parts = commandParts(request);
    const licenseId = request.params.id;
    const userId = await ownerFor(context, 'license', licenseId, parts.caller, request.signal);
    const command = { type, licenseId, reason: request.body.reason };
    const outcome = await context.executor.execute({ ...parts, userId, command });
    const shown = shownTo(request.principal);
    const done = settled(context, `${verb}License`, await namingClients(context, userId, outcome, shown));
    return { status: 200, headers: answerHeaders(done), body: await showLicense(context, done, shown) };
  });

export const licenseRoutes: readonly Route<CommandContext>[] = [
  licenseRoute({
    verb: 'deactivate',
    type: 'DeactivateLicense',
    summary: 'Deactivate a license; its client may activate again',
    problems: ['client_revoked'],
  }),
  licenseRoute({
    verb: 'revoke',
    type: 'RevokeLicense',
    summary: 'Shut a client out until it is reinstated',
    problems: ['license_replaced'],
  }),
  licenseRoute({
    verb: 'reinstate',
    type: 'ReinstateLicense',
    summary: 'Make a revoked license active again, with the same activation key',
    problems: ['client_limit_reached', 'license_deactivated'],
  }),
];
