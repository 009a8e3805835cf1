import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Problem, problemAnswer } from '../../../shared/http/problems/problem.ts';
import { type Credentials, createAuthenticate, type Grant } from '../../../shared/http/routes/auth.ts';
import { sessionCookie } from '../../../shared/http/routes/session-cookie.ts';
import { licenseKeyForm, licenseKeyHash } from '../../../shared/license-keys/text.ts';
import { ALL_SCOPES, type Scope } from '../../../shared/tokens/scopes.ts';
import type { AccessClaims, SessionClaims } from '../../../shared/tokens/tokens.ts';
import { testRing } from '../tokens/rings.ts';

const cookie = sessionCookie('https://licenses.example.com');
const keyId = randomUUID();
const tokenOf = async (ring: Awaited<ReturnType<typeof testRing>>, scopes: readonly string[]) =>
  (
    await ring.tokens.signAccessToken({
      subject: randomUUID(),
      role: 'staff',
      revision: 3,
      service: { keyId, scopes },
    })
  ).token;

/** What a caller with this token gets from a route with these grants: who they are, or the problem. */
async function asks(
  token: string,
  grants: readonly Grant[],
  ring: Awaited<ReturnType<typeof testRing>>,
  isEnded: (claims: AccessClaims | SessionClaims) => Promise<boolean> = async () => false,
) {
  const authenticate = createAuthenticate({ tokens: ring.tokens, cookie, isEnded });
  return authenticate({ authorization: `Bearer ${token}`, changes: true }, grants).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error;
    const { status, headers, body } = problemAnswer(error, 'r');
    return { status, challenge: headers['WWW-Authenticate'], ...JSON.parse(body) };
  });
}

describe('a license key', () => {
  const KEY = 'A3C5H-R4RBV-67YR2-1HAQG-SHDBS';
  const grants = ['user', 'license_key'] as const;
  const asking = async (authorization: string, imported = false, routeGrants: readonly Grant[] = grants) => {
    using ring = await testRing();
    const { tokens } = ring;
    const isEnded = async () => false;
    const authenticate = createAuthenticate({ tokens, cookie, isEnded, importedLicenseKeys: imported });
    return authenticate({ authorization, changes: true }, routeGrants).catch((error: Problem) => error.code);
  };
  const found = { role: 'license_key', id: licenseKeyHash(licenseKeyForm(KEY)) };

  it.each([
    `Bearer ${KEY}`,
    `bearer   ${KEY.toLowerCase()}  `,
    `Bearer ${KEY.replaceAll('-', '')}`,
    `Bearer ${KEY.replaceAll('-', ' ')}`,
    `Bearer ${KEY.replaceAll('1', 'l')}`,
    `Bearer a 3c5h - r4rbv.67yr2 ihaqg shdbs`.replace('.', '-'),
  ])('is known however it is typed: %s', async (authorization) => {
    expect(await asking(authorization)).toEqual(found);
  });

  it.each([
    `Bearer ${KEY.replace('A3', 'B3')}`,
    `Bearer ${KEY.replace('A3', '3A')}`,
    `Bearer ${KEY}7`,
    `Bearer ${KEY.slice(0, -1)}`,
    'Bearer your-license-key',
    'Bearer ä',
  ])('is unknown where it is mistyped: %s', async (authorization) => {
    expect(await asking(authorization)).toBe('license_key_unknown');
  });

  it('is no token, and counts only where the route says so', async () => {
    expect(await asking('Bearer e30.e30.e30')).toBe('token_invalid');
    expect(await asking(`Basic ${KEY}`)).toBe('token_invalid');
    expect(await asking(`Bearer ${KEY}`, false, ['user', 'client'])).toBe('token_invalid');
    expect(await asking(`Bearer ${KEY}`, false, ['keys:write'])).toBe('token_invalid');
  });

  it('may be another system’s where a setting says so', async () => {
    const other = { role: 'license_key', id: licenseKeyHash('ACME2019UX7Q') };
    expect(await asking('Bearer acme-2019-ux7q', true)).toEqual(other);
    expect(await asking('Bearer acme-2019-ux7q')).toBe('license_key_unknown');
    expect(await asking(`Bearer ${KEY}`, true)).toEqual(found);
    expect(await asking('Bearer abc', true)).toBe('license_key_unknown');
  });
});

describe('a service account', () => {
  it('is let in with the scope that the route names, and is told which one lacks', async () => {
    using ring = await testRing();
    const token = await tokenOf(ring, ['customers:read', 'subscriptions:write']);
    expect(await asks(token, ['user', 'subscriptions:write'], ring)).toMatchObject({ role: 'staff' });
    expect(await asks(token, ['user', 'customers:erase'], ring)).toMatchObject({
      status: 403,
      code: 'insufficient_scope',
      scope: 'customers:erase',
      challenge: 'Bearer realm="license-system", error="insufficient_scope", scope="customers:erase"',
    });
  });

  it('needs one of several scopes', async () => {
    using ring = await testRing();
    const grants = ['customers:read', 'history:read'] as const;
    expect(await asks(await tokenOf(ring, ['history:read']), grants, ring)).toMatchObject({ role: 'staff' });
    const refused = await asks(await tokenOf(ring, ['keys:write']), grants, ring);
    expect(refused).toMatchObject({ code: 'insufficient_scope', scope: 'customers:read history:read' });
  });

  it('is not let in where no scope opens, whatever it has, and by no scope that this release does not know', async () => {
    using ring = await testRing();
    expect(await asks(await tokenOf(ring, ALL_SCOPES), ['user', 'client'], ring)).toMatchObject({
      code: 'role_not_allowed',
    });
    const later = await tokenOf(ring, ['customers:merge', 'toString']);
    for (const scope of ALL_SCOPES)
      expect(await asks(later, [scope], ring)).toMatchObject({ code: 'insufficient_scope' });
  });

  it('is refused once its token was ended', async () => {
    using ring = await testRing();
    const ended = async (claims: AccessClaims | SessionClaims) =>
      claims.role === 'staff' && claims.key === keyId;
    const token = await tokenOf(ring, ['customers:read']);
    expect(await asks(token, ['customers:read'], ring, ended)).toMatchObject({ code: 'token_ended' });
  });
});

