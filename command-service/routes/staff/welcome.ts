import { z } from 'zod';
import { text } from '../../../shared/http/routes/fields.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type CommandContext, commandRoute } from '../../context.ts';
import { newPassword } from '../accounts/fields.ts';
import { COMMAND_PROBLEMS, settled } from '../outcome.ts';
import {
  anyone,
  assertMayBegin,
  CODE_PROBLEMS,
  code,
  fromAnyone,
  SET_COOKIE,
  sessionHeaders,
} from './log-in-parts.ts';

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
  problems: CODE_PROBLEMS,
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

export const staffWelcomeRoutes: readonly Route<CommandContext>[] = [welcome, confirmSecondFactor];
