import { z } from 'zod';
import { newEmail, text, uuid } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { memberResource, showMember } from '../../../shared/http/routes/staff-member.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { ONE_TIME_TOKEN_MS } from '../../domain/account-commands.ts';
import type { Done } from '../../execute/requests.ts';
import type { Welcomed } from '../../staff/people/members.ts';
import { COMPARED } from '../accounts/fields.ts';
import { commandHeaders } from '../command-headers.ts';
import { answerHeaders, COMMAND_PROBLEMS, settled } from '../outcome.ts';
import { accountOf, HEADERS, scopes, staffRequest } from './parts.ts';

const PATH = '/v1/staff';

const common = {
  method: 'post',
  tag: 'Staff',
  auth: ['staff:write'],
  rateLimit: { name: 'commands', by: 'caller' },
  headers: commandHeaders,
} as const;
const ofOne = { ...common, params: z.object({ id: uuid }) } as const;

const welcomed = z
  .strictObject({
    ...memberResource.shape,
    welcome_token: z.string().meta({
      description:
        'Works once, until `welcome_expires_at`: to set a password and a second factor, at `/console#welcome=<token>`. Shown in this answer alone (and in a repeat under the same Idempotency-Key).',
      examples: ['AZr8Lno…'],
    }),
    welcome_expires_at: z.iso.datetime({ precision: 3 }),
  })
  .meta({ id: 'WelcomedStaffMember' });

const show = async ({ members }: CommandContext, done: Done) =>
  showMember(accountOf(done), await members.open(accountOf(done)));

async function showWelcomed(context: CommandContext, done: Done, { token }: Welcomed) {
  const expiresAt = new Date(done.at + ONE_TIME_TOKEN_MS).toISOString();
  return { ...(await show(context, done)), welcome_token: token, welcome_expires_at: expiresAt };
}

const invite = commandRoute({
  ...common,
  path: PATH,
  operationId: 'inviteStaff',
  summary: 'Invite a person to the staff',
  description:
    'They have at most the scopes of whoever invites them. Hand them the token: it is theirs to set a password and a second factor by.',
  body: z.strictObject({
    email: newEmail.meta(COMPARED),
    name: text(1, 256).meta({ examples: ['Grace Hopper'] }),
    scopes,
  }),
  answers: {
    201: {
      description: 'Invited.',
      body: welcomed,
      headers: { ...HEADERS, Location: 'The member of staff.' },
    },
  },
  problems: ['staff_exists', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const invited = await context.members.invite(staffRequest(request), request.body);
  const done = settled(context, 'inviteStaff', invited.outcome);
  const body = await showWelcomed(context, done, invited);
  const Location = `${PATH}/${body.staff_id}`;
  return { status: 201, headers: answerHeaders(done, { Location }), body };
});

const changeScopes = commandRoute({
  ...ofOne,
  path: `${PATH}/{id}/scopes`,
  operationId: 'changeStaffScopes',
  summary: 'Give a person of the staff other scopes',
  description: 'You can add only scopes that you have yourself. Ends their sessions.',
  body: z.strictObject({ scopes }),
  answers: { 200: { description: 'As they are now.', body: memberResource, headers: HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const command = { type: 'ChangeScopes', scopes: request.body.scopes } as const;
  const outcome = await context.members.execute(staffRequest(request), request.params.id, command);
  const done = settled(context, 'changeStaffScopes', outcome);
  return { status: 200, headers: answerHeaders(done), body: await show(context, done) };
});

const reset = commandRoute({
  ...ofOne,
  path: `${PATH}/{id}/reset`,
  operationId: 'resetStaff',
  summary: 'Welcome a person of the staff again',
  description:
    'For who has forgotten the password or lost the authenticator. Ends their password, second factor and sessions at once. Only callers with all scopes of the member may.',
  answers: { 201: { description: 'They can set both again.', body: welcomed, headers: HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const welcomedAgain = await context.members.reset(staffRequest(request), request.params.id);
  const done = settled(context, 'resetStaff', welcomedAgain.outcome);
  const body = await showWelcomed(context, done, welcomedAgain);
  return { status: 201, headers: answerHeaders(done), body };
});

const endSessions = commandRoute({
  ...ofOne,
  path: `${PATH}/{id}/sessions/end`,
  operationId: 'endStaffSessions',
  summary: 'End every session of a person of the staff',
  answers: { 204: { description: 'They have ended.', headers: HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const command = { type: 'EndSessions' } as const;
  const outcome = await context.members.execute(staffRequest(request), request.params.id, command);
  return { status: 204, headers: answerHeaders(settled(context, 'endStaffSessions', outcome)) };
});

const remove = commandRoute({
  ...ofOne,
  method: 'delete',
  path: `${PATH}/{id}`,
  operationId: 'removeStaff',
  summary: 'Remove a person from the staff',
  description:
    'Ends their sessions, and makes email and name unreadable for ever. What they did stays in the history, under their id. May be repeated.',
  answers: { 204: { description: 'Removed.', headers: HEADERS } },
  problems: ['not_found', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const outcome = await context.members.remove(staffRequest(request), request.params.id);
  return { status: 204, headers: answerHeaders(settled(context, 'removeStaff', outcome)) };
});

export const memberRoutes: readonly Route<CommandContext>[] = [
  invite,
  changeScopes,
  reset,
  endSessions,
  remove,
];