describe('a token of the command-line tool', () => {
  it.each<[role: 'operator' | 'analyst', scopes: readonly Scope[]]>([
    ['operator', ALL_SCOPES],
    ['analyst', ['history:read']],
  ])('%s', async (role, scopes) => {
    using ring = await testRing();
    const { token } = await ring.tokens.signAccessToken({ subject: 'ann', role });
    for (const scope of ALL_SCOPES)
      expect(await asks(token, [scope], ring)).toMatchObject(
        scopes.includes(scope) ? { role, id: 'ann' } : { code: 'insufficient_scope', scope },
      );
  });
});

it('a customer is refused for their kind, and not for a scope', async () => {
  using ring = await testRing();
  const subject = randomUUID();
  const { token } = await ring.tokens.signAccessToken({ subject, role: 'user', revision: 0 });
  expect(await asks(token, ['customers:erase'], ring)).toMatchObject({ code: 'role_not_allowed' });
  expect(await asks(token, ['user', 'customers:erase'], ring)).toMatchObject({ userId: subject });
});

describe('a person who has logged in', () => {
  const staffId = randomUUID();
  const sign = async (ring: Awaited<ReturnType<typeof testRing>>, lasts = 60_000) => {
    const token = await ring.tokens.signSession({
      ...{ staffId, sessionId: randomUUID(), revision: 3, scopes: ['keys:write'] },
      expiresAt: ring.now + lasts,
    });
    const verified = await ring.tokens.verifySession(token);
    return { token, csrf: verified.ok ? verified.claims.csrf : '' };
  };
  const asking = (
    ring: Awaited<ReturnType<typeof testRing>>,
    credentials: Partial<Credentials>,
    grants: readonly Grant[] = ['keys:write'],
    isEnded = async () => false,
  ) =>
    createAuthenticate({ tokens: ring.tokens, cookie, isEnded })(
      { changes: true, ...credentials },
      grants,
    ).catch((error: Problem) => error.code);

  it('reads with the cookie alone, and changes something with the CSRF token of that session alone', async () => {
    using ring = await testRing();
    const { token, csrf } = await sign(ring);
    const header = { cookie: `__Host-staff=${token}` };
    const grace = expect.objectContaining({ role: 'staff', id: staffId, scopes: new Set(['keys:write']) });
    expect(await asking(ring, { ...header, changes: false })).toEqual(grace);
    expect(await asking(ring, { ...header, csrfToken: csrf })).toEqual(grace);
    for (const csrfToken of [
      undefined,
      '',
      `${csrf}A`,
      csrf.slice(1),
      (await sign(ring)).csrf,
      'ä'.repeat(22),
    ])
      expect(await asking(ring, { ...header, csrfToken })).toBe('csrf_token_invalid');
  });

  it('is let in where the scopes or a session are asked for, and nowhere else', async () => {
    using ring = await testRing();
    const { token, csrf: csrfToken } = await sign(ring);
    const header = { cookie: `__Host-staff=${token}`, csrfToken };
    expect(await asking(ring, header, ['member'])).toMatchObject({ id: staffId });
    expect(await asking(ring, header, ['staff:write'])).toBe('insufficient_scope');
    expect(await asking(ring, header, ['user', 'client', 'license_key'])).toBe('role_not_allowed');
  });

  it('is nobody once the session has ended or expired, or with a token of another kind', async () => {
    using ring = await testRing();
    const { token, csrf: csrfToken } = await sign(ring);
    const header = { cookie: `__Host-staff=${token}`, csrfToken };
    expect(await asking(ring, header, ['keys:write'], async () => true)).toBe('token_ended');
    const access = await tokenOf(ring, ['keys:write']);
    expect(await asking(ring, { cookie: `__Host-staff=${access}`, csrfToken })).toBe('token_invalid');
    expect(await asking(ring, { authorization: `Bearer ${token}` })).toBe('token_invalid');
    // What the header says counts alone: a cookie beside it lends it nothing.
    expect(await asking(ring, { ...header, authorization: 'Bearer e30.e30.e30' })).toBe('token_invalid');
    expect(await asking(ring, {})).toBe('token_required');
    const late = await sign(ring, -1_000);
    expect(await asking(ring, { cookie: `__Host-staff=${late.token}`, csrfToken: late.csrf })).toBe(
      'token_expired',
    );
  });

  it('is no member as a service account', async () => {
    using ring = await testRing();
    expect(await asks(await tokenOf(ring, ALL_SCOPES), ['member'], ring)).toMatchObject({
      code: 'role_not_allowed',
    });
  });
});
