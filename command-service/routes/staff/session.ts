import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import type { Principal, StaffPrincipal } from '../../../shared/http/routes/auth.ts';
import { isStaffPrincipal } from '../../../shared/http/routes/auth.ts';
import { knownEmail, text } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import type { SessionClaims } from '../../../shared/tokens/tokens.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { TICKET_MS } from '../../domain/staff/log-in.ts';
import { COMPARED, newPassword, password } from '../accounts/fields.ts';
import { requesterOf } from '../command-headers.ts';
import { oneForm, oneOf } from '../one-form.ts';
import { COMMAND_PROBLEMS, STREAM_PROBLEMS, settled } from '../outcome.ts';
import { assertMayBegin, fromAnyone, sessionHeaders, staffRequest } from './parts.ts';

const SET_COOKIE = {
  'Set-Cookie': 'The session: HttpOnly, SameSite=Strict; `__Host-staff` and Secure behind https.',
};

/** What anyone does who is about to log in. */
const anyone = {
  method: 'post',
  tag: 'Staff log-in',
  auth: 'anyone',
  rateLimit: { name: 'logins', by: 'address' },
  headers: z.object({ host: z.string().max(512).optional() }),
} as const;

const code = text(1, 16)
  .transform((typed) => typed.replaceAll(/\s/g, ''))
  .meta({ description: 'Six digits of the authenticator.', examples: ['492039'] });

const logIn = commandRoute({
  ...anyone,
  path: '/v1/staff/login',
  operationId: 'logInStaff',
  summary: 'Log in as a person of the staff: the password',
  body: z.strictObject({ email: knownEmail.meta(COMPARED), password }),
  answers: {
    200: {
      description: 'The password is right; the second factor is asked for.',
      body: z
        .strictObject({
          ticket: z.string().meta({ description: 'For the second step, once.', examples: ['AZr8Lno…'] }),
          expires_in: z.int().meta({ description: 'Seconds.' }),
        })
        .meta({ id: 'StaffTicket' }),
    },
  },
  problems: ['invalid_credentials', 'https_required', ...STREAM_PROBLEMS],
}).handle(async (context, request) => {
  assertMayBegin(context, request.headers);
  const ticket = await context.signingIn.password({ ...fromAnyone(request), ...request.body });
  context.outcomes.inc({
    command: 'logInStaff',
    outcome: ticket === undefined ? 'invalid_credentials' : 'unchanged',
  });
  if (ticket === undefined) throw new Problem('invalid_credentials');
  return { status: 200, body: { ticket, expires_in: TICKET_MS / 1_000 } };
});

const CODE_FORMS = [['code'], ['recovery_code']] as const;

const secondFactor = commandRoute({
  ...anyone,
  path: '/v1/staff/login/second-factor',
  operationId: 'logInStaffSecondFactor',
  summary: 'Log in as a person of the staff: the second factor',
  description: 'A code works once, and so does a ticket. The session lasts 12 hours.',
  body: z
    .strictObject({
      ticket: text(1, 256).meta({ examples: ['AZr8Lno…'] }),
      code: code.optional(),
      recovery_code: text(1, 64)
        .optional()
        .meta({
          examples: ['7KQ2-M0XD-4RTA-9WZE'],
          description: 'In place of the code, where the authenticator is lost.',
        }),
    })
    .superRefine((body, context) => oneForm(body, CODE_FORMS, context))
    .meta(oneOf(CODE_FORMS)),
  answers: { 204: { description: 'Logged in.', headers: SET_COOKIE } },
  problems: [
    'one_time_token_invalid',
    'wrong_code',
    'https_required',
    'signing_unavailable',
    ...COMMAND_PROBLEMS,
  ],
}).handle(async (context, request) => {
  assertMayBegin(context, request.headers);
  const { outcome, sessionId } = await context.signingIn.secondFactor({
    ...fromAnyone(request),
    ticket: request.body.ticket,
    code: { code: request.body.code, recoveryCode: request.body.recovery_code },
  });
  const done = settled(context, 'logInStaffSecondFactor', outcome);
  return { status: 204, headers: await sessionHeaders(context, done, sessionId) };
});

const welcome = commandRoute({
  ...anyone,
  path: '/v1/staff/welcome',
  operationId: 'welcomeStaff',
  summary: 'Set a password with a welcome token',
  description: 'Asked again, it shows another second factor, and the one before is not good any longer.',
  body: z.strictObject({ token: text(1, 256).meta({ examples: ['AZr8Lno…'] }), password: newPassword }),
  answers: {
    200: {
      description: 'Set. Confirm the second factor next: until then nobody can log in.',
      body: z
        .strictObject({
          totp_secret: z.string().meta({ description: 'In base 32.', examples: ['JBSWY3DPEHPK3PXP'] }),
          otpauth_url: z.string().meta({ examples: ['otpauth://totp/License%20System:…'] }),
        })
        .meta({ id: 'ShownSecondFactor' }),
    },
  },
  problems: ['one_time_token_invalid', ...COMMAND_PROBLEMS],
}).handle(async (context, request) => {
  const { outcome, factor } = await context.welcoming.setPassword({
    ...fromAnyone(request),
    ...request.body,
  });
  settled(context, 'welcomeStaff', outcome);
  return { status: 200, body: { totp_secret: factor.secret, otpauth_url: factor.url } };
});

const confirmSecondFactor = commandRoute({
  ...anyone,
  path: '/v1/staff/welcome/second-factor',
  operationId: 'confirmStaffSecondFactor',
  summary: 'Confirm the second factor, and log in',
  description: 'Uses the welcome token up.',
  body: z.strictObject({ token: text(1, 256).meta({ examples: ['AZr8Lno…'] }), code }),
  answers: {
    200: {
      description: 'Confirmed.',
      body: z
        .strictObject({
          recovery_codes: z.array(z.string()).meta({
            description: 'Each works once in place of a code. They are shown in this answer alone.',
            examples: [['7KQ2-M0XD-4RTA-9WZE']],
          }),
        })
        .meta({ id: 'RecoveryCodes' }),
      headers: SET_COOKIE,
    },
  },
  problems: [
    'one_time_token_invalid',
    'wrong_code',
    'https_required',
    'signing_unavailable',
    ...COMMAND_PROBLEMS,
  ],
}).handle(async (context, request) => {
  assertMayBegin(context, request.headers);
  const { outcome, sessionId, recoveryCodes } = await context.welcoming.confirm({
    ...fromAnyone(request),
    ...request.body,
  });
  const done = settled(context, 'confirmStaffSecondFactor', outcome);
  const headers = await sessionHeaders(context, done, sessionId);
  return { status: 200, headers, body: { recovery_codes: [...recoveryCodes] } };
});

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

export const staffSessionRoutes: readonly Route<CommandContext>[] = [
  logIn,
  secondFactor,
  welcome,
  confirmSecondFactor,
  logOut,
  changePassword,
];
