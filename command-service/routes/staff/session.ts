import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { isStaffPrincipal, type Principal, type StaffPrincipal } from '../../../shared/http/routes/auth.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import type { SessionClaims } from '../../../shared/tokens/tokens.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { newPassword, password } from '../accounts/fields.ts';
import { requesterOf } from '../command-headers.ts';
import { COMMAND_PROBLEMS, settled } from '../outcome.ts';
import { staffRequest } from './parts.ts';

/** What a person does about their own session or log-in. */
const member = {
  method: 'post',
  tag: 'Staff log-in',
  auth: ['member'],
  problems: COMMAND_PROBLEMS,
} as const;

/** @throws Problem role_not_allowed */
function sessionOf(principal: Principal | undefined): StaffPrincipal & { readonly token: SessionClaims } {
  if (!isStaffPrincipal(principal) || principal.token.role !== 'member')
    throw new Problem('role_not_allowed');
  return { ...principal, token: principal.token };
}

const logOut = commandRoute({
  ...member,
  path: '/v1/staff/logout',
  operationId: 'logOutStaff',
  summary: 'End the session that the request carries',
  rateLimit: { name: 'commands', by: 'caller' },
  answers: { 204: { description: 'It has ended.', headers: { 'Set-Cookie': 'Forgets the session.' } } },
}).handle(async (context, request) => {
  const { id, token } = sessionOf(request.principal);
  const command = { type: 'LogOut', sessionId: token.jti } as const;
  const outcome = await context.members.execute(staffRequest({ ...request, headers: {} }), id, command);
  settled(context, 'logOutStaff', outcome);
  return { status: 204, headers: { 'Set-Cookie': context.cookie.clear } };
});

const changePassword = commandRoute({
  ...member,
  path: '/v1/staff/password',
  operationId: 'changeStaffPassword',
  summary: "Change the caller's password",
  description: 'Ends every session, this one too: log in again.',
  // A session that was left open must not serve to guess it.
  rateLimit: { name: 'logins', by: 'caller' },
  body: z.strictObject({ password, new_password: newPassword }),
  answers: { 204: { description: 'Changed.', headers: { 'Set-Cookie': 'Forgets the session.' } } },
  problems: ['wrong_password', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { id } = sessionOf(request.principal);
  const { password: before, new_password: after } = request.body;
  const outcome = await context.welcoming.changePassword(
    {
      ...staffRequest({ ...request, headers: {} }),
      requester: requesterOf(request),
      ...{ password: before, newPassword: after },
    },
    id,
  );
  settled(context, 'changeStaffPassword', outcome);
  return { status: 204, headers: { 'Set-Cookie': context.cookie.clear } };
});

export const staffSessionRoutes: readonly Route<CommandContext>[] = [logOut, changePassword];
