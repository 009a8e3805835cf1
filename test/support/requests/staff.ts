import { randomBytes, randomUUID } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import type { Scope } from '../../../shared/tokens/scopes.ts';
import { type ApiAnswer, ask } from './api.ts';

/** A person who is staff, with what they log in by. */
export interface Member {
  readonly staffId: string;
  readonly email: string;
  readonly password: string;
  readonly totpSecret: string;
  readonly recoveryCodes: readonly string[];
  /** The `Cookie` header of the session that the welcome began. */
  readonly cookie: string;
}

/** The `Cookie` header that goes with an answer's `Set-Cookie`. */
export const cookieOf = ({ headers }: Pick<ApiAnswer, 'headers'>): string =>
  String(headers.get('Set-Cookie')).split(';')[0] as string;

/** A code of the authenticator; `offset` steps of 30 s from now. */
export const totpCode = (secret: string, offset = 0): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + offset * 30_000 });

export function inviteMember(
  url: string,
  token: string,
  scopes: readonly Scope[],
  email = `${randomUUID()}@example.com`,
) {
  return ask(url, '/v1/staff', { token, body: { email, name: 'Grace Hopper', scopes } });
}

/** Uses a welcome up. The first code is that of the step before, so that the ones of now and next are left. */
export async function acceptWelcome(url: string, welcome: string) {
  const password = randomBytes(12).toString('base64url');
  const shown = await ask(url, '/v1/staff/welcome', { body: { token: welcome, password } });
  if (shown.status !== 200) throw new Error(`welcome: ${shown.status} ${JSON.stringify(shown.body)}`);
  const totpSecret = String(shown.body.totp_secret);
  const body = { token: welcome, code: totpCode(totpSecret, -1) };
  const confirmed = await ask(url, '/v1/staff/welcome/second-factor', { body });
  if (confirmed.status !== 200)
    throw new Error(`second factor: ${confirmed.status} ${JSON.stringify(confirmed.body)}`);
  return {
    ...{ password, totpSecret, cookie: cookieOf(confirmed) },
    recoveryCodes: confirmed.body.recovery_codes as string[],
  };
}

/** A new member of staff who has just logged in for the first time. @throws Error it was refused */
export async function welcomeMember(url: string, token: string, scopes: readonly Scope[]): Promise<Member> {
  const email = `${randomUUID()}@example.com`;
  const invited = await inviteMember(url, token, scopes, email);
  if (invited.status !== 201)
    throw new Error(`invitation: ${invited.status} ${JSON.stringify(invited.body)}`);
  const accepted = await acceptWelcome(url, String(invited.body.welcome_token));
  return { staffId: String(invited.body.staff_id), email, ...accepted };
}

/** Both steps of a log-in: the answer of the second one. */
export async function logInMember(
  url: string,
  { email, password }: Pick<Member, 'email' | 'password'>,
  code: { readonly code: string } | { readonly recovery_code: string },
): Promise<ApiAnswer> {
  const first = await ask(url, '/v1/staff/login', { body: { email, password } });
  if (first.status !== 200) throw new Error(`log-in: ${first.status} ${JSON.stringify(first.body)}`);
  return ask(url, '/v1/staff/login/second-factor', { body: { ticket: first.body.ticket, ...code } });
}

/** The claim that `GET /v1/staff/me` answers, out of the cookie itself: for where there is no query node. */
export const csrfOf = (cookie: string): string =>
  JSON.parse(Buffer.from(cookie.split('.')[1] as string, 'base64url').toString()).csrf;

/** What a page sends with whatever changes something. */
export const withSession = (cookie: string, csrf = csrfOf(cookie)) => ({
  Cookie: cookie,
  'X-CSRF-Token': csrf,
});
